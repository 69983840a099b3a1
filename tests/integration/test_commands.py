"""The commands, as people call them, on the embedded broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from agents import health
from agents.record import ORIGIN_HEADER, format_origin
from dateline.feed import RawRecord
from dateline.supervisor import Supervisor
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
    log = tmp_path / "skipped.jsonl"
    fed = command(it, "feed", str(file), "--skipped", str(log))
    assert fed.returncode == 1
    assert "3 sent, 2 skipped (2 invalid)" in fed.stdout
    assert f"{file}:2: invalid: " in fed.stderr
    assert f"{file}:4: invalid: url: " in fed.stderr
    assert len(it.records("raw")) == 3
    assert [json.loads(line)["position"] for line in log.read_text().splitlines()] == [2, 4]


def test_feed_takes_a_folder_and_goes_on_where_it_stopped(house: MakeHouse, tmp_path: Path) -> None:
    it = house("embedded")
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_text("<html><body><p>One page.</p></body></html>", encoding="utf-8")
    (folder / "b.jsonl").write_text("\n".join(json.dumps(article(n)) for n in range(40)), encoding="utf-8")
    (folder / "c.png").write_bytes(b"\x89PNG")
    # Slow enough to be stopped in the middle.
    first = subprocess.Popen(
        [sys.executable, "-m", "dateline", "feed", str(folder), "--resume", "--rate", "10"], env=it.environment()
    )
    wait_until(lambda: len(it.records("raw")) >= 5, "some records")
    first.send_signal(signal.SIGINT)
    assert first.wait(30) == 130
    sent = len(it.records("raw"))
    assert sent < 41
    rest = command(it, "feed", str(folder), "--resume")
    assert rest.returncode == 0, rest.stderr
    assert "1 unknown format" in rest.stdout
    urls = [event["url"] for event in it.events("raw")]
    assert len(set(urls)) == 41
    assert len(urls) <= 41 + 10, "what was in flight, or within a second, may come twice"
    again = command(it, "feed", str(folder), "--resume")
    assert "0 sent" in again.stdout
    (folder / "b.jsonl").write_text("\n".join(json.dumps(article(n)) for n in range(41)), encoding="utf-8")
    assert "41 sent" in command(it, "feed", str(folder), "--resume").stdout, "another file of the same name"


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


def test_a_spare_takes_the_place_of_a_worker_that_dies(house: MakeHouse) -> None:
    it = house("embedded")
    logs = it.settings.data_dir / "logs"
    supervisor = Supervisor({"route": 1}, it.environment(), logs, grace=30)
    beat = health.heartbeat(it.settings.data_dir, "route", f"{it.settings.instance}-0")

    def ready(pid: int) -> bool:
        supervisor.mend()
        return beat.exists() and json.loads(beat.read_text())["pid"] == pid and health.judge(beat).ready

    supervisor.start()
    try:
        first = supervisor.pids()["route-0"]
        wait_until(lambda: ready(first), "the first worker")
        wait_until(lambda: ready(first) and len(spares()) == 1, "a spare")
        (spare,) = spares()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: ready(spare), "the spare as its successor")
        assert supervisor.pids() == {"route-0": spare}
        assert f"worker {spare} reads" in (logs / "route-0.log").read_text()
        wait_until(lambda: ready(spare) and len(spares() - {spare}) == 1, "the next spare")
    finally:
        supervisor.stop()
    assert not spares()


def spares() -> set[int]:
    """Children of this process that were started as spares."""
    return {child.pid for child in psutil.Process().children() if "--spare" in child.cmdline()}


def test_a_spare_ends_with_its_supervisor() -> None:
    command_line = [sys.executable, "-m", "agents", "--spare", "route"]
    spare = subprocess.run(command_line, stdin=subprocess.DEVNULL, check=False, timeout=60)
    assert spare.returncode == 0


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
