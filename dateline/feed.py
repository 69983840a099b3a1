"""Feeding: records to `news.raw`, each delivery awaited. What they are made from is read in `dateline.sources`."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from agents.settings import Settings

# Deliveries under way at once: enough to fill batches, few enough that 2 MB pages do not fill memory.
IN_FLIGHT = 64


@dataclass(frozen=True)
class RawRecord:
    """A record for `news.raw`, as it goes to the broker."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that waits for every replica and takes the largest record that a topic may take."""
    client = AIOKafkaProducer(
        **settings.client(), acks="all", linger_ms=5, max_request_size=settings.deadletter_max_bytes
    )
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


async def send(
    settings: Settings, records: Iterable[RawRecord], sent: Callable[[], None], rate: float | None = None
) -> None:
    """Send records to `news.raw` and wait for each delivery; `sent` is called once for each, in their order.

    `rate`: at most so many records a second. Raises KafkaError where the broker refuses one; those before it are in.
    """
    topic = settings.topic("raw")
    async with producer(settings) as client:
        pending: deque[asyncio.Future[object]] = deque()
        due = time.monotonic()
        for record in records:
            if rate:
                due = max(due + 1 / rate, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
            pending.append(await client.send(topic, record.value, record.key, headers=record.headers))
            while pending and (len(pending) >= IN_FLIGHT or pending[0].done()):
                await pending.popleft()
                sent()
        for delivery in pending:
            await delivery
            sent()
