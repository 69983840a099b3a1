"""`dateline status` beside what is known to have happened."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from agents import STAGES
from dateline.feed import RawRecord
from dateline.status import CONSUMES
from tests.integration.conftest import BOTH
from tests.integration.house import House, article, wait_until
from tests.integration.test_commands import command

pytestmark = pytest.mark.timeout(120)


def test_stages_read_what_status_thinks_that_they_read() -> None:
    script = (
        "import importlib; from agents import STAGES; from agents.settings import Settings;"
        "print({s: importlib.import_module(f'agents.{s}').stage(Settings()).consumes for s in STAGES})"
    )
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == str({stage: CONSUMES[stage] for stage in STAGES})


@pytest.mark.parametrize("kind", BOTH)
def test_lag_outcomes_and_errors_are_seen(house: Callable[..., House], kind: str) -> None:
    it = house(kind)
    it.feed(article(n) for n in range(6))
    it.publish("raw", RawRecord(b"k", b'{"url": "\x1b[31m"}'))
    before = command(it, "status", "--json", "--interval", "0.2")
    seen = json.loads(before.stdout)
    assert before.returncode == 1, "no stage has a worker"
    assert seen["topics"] == {"raw": 7, "enriched": 0, "duplicates": 0, "rejected": 0, "deadletter": 0}
    assert {name: row["lag"] for name, row in seen["stages"].items()} == dict.fromkeys(STAGES, 0) | {"clean": 7}
    assert seen["errors"] == []

    it.start("clean")
    # Offsets are committed soon after the outcome, not with it.
    wait_until(lambda: json.loads(command(it, "status", "--json").stdout)["stages"]["clean"]["lag"] == 0, "no lag")
    seen = json.loads(command(it, "status", "--json").stdout)
    assert (seen["stages"]["clean"]["workers"], seen["stages"]["clean"]["in_flight"]) == (1, 0)
    assert (seen["stages"]["dedupe"]["workers"], seen["stages"]["dedupe"]["lag"]) == (0, 6)
    (error,) = seen["errors"]
    assert (error["stage"], error["reason"]) == ("clean", "invalid")
    told = command(it, "status").stdout
    assert "clean: invalid" in told
    assert "\x1b" not in told


@pytest.mark.embedded
def test_topics_that_are_not_there_hold_nothing(house: Callable[..., House]) -> None:
    it = house("embedded")
    done = subprocess.run(
        [sys.executable, "-m", "dateline", "status", "--json"],
        env={**it.environment(), "DATELINE_TOPIC_PREFIX": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["topics"]["raw"] == 0


@pytest.mark.embedded
def test_watching_looks_again_and_again(house: Callable[..., House]) -> None:
    it = house("embedded")
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "dateline", "status", "--json", "--watch", "--interval", "0.1"],
        env=it.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    try:
        looks = (json.loads(line) for line in watching.stdout)
        assert next(looks)["topics"]["raw"] == 0
        it.feed(article(n) for n in range(3))
        assert any(look["topics"]["raw"] == 3 for look in looks)
    finally:
        watching.terminate()
        watching.wait(30)
        watching.stdout.close()
