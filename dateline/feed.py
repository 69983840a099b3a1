"""Feeding: JSON Lines of RawArticle to `news.raw`. A bad line is named and counted, and does not stop the rest."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer
from pydantic import ValidationError

from agents.record import explain
from agents.settings import Settings
from pipeline.events import RawArticle

# Deliveries under way at once: enough to fill batches, few enough that 2 MB pages do not fill memory.
IN_FLIGHT = 64


@dataclass(frozen=True)
class RawRecord:
    """A record for `news.raw`, as it goes to the broker."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class BadLine:
    """A line that is no RawArticle: where it stands and why."""

    path: Path
    line: int
    error: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.error}"


def read(path: Path) -> Iterator[RawRecord | BadLine]:
    """Read a JSON Lines file, line by line. Empty lines are passed over. Raises OSError."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                article = RawArticle.model_validate_json(line)
            except ValidationError as error:
                yield BadLine(path, number, explain(error))
            else:
                yield RawRecord(article.url.encode("utf-8", "replace"), line.strip())


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


async def send(settings: Settings, records: Iterable[RawRecord], sent: Callable[[], None]) -> None:
    """Send records to `news.raw` and wait for each delivery; `sent` is called once for each.

    Raises KafkaError where the broker refuses one; those before it are in.
    """
    topic = settings.topic("raw")
    async with producer(settings) as client:
        pending: list[object] = []
        for record in records:
            pending.append(await client.send(topic, record.value, record.key, headers=record.headers))
            if len(pending) >= IN_FLIGHT:
                await pending.pop(0)  # type: ignore[misc]  # aiokafka returns a future and says object
                sent()
        for delivery in pending:
            await delivery  # type: ignore[misc]  # as above
            sent()
