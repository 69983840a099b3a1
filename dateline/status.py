"""What is going on: stages, lag, rates, outcomes and the last errors, from consumer groups, topics and heartbeats."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents import STAGES
from agents.changelog import Reader
from agents.settings import Settings

#: Topics that each stage reads; a test holds them against the stages.
CONSUMES: Final = {
    "clean": ("raw",),
    "dedupe": ("clean",),
    "classify": ("unique",),
    "route": ("enriched",),
    "trends": ("enriched", "duplicates"),
}
OUTCOMES: Final = ("raw", "enriched", "duplicates", "rejected", "deadletter")
#: As `dateline health` has it.
STALE_SECONDS: Final = 15.0
ERRORS: Final = 5
Offsets: TypeAlias = dict[TopicPartition, int]
# What is fetched is thrown away: only the end is looked at.
_FETCH_BYTES: Final = 1024
_LOOK_MS, _LOOKS = 100, 20


@dataclass
class StageStatus:
    """A stage: members of its consumer group, records in flight in those of this machine, records that wait for it."""

    workers: int = 0
    in_flight: int = 0
    lag: int = 0
    #: Acknowledged a second, over the last interval.
    rate: float = 0.0


@dataclass
class Status:
    """What is seen at one time. `topics`: records that a topic holds, and how many came a second."""

    time: float
    stages: dict[str, StageStatus]
    topics: dict[str, int]
    rates: dict[str, float] = field(default_factory=dict)
    #: The newest dead letters: time, stage, reason, error, origin.
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether every stage has a worker."""
        return all(stage.workers for stage in self.stages.values())


@dataclass
class _Sample:
    time: float
    acknowledged: dict[str, int]
    ends: dict[str, int]
    status: Status


class Watch:
    """Looks at the broker again and again: `async with Watch(settings) as watch`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(**settings.client())
        self._consumer = AIOKafkaConsumer(
            **settings.client(), group_id=None, enable_auto_commit=False, max_partition_fetch_bytes=_FETCH_BYTES
        )
        self._errors: tuple[int, list[dict[str, Any]]] = (-1, [])

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
            await self._consumer.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def looks(self, interval: float) -> AsyncIterator[Status]:
        """A status every interval, in seconds; the first comes after one, for it has rates, too."""
        before = await self._sample()
        while True:
            await asyncio.sleep(interval)
            now = await self._sample()
            spent = now.time - before.time
            for name, stage in now.status.stages.items():
                stage.rate = max(0.0, (now.acknowledged[name] - before.acknowledged[name]) / spent)
            now.status.rates = {name: max(0.0, (now.ends[name] - before.ends[name]) / spent) for name in OUTCOMES}
            if self._errors[0] != now.ends["deadletter"]:
                self._errors = now.ends["deadletter"], await _last_errors(self._settings)
            now.status.errors = self._errors[1]
            yield now.status
            before = now

    async def _sample(self) -> _Sample:
        names = {name: self._settings.topic(name) for name in {*OUTCOMES, *(t for c in CONSUMES.values() for t in c)}}
        rows = await self._admin.describe_topics(sorted(names.values()))
        places = [TopicPartition(row["topic"], part["partition"]) for row in rows for part in row["partitions"]]
        begins, ends = await self._bounds(places)
        stages, acknowledged = {}, {}
        for stage in STAGES:
            read = [place for place in places if place.topic in {names[topic] for topic in CONSUMES[stage]}]
            workers, committed = await self._group(f"{self._settings.group_prefix}-{stage}", read)
            at = {place: max(committed.get(place, 0), begins[place]) for place in read}
            lag = sum(max(0, ends[place] - at[place]) for place in read)
            stages[stage] = StageStatus(workers, self._in_flight(stage), lag)
            acknowledged[stage] = sum(at.values())
        total = {name: sum(ends[p] for p in places if p.topic == names[name]) for name in OUTCOMES}
        held = {name: total[name] - sum(begins[p] for p in places if p.topic == names[name]) for name in OUTCOMES}
        return _Sample(time.monotonic(), acknowledged, total, Status(time.time(), stages, held))

    async def _bounds(
        self, places: list[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        """First and next offsets. The embedded broker tells the true end in a fetch only (see agents/changelog.py)."""
        if not places:
            return {}, {}
        begins = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        self._consumer.assign(places)
        for place in places:
            self._consumer.seek(place, ends[place])
        for _ in range(_LOOKS):
            await self._consumer.getmany(timeout_ms=_LOOK_MS)
            if all(self._consumer.highwater(place) is not None for place in places):
                break
        ends = {place: max(ends[place], self._consumer.highwater(place) or 0) for place in places}
        self._consumer.unsubscribe()
        return begins, ends

    async def _group(self, group: str, places: list[TopicPartition]) -> tuple[int, Offsets]:
        """Members of a group, and what it has acknowledged; a broker that has had no group yet has no coordinator."""
        if not places:
            return 0, {}
        try:
            found = await self._admin.list_consumer_group_offsets(group, partitions=places)
            described = await self._admin.describe_consumer_groups([group])
        except GroupCoordinatorNotAvailableError:
            return 0, {}
        members = sum(len(row[5]) for answer in described for row in answer.groups)
        return members, {place: row.offset for place, row in found.items()}

    def _in_flight(self, stage: str) -> int:
        """What the workers on this machine say once a second."""
        count = 0
        for path in self._settings.data_dir.glob(f"{stage}-*.heartbeat"):
            with suppress(OSError, ValueError, AttributeError):
                if time.time() - path.stat().st_mtime <= STALE_SECONDS:
                    count += int(json.loads(path.read_text()).get("in_flight", 0))
        return count


async def _last_errors(settings: Settings) -> list[dict[str, Any]]:
    """Summaries of the newest dead letters; their bytes, up to megabytes each, are not kept."""
    found = []
    async with Reader(settings) as reader:
        async for record in reader.newest(settings.topic("deadletter"), ERRORS):
            with suppress(ValueError, AttributeError):
                event = json.loads(record.value or b"")
                row = {name: event.get(name) for name in ("time", "stage", "reason", "error", "origin", "attempts")}
                found.append((record.timestamp, row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])[:ERRORS]]
