"""Reads the topics of outcomes into the store, from the last window on, and how far the other topics have come."""

import asyncio
import logging
import re
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from dashboard.options import Options
from dashboard.store import Failure, Store
from pipeline.events import (
    DeadLetter,
    DuplicateArticle,
    EnrichedArticle,
    Origin,
    RejectedArticle,
    TrendCount,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

READ: Final = ("enriched", "duplicates", "rejected", "deadletter", "trends")
#: Topics of which only the number of records matters: their pages need not cross the network.
COUNTED: Final = ("raw", "clean", "unique")
#: Newest records of each partition that are read back.
BACK: Final = {"rejected": 500, "deadletter": 100, "trends": 20_000}
TIME_HEADER: Final = "dateline-ms-"
PAUSE_SECONDS: Final = 2.0
#: A broker that is well answers in milliseconds; aiokafka itself waits 40 s.
ANSWER_SECONDS: Final = 10.0
RATE_SECONDS: Final = 10.0
_NUMBER: Final = re.compile(rb"[0-9]{1,9}(\.[0-9]{1,3})?")


class Flow:
    """Records on each topic, in total and a second."""

    def __init__(self) -> None:
        self._ends: dict[str, dict[int, int]] = defaultdict(dict)
        self._firsts: dict[str, dict[int, int]] = defaultdict(dict)
        self._history: dict[str, deque[tuple[float, int]]] = defaultdict(lambda: deque(maxlen=64))

    def seen(self, topic: str, partition: int, end: int, first: int | None = None) -> None:
        """Note that a partition ends before an offset, and where it begins."""
        self._ends[topic][partition] = max(end, self._ends[topic].get(partition, 0))
        if first is not None:
            self._firsts[topic][partition] = first

    def total(self, topic: str) -> int:
        """Records that are on a topic; those that retention took are not."""
        return sum(end - self._firsts[topic].get(p, 0) for p, end in self._ends[topic].items())

    def tick(self, now: float) -> None:
        """Note the totals, about once a second."""
        for topic in self._ends:
            self._history[topic].append((now, self.total(topic)))

    def rate(self, topic: str) -> float:
        """Records a second over the last ten."""
        past = self._history[topic]
        if not past:
            return 0.0
        now, total = past[-1]
        then, before = next((entry for entry in past if entry[0] >= now - RATE_SECONDS), past[0])
        return (total - before) / (now - then) if now > then else 0.0


class Reader:
    """Keeps a store filled for as long as `run` is awaited; a broker that goes away is asked again."""

    def __init__(self, options: Options, store: Store) -> None:
        self._options = options
        self._store = store
        self.flow = Flow()

    async def run(self) -> None:
        """Read for ever."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read())
                    tasks.create_task(self._count())
            except* (KafkaError, OSError) as group:
                error = group.exceptions[0]
                self._store.trouble = f"{type(error).__name__}: {error}".rstrip(": ")[:300]
                self._store.changed()
                log.warning("the broker does not answer: %r", error)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self) -> None:
        async with self._consumer(fetch_max_wait_ms=200, max_partition_fetch_bytes=1024 * 1024) as consumer:
            places = await self._places(READ)
            consumer.assign(places)
            firsts, ends = await _soon(consumer.beginning_offsets(places)), await _soon(consumer.end_offsets(places))
            for place in places:
                back = BACK.get(self._name(place), self._options.stories)
                self.flow.seen(self._name(place), place.partition, ends[place], firsts[place])
                consumer.seek(place, max(firsts[place], ends[place] - back))
            self._store.trouble = ""
            while True:
                batch = await consumer.getmany(timeout_ms=200, max_records=500)
                for place, records in batch.items():
                    name = self._name(place)
                    for record in records:
                        self.take(name, record)
                    self.flow.seen(name, place.partition, consumer.highwater(place) or records[-1].offset + 1)
                await asyncio.sleep(0)  # a full topic is always ready: pages have their turn all the same

    async def _count(self) -> None:
        """Look once a second how far the topics have come that nobody here reads."""
        async with self._consumer(fetch_max_wait_ms=100, max_partition_fetch_bytes=1) as consumer:
            places = await self._places(COUNTED)
            consumer.assign(places)
            firsts = await _soon(consumer.beginning_offsets(places))
            while True:
                ends = await _soon(consumer.end_offsets(places))
                # Tansu names the first offset of the last batch as the end; what comes with that batch knows better.
                for place in places:
                    consumer.seek(place, ends[place])
                await consumer.getmany(timeout_ms=200)
                for place in places:
                    end = max(ends[place], consumer.highwater(place) or 0)
                    self.flow.seen(self._name(place), place.partition, end, firsts[place])
                self.flow.tick(time.monotonic())
                await asyncio.sleep(0.8)

    def _consumer(self, **settings: Any) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._options.client,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **settings,
        )

    async def _places(self, names: Sequence[str]) -> list[TopicPartition]:
        """Partitions of topics; waits for topics that are not there yet."""
        topics = [f"{self._options.prefix}.{name}" for name in names]
        client = AIOKafkaAdminClient(**self._options.client)
        try:
            await _soon(client.start())
            while True:
                found = await _soon(client.describe_topics(topics))
                if all(topic["partitions"] for topic in found):
                    return [
                        TopicPartition(topic["topic"], row["partition"])
                        for topic in found
                        for row in topic["partitions"]
                    ]
                absent = ", ".join(topic["topic"] for topic in found if not topic["partitions"])
                self._store.trouble = f"these topics are not there yet: {absent}"
                self._store.changed()
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await client.close()

    def _name(self, place: TopicPartition) -> str:
        return str(place.topic).removeprefix(f"{self._options.prefix}.")

    def take(self, name: str, record: Any) -> None:
        """Put one record of a topic into the store; what the contract cannot read is counted."""
        value = record.value or b""
        place = Origin(record.topic, record.partition, record.offset)
        # A producer may name any time; one that lies ahead would hold its place on top for ever.
        seconds = min(max(record.timestamp / 1000, 0.0), time.time())
        try:
            if name == "trends":
                self._store.trends.add(TrendCount.model_validate_json(value))
                self._store.changed()
            elif name in ("rejected", "deadletter"):
                model = RejectedArticle if name == "rejected" else DeadLetter
                self._store.fail(name, Failure(model.model_validate_json(value), seconds, place))
            else:
                article = (EnrichedArticle if name == "enriched" else DuplicateArticle).model_validate_json(value)
                self._store.add(article, value, place, seconds, times(record.headers))
        except ValidationError:
            self._store.unreadable[name] += 1


async def _soon(answer: Awaitable[T]) -> T:
    """What the broker answers. Raises TimeoutError, which is asked again: one that came back may never answer."""
    async with asyncio.timeout(ANSWER_SECONDS):
        return await answer


def times(headers: Sequence[tuple[str, bytes]]) -> dict[str, float]:
    """Milliseconds that each stage took, from the headers, in the order of the stages."""
    return {
        name.removeprefix(TIME_HEADER): float(value)
        for name, value in headers
        if name.startswith(TIME_HEADER) and _NUMBER.fullmatch(value or b"")
    }
