"""Reading topics up to their ends: how a stage finds its state again, and how the audit reads all of them."""

from collections.abc import AsyncIterator
from typing import Self, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from agents.settings import Settings

FETCH_MS = 1000
LAST_LOOK_MS = 100

BytesRecord: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Reader:
    """Reads partitions one after another with one consumer, outside of any group: `async with Reader(settings)`.

    Topics are full names. Errors of the broker pass through; in a stage the record that wanted the state is then not
    acknowledged.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer = AIOKafkaConsumer(
            **settings.client(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # A fetch that finds nothing holds up the next partition for as long.
            fetch_max_wait_ms=LAST_LOOK_MS,
            max_partition_fetch_bytes=settings.clean_max_bytes,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def ends(self, topic: str) -> dict[int, int]:
        """Offset of the next record of each partition of a topic; on Tansu one of the last batch's."""
        places = [TopicPartition(topic, partition) for partition in await self._partitions(topic)]
        return {place.partition: end for place, end in (await self._consumer.end_offsets(places)).items()}

    async def topic(self, topic: str) -> AsyncIterator[BytesRecord]:
        """Yield the records of every partition of a topic, in turn; none where the topic is not there."""
        for partition in await self._partitions(topic):
            async for record in self.partition(topic, partition):
                yield record

    async def newest(self, topic: str, count: int) -> AsyncIterator[BytesRecord]:
        """Yield the last records of every partition, at least `count` of each where there are so many."""
        for partition in await self._partitions(topic):
            place = TopicPartition(topic, partition)
            end = (await self._consumer.end_offsets([place]))[place]
            async for record in self.partition(topic, partition, end - count):
                yield record

    async def _partitions(self, topic: str) -> list[int]:
        client = AIOKafkaAdminClient(**self._settings.client())
        await client.start()
        try:
            (found,) = await client.describe_topics([topic])
        finally:
            await client.close()
        return sorted(row["partition"] for row in found["partitions"])

    async def partition(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[BytesRecord]:
        """Yield the records of a partition from offset `start` to the end as it is when the reading begins."""
        consumer, place = self._consumer, TopicPartition(topic, partition)
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        at = max(start, first)
        consumer.seek(place, at)
        # Tansu gives the first offset of the last batch for the end: the high watermark of a fetch knows better, so
        # there is one fetch even where nothing seems to be left.
        looked = False
        while at < end or not looked:
            batch = await consumer.getmany(place, timeout_ms=FETCH_MS if at < end else LAST_LOOK_MS)
            if not looked:
                end = max(end, consumer.highwater(place) or 0)
                looked = True
            for record in batch.get(place, []):
                if record.offset < end:
                    yield record
            # The position moves over what compaction or aborted transactions left out, too.
            at = await consumer.position(place)
