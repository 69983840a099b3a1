"""The window: bounded, concurrent, acknowledged in order, and silent about nothing."""

import asyncio
from collections.abc import Awaitable

import pytest

from agents.window import Window


class Desk:
    """Work that ends when the test says so, and a note of what started and what was acknowledged."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.gates: dict[object, asyncio.Future[None]] = {}
        self.started: list[object] = []
        self.acknowledged: list[object] = []

    async def admit(self, name: object, partition: object = 0, size: int = 1) -> None:
        self.gates[name] = asyncio.get_running_loop().create_future()
        await self.window.admit(partition, size, self._work(name), lambda: self.acknowledged.append(name))

    async def _work(self, name: object) -> None:
        self.started.append(name)
        await self.gates[name]

    async def finish(self, *names: object) -> None:
        for name in names:
            self.gates[name].set_result(None)
            await settle()

    async def fail(self, name: object, error: BaseException) -> None:
        self.gates[name].set_exception(error)
        await settle()


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def waits(awaitable: Awaitable[object]) -> "asyncio.Task[object]":
    """A task that must still be waiting after everything else has settled."""
    task = asyncio.ensure_future(awaitable)
    await settle()
    assert not task.done()
    return task  # type: ignore[return-value]


async def test_acknowledges_in_order_though_work_ends_out_of_order() -> None:
    desk = Desk(Window(10, 100))
    for name in range(5):
        await desk.admit(name)
    await settle()
    await desk.finish(3, 1)
    assert desk.acknowledged == []
    await desk.finish(0)
    assert desk.acknowledged == [0, 1]
    await desk.finish(4, 2)
    assert desk.acknowledged == [0, 1, 2, 3, 4]
    await desk.window.drained()
    assert len(desk.window) == 0


async def test_starts_in_order_of_admission() -> None:
    desk = Desk(Window(50, 100))
    for name in range(20):
        await desk.admit(name, partition=name % 3)
    await settle()
    assert desk.started == list(range(20))
    await desk.finish(*range(20))


async def test_partitions_do_not_wait_for_each_other() -> None:
    desk = Desk(Window(10, 100))
    await desk.admit("a0", "a")
    await desk.admit("b0", "b")
    await settle()
    await desk.finish("b0")
    assert desk.acknowledged == ["b0"]
    await desk.finish("a0")


@pytest.mark.parametrize(("window", "size"), [(Window(3, 1000), 1), (Window(100, 30), 10)], ids=["count", "bytes"])
async def test_is_bounded(window: Window, size: int) -> None:
    desk = Desk(window)
    for name in range(3):
        await desk.admit(name, size=size)
    fourth = await waits(desk.admit(3, size=size))
    assert len(window) == 3
    assert desk.started == [0, 1, 2]
    await desk.finish(1)
    assert not fourth.done(), "what is done behind a slow head still takes its place"
    await desk.finish(0)
    await fourth
    await settle()
    assert desk.started == [0, 1, 2, 3]
    await desk.finish(2, 3)
    assert desk.acknowledged == [0, 1, 2, 3]


async def test_a_slow_head_stalls_nobody_until_the_window_is_full() -> None:
    desk = Desk(Window(4, 100))
    await desk.admit("slow")
    for name in range(3):
        await desk.admit(name)
        await settle()
        await desk.finish(name)
    assert desk.started == ["slow", 0, 1, 2]
    last = await waits(desk.admit(3))
    await desk.finish("slow")
    await last
    assert desk.acknowledged == ["slow", 0, 1, 2]
    await settle()
    await desk.finish(3)


async def test_a_record_larger_than_the_window_goes_alone() -> None:
    desk = Desk(Window(10, 100))
    await desk.admit("small")
    giant = await waits(desk.admit("giant", size=5000))
    await desk.finish("small")
    await giant
    after = await waits(desk.admit("after"))
    await desk.finish("giant")
    await after
    await settle()
    await desk.finish("after")
    assert desk.acknowledged == ["small", "giant", "after"]


async def test_drained_waits_for_the_last() -> None:
    desk = Desk(Window(10, 100))
    await desk.window.drained()
    await desk.admit(0)
    drained = await waits(desk.window.drained())
    await desk.finish(0)
    await drained


async def test_a_failing_task_stops_acknowledgement_behind_it_and_is_raised() -> None:
    desk = Desk(Window(10, 100))
    for name in range(4):
        await desk.admit(name)
    failure = await waits(desk.window.failure())
    await desk.finish(2)
    error = RuntimeError("a bug")
    await desk.fail(1, error)
    await desk.finish(0, 3)
    assert desk.acknowledged == [0]
    assert await failure is error
    for again in (desk.admit(4), desk.window.drained()):
        with pytest.raises(RuntimeError, match="a bug"):
            await again
    assert 4 not in desk.started


async def test_a_failure_wakes_who_waits_for_room_and_the_first_error_is_kept() -> None:
    desk = Desk(Window(2, 100))
    await desk.admit(0)
    await desk.admit(1)
    waiting = await waits(desk.admit(2))
    await desk.fail(1, ValueError("first"))
    await desk.fail(0, ValueError("second"))
    with pytest.raises(ValueError, match="first"):
        await waiting
    assert str(await desk.window.failure()) == "first"


async def test_cancelling_admission_takes_no_room() -> None:
    desk = Desk(Window(1, 100))
    await desk.admit(0)
    waiting = await waits(desk.admit(1))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await desk.finish(0)
    await desk.window.drained()
    assert desk.started == [0]


async def test_an_acknowledgement_that_raises_is_a_failure() -> None:
    window = Window(10, 100)

    async def work() -> None:
        pass

    def acknowledge() -> None:
        raise RuntimeError("no such partition")

    await window.admit(0, 1, work(), acknowledge)
    error = await asyncio.wait_for(window.failure(), 1)
    assert str(error) == "no such partition"


async def test_work_that_ends_cancelled_by_something_inside_it_is_a_failure() -> None:
    """A future of a closed producer is cancelled: the record is not done, and nobody must wait for it for ever."""
    desk = Desk(Window(10, 100))
    await desk.admit(0)
    await settle()
    desk.gates[0].cancel()
    error = await asyncio.wait_for(desk.window.failure(), 1)
    assert isinstance(error, asyncio.CancelledError)
    assert desk.acknowledged == []


async def test_many_records_in_random_order() -> None:
    window, acknowledged = Window(16, 64), []

    async def work(delay: int) -> None:
        for _ in range(delay):
            await asyncio.sleep(0)

    for name in range(500):
        await window.admit(name % 4, name % 9, work(name * 7919 % 31), lambda name=name: acknowledged.append(name))
        assert len(window) <= 16
    await window.drained()
    assert sorted(acknowledged) == list(range(500))
    for partition in range(4):
        assert [n for n in acknowledged if n % 4 == partition] == list(range(partition, 500, 4))
