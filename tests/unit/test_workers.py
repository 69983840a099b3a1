"""Child processes: every way that work can end, and that the pool goes on after each."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from agents.record import BadRecord, WorkFailed
from agents.workers import ChildPool
from pipeline.events import DeadLetterReason
from tests.unit.child_work import alive

pytestmark = pytest.mark.asyncio(loop_scope="module")

TARGET = "tests.unit.child_work:work"
MEMORY = 512 * 1024 * 1024


@asynccontextmanager
async def pool(children: int = 1, deadline: float = 5.0, recycle: int = 1000) -> AsyncIterator[ChildPool]:
    running = ChildPool(TARGET, children=children, deadline=deadline, memory=MEMORY, recycle=recycle)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[ChildPool]:
    """One pool for the tests that leave it usable, which is what they hold."""
    async with pool() as running:
        yield running


async def pid(running: ChildPool) -> int:
    return int((await running.run(b"pid"))[0])


@pytest.mark.parametrize(
    "parts",
    [[], [b""], [b"a", b"", b"\0\xff\n"], [bytes(3_000_000), b"end"], [b"x"] * 1000],
    ids=["none", "empty", "binary", "large", "many"],
)
async def test_gives_back_what_the_function_returns(shared: ChildPool, parts: list[bytes]) -> None:
    assert await shared.run(b"echo", *parts) == parts


async def test_a_bad_record_is_told_apart_and_keeps_the_child(shared: ChildPool) -> None:
    before = await pid(shared)
    with pytest.raises(BadRecord, match="no such thing as a näme"):
        await shared.run(b"bad")
    assert await pid(shared) == before


@pytest.mark.parametrize(
    ("command", "reasons", "message"),
    [
        (b"raise", {DeadLetterReason.FAILED}, "LookupError: a shelf is empty"),
        (b"exit", {DeadLetterReason.CHILD_DIED}, "status 3"),
        (b"hard-exit", {DeadLetterReason.CHILD_DIED}, "status 4"),
        (b"segfault", {DeadLetterReason.CHILD_DIED}, "status -11"),
        (b"eat", {DeadLetterReason.OUT_OF_MEMORY, DeadLetterReason.CHILD_DIED}, "."),
        (b"map", {DeadLetterReason.FAILED, DeadLetterReason.OUT_OF_MEMORY}, "."),
        (b"wrong-type", {DeadLetterReason.FAILED, DeadLetterReason.CHILD_DIED}, "."),
    ],
)
async def test_work_that_fails_has_a_reason_and_the_pool_goes_on(
    shared: ChildPool, command: bytes, reasons: set[DeadLetterReason], message: str
) -> None:
    with pytest.raises(WorkFailed, match=message) as failed:
        await shared.run(command)
    assert failed.value.reason in reasons
    assert await shared.run(b"echo", b"still here") == [b"still here"]


@pytest.mark.parametrize("command", [b"hang", b"spin"])
async def test_a_deadline_ends_work_that_hangs(command: bytes) -> None:
    async with pool(deadline=0.5) as running:
        before = await pid(running)
        started = time.monotonic()
        with pytest.raises(WorkFailed, match=r"no answer in 0\.5 s") as failed:
            await running.run(command)
        assert failed.value.reason is DeadLetterReason.TIMEOUT
        assert 0.5 <= time.monotonic() - started < 4
        assert not alive(before)
        assert await pid(running) != before


async def test_printing_does_not_break_the_frames(capfd: pytest.CaptureFixture[str]) -> None:
    async with pool() as running:
        for _ in range(3):
            assert await running.run(b"print") == [b"printed"]
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.count("to standard output") == captured.err.count("past the buffer") == 3


async def test_a_child_is_replaced_after_so_many_calls() -> None:
    async with pool(recycle=3) as running:
        pids = [await pid(running) for _ in range(7)]
    assert pids[0] == pids[1] == pids[2]
    assert pids[3] == pids[4] == pids[5]
    assert len(set(pids)) == 3


async def test_children_work_side_by_side_and_one_that_hangs_keeps_none_waiting() -> None:
    async with pool(children=2, deadline=1.5) as running:
        hanging = asyncio.create_task(running.run(b"hang"))
        await asyncio.sleep(0.05)
        answers = await asyncio.gather(*(running.run(b"echo", str(n).encode()) for n in range(50)))
        assert not hanging.done()
        assert answers == [[str(n).encode()] for n in range(50)]
        with pytest.raises(WorkFailed):
            await hanging


async def test_a_child_killed_while_idle_is_replaced(shared: ChildPool) -> None:
    before = await pid(shared)
    os.kill(before, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert await pid(shared) != before


async def test_cancelling_a_call_leaves_no_answer_for_the_next(shared: ChildPool) -> None:
    call = asyncio.create_task(shared.run(b"hang"))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await shared.run(b"echo", b"mine") == [b"mine"]


async def test_stop_ends_the_children() -> None:
    async with pool(children=2) as running:
        pids = {await pid(running) for _ in range(4)}
        assert all(map(alive, pids))
    assert not any(map(alive, pids))


async def test_a_target_that_cannot_be_imported_fails_at_the_start() -> None:
    broken = ChildPool("tests.unit.no_such_module:work", children=1, deadline=1, memory=MEMORY, recycle=1)
    with pytest.raises(EOFError):
        await broken.start()
    await broken.stop()
