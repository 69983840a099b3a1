"""The commands, as people call them, on the embedded broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.record import ORIGIN_HEADER, format_origin
from dateline.feed import RawRecord
from pipeline.events import Origin
from tests.integration.house import House, article, command, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]

MakeHouse = Callable[..., House]


def outcome(it: House, topic: str, origin: Origin) -> None:
    it.publish(topic, RawRecord(b"id", b"{}", [(ORIGIN_HEADER, format_origin(origin))]))


def test_the_audit_names_what_is_missing_and_what_conflicts(house: MakeHouse) -> None:
    it = house("embedded")
    it.feed(article(n) for n in range(8))
    places = sorted(Origin(r.topic, r.partition, r.offset) for r in it.records("raw"))
    for origin in places:
        outcome(it, "enriched", origin)
    outcome(it, "enriched", places[0])
    audited = command(it, "audit", "--json")
    result = json.loads(audited.stdout)
    assert audited.returncode == 0, audited.stderr
    assert (result["raw"], result["enriched"], result["repeated"]) == (8, 8, 1)

    it.feed([article(8)])
    (lost,) = {Origin(r.topic, r.partition, r.offset) for r in it.records("raw")} - set(places)
    outcome(it, "rejected", places[1])
    audited = command(it, "audit", "--json")
    result = json.loads(audited.stdout)
    assert audited.returncode == 1
    assert (result["missing"], result["conflicting"]) == (1, 1)
    assert result["missing_origins"] == [format_origin(lost).decode()]
    assert result["conflicting_origins"] == [f"{format_origin(places[1]).decode()}: enriched and rejected"]
    told = command(it, "audit").stdout
    assert format_origin(lost).decode() in told
    assert format_origin(places[1]).decode() in told


def test_feed_names_bad_lines_and_sends_the_rest(house: MakeHouse, tmp_path: Path) -> None:
    it = house("embedded")
    good = [json.dumps(article(n)) for n in range(3)]
    file = tmp_path / "pages.jsonl"
    file.write_text("\n".join([good[0], "{cut", good[1], '{"url": "", "text": "x"}', good[2]]) + "\n", encoding="utf-8")
    fed = command(it, "feed", str(file))
    assert fed.returncode == 1
    assert "3 sent, 2 bad lines" in fed.stdout
    said = " ".join(fed.stderr.split())
    assert f"{file.name}:2:" in said
    assert f"{file.name}:4:" in said
    assert len(it.records("raw")) == 3


def test_the_supervisor_starts_again_what_dies_and_stops_in_time(house: MakeHouse) -> None:
    it = house("embedded")
    process = subprocess.Popen(
        [sys.executable, "-m", "dateline", "up", "--stages", "clean,dedupe,classify"], env=it.environment()
    )
    try:
        it.feed(article(n) for n in range(5))
        it.balanced(5)
        beat = next(it.settings.data_dir.glob("dedupe-*.heartbeat"))
        first = json.loads(beat.read_text())["pid"]
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: json.loads(beat.read_text())["pid"] != first, "a successor")
        it.feed(article(n) for n in range(5, 10))
        it.balanced(10)
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_two_workers_of_one_instance_are_refused(house: MakeHouse) -> None:
    it = house("embedded")
    first = it.start("dedupe")
    wait_until(lambda: it.reads(first), "the first worker")
    second = it.start("dedupe")
    assert second.wait(60) != 0
    assert "give each its own DATELINE_INSTANCE" in it.log.read_text()
    assert first.poll() is None


def test_a_broker_that_is_not_there_is_said_plainly(house: MakeHouse) -> None:
    it = house("embedded")
    asked = subprocess.run(
        [sys.executable, "-m", "dateline", "audit"],
        env={**it.environment(), "DATELINE_BROKER": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert "the broker at 127.0.0.1:1 does not answer" in " ".join(asked.stderr.split())
    assert "Traceback" not in asked.stderr


def test_a_worker_waits_for_its_topics_and_says_so(house: MakeHouse, tmp_path: Path) -> None:
    it = house("embedded", partitions=2)
    environment: dict[str, Any] = {**it.environment(), "DATELINE_TOPIC_PREFIX": "nowhere"}
    with (tmp_path / "waiting.log").open("wb") as log:
        worker = subprocess.Popen([sys.executable, "-m", "agents", "dedupe"], env=environment, stderr=log)
    try:
        said = tmp_path / "waiting.log"
        wait_until(lambda: "nowhere.raw is not there" in said.read_text(), "a word about the topics")
        assert "dateline topics" in said.read_text()
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()
