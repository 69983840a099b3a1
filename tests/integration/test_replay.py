"""Replay of dead letters: they go back once, as they were, and the audit stays true."""

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from agents.record import ATTEMPTS_HEADER, ORIGIN_HEADER
from dateline.feed import RawRecord
from tests.integration.conftest import BOTH
from tests.integration.house import House, article, command, wait_until

pytestmark = pytest.mark.timeout(240)

MakeHouse = Callable[..., House]
FAULTY = "tests.integration.faulty"
TRACE = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-scraper", b"\xff\x00")]


def broken(number: int, text: str | None = None) -> dict[str, Any]:
    """An article that the faulty stage cannot judge and the mended one can."""
    return {**article(number, text), "url": f"https://outlet.example/raise-always/{number}"}


def row(said: "subprocess.CompletedProcess[str]", name: str) -> int:
    """A count of the table that a command printed."""
    assert said.returncode == 0, said.stderr
    (line,) = [line for line in said.stdout.splitlines() if line.strip().startswith(name)]
    return int(line.split()[-1])


@pytest.mark.parametrize("kind", BOTH)
def test_dead_letters_go_back_once_and_have_their_last_outcome(house: MakeHouse, kind: str) -> None:
    # Small limits, so that one record is too large for the dead letter that holds all of it.
    it = house(kind, raw_max_bytes=200_000, clean_max_bytes=210_000, deadletter_max_bytes=220_000)
    faulty = it.start("raising", module=FAULTY)
    it.start("dedupe")
    it.start("classify")
    large = broken(90, "A long line of words. " * 8000)
    it.feed((article(n) for n in range(3)), TRACE)
    it.feed([*(broken(n) for n in (10, 11, 12)), large], TRACE)
    assert it.balanced(7).dead_letters == 4
    first_origins = {letter["offset"]: letter["origin"] for letter in it.events("deadletter")}

    counted = command(it, "replay", "--stage", "clean", "--reason", "failed")
    assert (row(counted, "would be put back"), row(counted, "cannot be put back")) == (3, 1)
    assert row(command(it, "replay", "--stage", "dedupe"), "not asked for") == 4
    assert row(command(it, "replay", "--until", "2026-01-01"), "not asked for") == 4
    assert len(it.records("raw")) == 7, "a dry run writes nothing"

    one = command(it, "replay", "--url", "raise-always/11", "--limit", "1", "--execute", "--by", "night shift")
    assert (row(one, "put back"), row(one, "not asked for")) == (1, 3)
    # The fault is still there: it dies again, with the count of its attempts.
    wait_until(lambda: len(it.records("deadletter")) == 5, "its second death")
    again = next(e for e in it.events("deadletter") if ATTEMPTS_HEADER in dict(e["headers"]))
    assert again["origin"] in first_origins.values()
    assert it.audit().balanced

    faulty.send_signal(signal.SIGTERM)
    faulty.wait()
    it.start("clean")
    rest = command(it, "replay", "--execute")
    assert (row(rest, "put back"), row(rest, "settled before"), row(rest, "cannot be put back")) == (3, 1, 1)
    wait_until(lambda: it.audit().enriched == 6, "all but the large one enriched")
    assert row(command(it, "replay", "--execute"), "put back") == 0, "nothing goes back twice"

    result = it.balanced(7)
    assert (result.dead_letters, result.recovered, result.replayed, result.repeated) == (1, 3, 4, 0)
    by_origin: dict[bytes, list[Any]] = {}
    for record in it.records("raw"):
        origin = dict(record.headers).get(ORIGIN_HEADER, f"{record.topic}/{record.partition}/{record.offset}".encode())
        by_origin.setdefault(origin, []).append(record)
    repeated = [records for records in by_origin.values() if len(records) > 1]
    assert len(repeated) == 3
    for records in repeated:
        for record in records[1:]:
            assert (record.key, record.value, record.partition) == (
                records[0].key,
                records[0].value,
                records[0].partition,
            )
            assert list(record.headers)[: len(TRACE)] == TRACE

    assert row(command(it, "replay", "--policy", "drop", "--execute"), "dropped") == 1
    counted = command(it, "replay")
    assert (row(counted, "cannot be put back"), row(counted, "settled before")) == (0, 5)
    assert it.audit().dropped == 1
    assert it.audit().balanced


@pytest.mark.parametrize("kind", BOTH)
def test_policy_stop_ends_at_the_first_that_dies_again(house: MakeHouse, kind: str) -> None:
    it = house(kind)
    faulty = it.start("raising", module=FAULTY)
    it.start("dedupe")
    it.start("classify")
    it.feed(broken(n) for n in range(3))
    assert it.balanced(3).dead_letters == 3
    stopped = command(it, "replay", "--policy", "stop", "--execute")
    assert stopped.returncode == 1, stopped.stdout
    assert "died again: failed" in " ".join(stopped.stderr.split())
    assert it.audit().replayed == 1

    faulty.send_signal(signal.SIGTERM)
    faulty.wait()
    it.start("clean")
    assert row(command(it, "replay", "--policy", "stop", "--execute"), "put back") == 3
    wait_until(lambda: it.audit().enriched == 3, "all of them enriched")
    assert it.balanced(3).dead_letters == 0


@pytest.mark.embedded
def test_a_second_replay_steps_back_while_one_is_at_work(house: MakeHouse) -> None:
    it = house("embedded")
    it.start("raising", module=FAULTY)
    it.feed([broken(1)])
    it.balanced(1)
    assert row(command(it, "replay", "--policy", "drop", "--execute"), "dropped") == 1
    # What a run leaves that was killed a moment ago: it began and did not end.
    began = next(note for note in it.events("replays") if note["action"] == "began")
    it.publish("replays", RawRecord(b"other began", json.dumps({**began, "run": "other", "by": "ann@desk"}).encode()))
    busy = command(it, "replay", "--execute")
    assert busy.returncode == 1
    assert "ann@desk has a replay at work" in " ".join(busy.stderr.split())
    assert row(command(it, "replay"), "settled before") == 1, "counting is always allowed"


@pytest.mark.embedded
def test_forged_dead_letters_go_nowhere(house: MakeHouse) -> None:
    it = house("embedded")
    it.start("raising", module=FAULTY)
    it.feed([broken(1)])
    it.balanced(1)
    (letter,) = it.events("deadletter")
    for forged in ({**letter, "topic": "payments"}, {**letter, "stage": "\x1b[2Jroot"}, {"stage": "clean"}, []):
        it.publish("deadletter", RawRecord(b"forged", json.dumps(forged).encode()))
    said = command(it, "replay", "--execute")
    assert (row(said, "put back"), row(said, "no dead letters of this house")) == (1, 4)
    assert "\x1b[2J" not in said.stdout
