"""Reading one partition of a topic up to its end: how a stage finds its state again."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from agents.settings import Settings

FETCH_MS = 1000
LAST_LOOK_MS = 100


async def read_partition(
    settings: Settings, topic: str, partition: int, start: int = 0
) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    """Yield the records of a partition from offset `start` to the end as it is when the reading begins.

    `topic` is the full name. Errors of the broker pass through: the caller's record is not acknowledged then.
    """
    place = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        **settings.client(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=settings.clean_max_bytes,
    )
    await consumer.start()
    try:
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
    finally:
        await consumer.stop()


async def partitions_of(settings: Settings, topic: str) -> list[int]:
    """Partitions of a topic (full name), in order; none where the topic is not there."""
    client = AIOKafkaAdminClient(**settings.client())
    await client.start()
    try:
        (found,) = await client.describe_topics([topic])
    finally:
        await client.close()
    return sorted(partition["partition"] for partition in found["partitions"])
