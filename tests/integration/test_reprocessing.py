"""A new version beside the old one, over the same raw records."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.integration.house import House, article, command

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]

MakeHouse = Callable[..., House]
STAGES = "clean,dedupe,classify"


@contextmanager
def beside(it: House, suffix: str) -> Iterator[None]:
    """Run the stages as `dateline up --suffix` does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dateline", "up", "--stages", STAGES, "--suffix", suffix], env=it.environment()
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_a_second_run_is_compared_with_the_first(house: MakeHouse) -> None:
    it = house("embedded")
    for stage in STAGES.split(","):
        it.start(stage)
    it.feed(article(n) for n in range(4))
    it.feed({**article(n), "url": f"https://outlet.example/raise-always/{n}"} for n in range(4, 6))
    assert it.balanced(6).enriched == 6
    # The same version gives the same outcomes, while the first run is still up.
    with beside(it, "same"):
        house("embedded", suffix="same").balanced(6)
    same = json.loads(command(it, "diff", "--suffix", "same", "--json").stdout)
    assert (same["compared"], same["same"], same["changes"]) == (6, 6, {})
    # One that fails at some of them.
    worse = house("embedded", suffix="worse")
    worse.start("raising", "b", module="tests.integration.faulty")
    worse.start("dedupe", "b")
    worse.start("classify", "b")
    worse.balanced(6)
    found = json.loads(command(it, "diff", "--suffix", "worse", "--examples", "1", "--json").stdout)
    assert (found["compared"], found["same"], found["changes"]) == (6, 4, {"enriched → dead letter": 2})
    (example,) = found["examples"]["enriched → dead letter"]
    assert (example["before"], example["after"]) == ("original", "failed")
    told = command(it, "diff", "--suffix", "worse", "--against", "same")
    assert "enriched → dead letter" in told.stdout
    assert told.returncode == 0, told.stderr
    result = it.balanced(6)
    assert (result.enriched, result.repeated) == (6, 0), "the first run saw nothing of the others"


def test_a_suffix_that_no_topic_can_have_is_refused(house: MakeHouse) -> None:
    said = command(house("embedded"), "diff", "--suffix", "v 2/..")
    assert said.returncode == 2
    assert "a setting cannot be used: DATELINE_SUFFIX" in " ".join(said.stderr.split())
