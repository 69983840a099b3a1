"""What becomes of a record that was put back, as far as its stage is concerned: it went through, or died again."""

import asyncio
import time
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import RecordMetadata

from agents.changelog import Reader
from agents.settings import Settings
from pipeline.events import DeadLetter

#: How long a stage may take to acknowledge one record: two deadlines of the slowest page, and a restart.
SETTLE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2


async def deaths(settings: Settings) -> dict[int, int]:
    """Where the dead letters end now, by partition: ask before the record is put back."""
    async with Reader(settings) as reader:
        return await reader.ends(settings.topic("deadletter"))


async def outcome(settings: Settings, group: str, sent: RecordMetadata, before: dict[int, int]) -> str | None:
    """Wait until `group` has acknowledged the record that was sent.

    Gives None where it went through, else what happened: nothing in SETTLE_SECONDS, or a new dead letter. A stage
    acknowledges after its outputs are delivered, so the dead letter is there by then.
    """
    place = f"{sent.topic}/{sent.partition}/{sent.offset}"
    if not await _acknowledged(settings, group, sent):
        return f"{group} has not taken {place} in {SETTLE_SECONDS:.0f} s: is the stage up?"
    async with Reader(settings) as reader:
        for partition, start in before.items():
            async for record in reader.partition(settings.topic("deadletter"), partition, start):
                letter = DeadLetter.model_validate_json(record.value or b"")
                if (letter.topic, letter.partition, letter.offset) == (sent.topic, sent.partition, sent.offset):
                    return f"{place} died again: {letter.reason}"
    return None


async def _acknowledged(settings: Settings, group: str, sent: RecordMetadata) -> bool:
    place = TopicPartition(sent.topic, sent.partition)
    # A consumer that joins nothing: Tansu answers it, and closes the connection on the admin client's question.
    consumer = AIOKafkaConsumer(**settings.client(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([place])
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            if (await consumer.committed(place) or 0) > sent.offset:
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False
    finally:
        await consumer.stop()
