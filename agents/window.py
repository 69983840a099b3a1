"""Records in flight: many at once, bounded by count and by bytes, acknowledged in order."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine
from typing import Any


class _Flight:
    """One record on its way."""

    __slots__ = ("acknowledge", "done", "size")

    def __init__(self, size: int, acknowledge: Callable[[], object]) -> None:
        self.size = size
        self.acknowledge = acknowledge
        self.done = False


class Window:
    """A sliding window over the records of each partition.

    A record is admitted when there is room, works as a task of its own, and is acknowledged when it and all before
    it in its partition are done: Faust commits past a gap of one (notes/faust.md, §1), so the order is what keeps
    records from being lost. A batch barrier would let one slow page stall its batch; here it stalls nobody until the
    window is full. A task that raises is a bug in the guard: the first such error is kept and raised to the agent.
    """

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._queues: dict[object, deque[_Flight]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0
        self._records = 0
        self._changed = asyncio.Event()
        self._error: BaseException | None = None

    def __len__(self) -> int:
        return self._records

    async def admit(
        self, partition: object, size: int, work: Coroutine[Any, Any, None], acknowledge: Callable[[], object]
    ) -> None:
        """Wait for room, then start `work`. A record larger than the window is admitted alone.

        Tasks start in the order of admission, so work that changes state before its first await changes it in order.
        Raises the error of an earlier task.
        """
        try:
            await self._until(
                lambda: (
                    not self._records or (self._records < self._max_records and self._bytes + size <= self._max_bytes)
                )
            )
        except BaseException:
            work.close()
            raise
        flight = _Flight(size, acknowledge)
        queue = self._queues[partition]
        queue.append(flight)
        self._records += 1
        self._bytes += size
        task = asyncio.get_running_loop().create_task(self._fly(flight, queue, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self) -> None:
        """Wait until nothing is in flight. Raises the error of an earlier task."""
        await self._until(lambda: not self._records)

    async def failure(self) -> BaseException:
        """Wait for a task to fail, and give its error."""
        while self._error is None:
            self._changed.clear()
            await self._changed.wait()
        return self._error

    async def _fly(self, flight: _Flight, queue: deque[_Flight], work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            flight.done = True
            while queue and queue[0].done:
                head = queue.popleft()
                self._records -= 1
                self._bytes -= head.size
                head.acknowledge()
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # the loop is closing; any other cancellation came from inside the work
            # Whatever it is, nothing behind it may be acknowledged.
            self._error = self._error or error
        finally:
            self._changed.set()

    async def _until(self, ready: Callable[[], bool]) -> None:
        while self._error is None and not ready():
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise self._error
