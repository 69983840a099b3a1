"""A stage that fails at everything stops, instead of draining its topic into the dead letters."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.integration.conftest import BOTH
from tests.integration.house import House, article, command, wait_until

pytestmark = pytest.mark.timeout(240)

MakeHouse = Callable[..., House]
RUN = 10


@pytest.mark.parametrize("kind", BOTH)
def test_a_broken_stage_stops_and_goes_on_after_a_restart(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16, brake_run=RUN)
    it.start("dedupe")
    it.start("classify")
    broken = it.start("raising", module="tests.integration.faulty")
    it.feed(article(n) for n in range(5))
    it.balanced(5)
    bad = ({**article(n), "url": f"https://outlet.example/raise-always/{n}"} for n in range(5, 105))
    it.feed(bad)
    wait_until(lambda: bool(it.heartbeat("clean").get("braked")), "the brake")
    assert it.heartbeat("clean")["braked"] == f"{RUN} records in a row would be dead letters"
    wait_until(lambda: "clean brakes: " in it.log.read_text(), "a word about it")
    asked = command(it, "health", "clean")
    assert asked.returncode == 1
    assert "clean has braked" in " ".join(asked.stderr.split())
    time.sleep(3)  # longer than the tries of all that is in flight
    assert broken.poll() is None, "it waits for an operator; a supervisor has nothing to restart"
    assert len(it.records("deadletter")) == RUN - 1
    assert it.audit().missing == 100 - (RUN - 1), "what it holds has no outcome"

    broken.send_signal(signal.SIGTERM)
    assert broken.wait(timeout=30) == os.EX_TEMPFAIL
    assert it.in_flight("clean") == 0, "what was held is no suspect"
    it.start("clean")
    result = it.balanced(105)
    assert (result.enriched, result.dead_letters, result.conflicting) == (105 - (RUN - 1), RUN - 1, 0)
