"""Whether the partitions of a worker move: the truth of its heartbeat.

Stock Faust answers that it is well when every agent is dead (notes/peers.md, §6). Here a partition is well while it
has nothing to do, or what is committed of it grows. Its end is asked of the broker, not remembered from the last
fetch: a fetcher that died would see no lag.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

ASK_SECONDS = 1.0


class Partition(NamedTuple):
    """One assigned partition. `busy`: there are records to read, to see to or to commit."""

    committed: int
    lag: int
    busy: bool


class Movement:
    """When each partition was last seen to move, or to have nothing to do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._committed: dict[TP, int] = {}
        self._moved: dict[TP, float] = {}

    def note(self, partitions: Mapping[TP, Partition]) -> None:
        """Take in the partitions as they are now; what is assigned anew begins now."""
        now = self._clock()
        moved = {}
        for place, partition in partitions.items():
            still = partition.busy and self._committed.get(place) == partition.committed
            moved[place] = self._moved.get(place, now) if still else now
        self._committed = {place: partition.committed for place, partition in partitions.items()}
        self._moved = moved

    def idle(self) -> dict[TP, float]:
        """Seconds since each partition moved or had nothing to do."""
        now = self._clock()
        return {place: now - moved for place, moved in self._moved.items()}


class Progress:
    """Looks at the consumer of an app: where its partitions stand, and for how long."""

    def __init__(self, app: faust.App, stuck_after: float, restore_patience: float) -> None:
        self._app = app
        self._stuck_after = stuck_after
        self._restore_patience = restore_patience
        self._movement = Movement()
        self._ends: dict[TP, int] = {}
        self._positions: dict[TP, int] = {}
        self._answered = time.monotonic()
        self.partitions: dict[TP, Partition] = {}
        self.restoring: TP | None = None

    async def watch(self) -> None:
        """Ask the broker for the ends of what is assigned, for ever; one question at a time."""
        while not self._app.should_stop:
            await asyncio.sleep(ASK_SECONDS)
            consumer = self._app.consumer
            places = self._assigned()
            try:
                ends = await consumer.highwaters(*places) if places else {}
                positions = {place: await consumer.position(place) for place in places}
            except (KafkaError, AssertionError, OSError):  # a partition that went meanwhile, a broker that is away
                continue
            self._ends, self._positions = dict(ends), {p: o or 0 for p, o in positions.items()}
            self._answered = time.monotonic()

    def look(self) -> None:
        """Take in how the assigned partitions stand now."""
        consumer: Any = self._app.consumer
        waiting = Counter(message.tp for message in list(consumer.unacked))
        self.partitions = {}
        for place in self._assigned() & self._ends.keys():
            committed, end = consumer._committed_offset[place], self._ends[place]  # noqa: SLF001 - Faust has no call for it
            position = self._positions.get(place, 0)
            # Records of transactions that ended lie behind the position and are nobody's to commit.
            busy = bool(position < end or waiting[place] or consumer._acked.get(place))  # noqa: SLF001 - as above
            begun = committed if committed is not None else max(0, position - waiting[place])
            self.partitions[place] = Partition(begun, max(0, end - begun) if busy else 0, busy)
        self._movement.note(self.partitions)

    @property
    def assigned(self) -> bool:
        """Whether this worker has partitions."""
        return bool(self._assigned())

    def stuck(self) -> tuple[str, float]:
        """Why the worker is stuck, and for how many seconds it has been; empty where it is not."""
        patience = self._restore_patience if self.restoring else self._stuck_after
        silent = time.monotonic() - self._answered
        if self.assigned and silent > patience:
            return f"the broker has not said for {silent:.0f} s where partitions end", silent - patience
        idle = self._movement.idle()
        place = max(idle, key=lambda each: idle[each], default=None)
        if place is None or idle[place] <= patience:
            return "", 0.0
        lag = self.partitions[place].lag
        where = f"{place.topic}/{place.partition}"
        return f"{where} has not moved for {idle[place]:.0f} s, lag {lag}", idle[place] - patience

    def report(self) -> dict[str, dict[str, float]]:
        """Partitions as the heartbeat shows them."""
        idle = self._movement.idle()
        return {
            f"{place.topic}/{place.partition}": {
                "committed": partition.committed,
                "lag": partition.lag,
                "idle_seconds": round(idle[place], 1),
            }
            for place, partition in self.partitions.items()
        }

    def _assigned(self) -> set[TP]:
        try:
            return set(self._app.consumer.assignment())
        except ConsumerNotStarted:
            return set()
