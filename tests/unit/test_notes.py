"""Notes of replays as a lock: of the runs at work only the one that began first may act."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.changelog import Reader
from agents.settings import Settings
from dateline.notes import LEASE_SECONDS, Busy, Note, Policy, settled_places

RUNS = ("a", "b", "c")


class Log:
    """A topic of notes, as a reader gives it; what is no note stands among them."""

    def __init__(self, notes: list[Note]) -> None:
        self._values = [b"forged", None, *(note.model_dump_json().encode() for note in notes)]

    async def topic(self, _name: str) -> AsyncIterator[Any]:
        for value in self._values:
            yield SimpleNamespace(value=value)


def note(run: str, action: Any, place: str = "", age: float = 0.0) -> Note:
    time = datetime.now(timezone.utc) - timedelta(seconds=age)
    return Note(action=action, run=run, by=f"by {run}", policy=Policy.REINSERT, time=time, place=place)


async def settled(notes: list[Note], run: str | None) -> set[str]:
    return await settled_places(cast("Reader", Log(notes)), Settings(), run)


async def may_act(notes: list[Note], run: str) -> bool:
    try:
        await settled(notes, run)
    except Busy:
        return False
    return True


@st.composite
def logs(draw: st.DrawFn) -> list[Note]:
    """Runs that began, did something, and perhaps ended, their notes in any order between runs."""
    left = {
        run: ["began"] + ["reinsert"] * draw(st.integers(0, 2)) + draw(st.sampled_from([[], ["ended"]])) for run in RUNS
    }
    log = []
    while waiting := [run for run in RUNS if left[run]]:
        run = draw(st.sampled_from(waiting))
        action = left[run].pop(0)
        log.append(note(run, action, f"clean news.raw/0/{len(log)}" if action == "reinsert" else ""))
    return log


@given(logs())
async def test_of_the_runs_at_work_the_first_to_begin_may_act(log: list[Note]) -> None:
    ended = {each.run for each in log if each.action == "ended"}
    at_work = [each.run for each in log if each.action == "began" and each.run not in ended]
    assert [run for run in at_work if await may_act(log, run)] == at_work[:1]


@given(logs())
async def test_what_any_run_settled_is_known_and_counting_waits_for_nobody(log: list[Note]) -> None:
    assert await settled(log, None) == {each.place for each in log if each.place}


@pytest.mark.parametrize(("age", "free"), [(LEASE_SECONDS - 10, False), (LEASE_SECONDS + 10, True)])
async def test_a_run_that_was_killed_is_waited_for_so_long_and_no_longer(age: float, free: bool) -> None:  # noqa: FBT001 - a row of the table
    assert await may_act([note("a", "began", age=age), note("b", "began")], "b") is free
