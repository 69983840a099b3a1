"""The memory of dedupe for one partition: its index, found again from the changelog and from segments of it on disk."""

import asyncio
import logging
import struct

from aiokafka.errors import KafkaError

from agents.changelog import Reader
from agents.segments import SEGMENT, Segments
from agents.settings import Settings
from agents.topics import INDEX_TOPIC
from pipeline.dedupe import Deduplicator

log = logging.getLogger(__name__)

#: Records that the index takes in at once.
BATCH = 4096


class Memory:
    """An index, and how far it has followed its changelog."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self._settings = settings
        self._topic, self._partition = settings.topic(INDEX_TOPIC), partition
        directory = settings.data_dir / f"dedupe-{settings.instance}-{partition}"
        self._segments = Segments(directory, settings.dedupe_memory)
        self._task: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self.index = Deduplicator(self._settings.dedupe_memory, self._settings.dedupe_age)
        self._known = self._saved = self._unsaved = 0
        self._last: bytes | None = None

    async def restore(self) -> None:
        """Take in what the changelog holds beyond what is known; the first time, what lies on disk before it."""
        if not self._known:
            await asyncio.to_thread(self._load)
        async with Reader(self._settings) as reader:
            if not await self._follow(reader):
                log.warning(
                    "%s-%d is another topic than the local copy is of; all is read", self._topic, self._partition
                )
                self._segments.clear()
                self._forget()
                await self._follow(reader)
        self._unsaved = self._known - self._saved

    def judged(self) -> None:
        """Count an article; from time to time, copy what the changelog has since to disk."""
        self._unsaved += 1
        if self._unsaved >= SEGMENT and (self._task is None or self._task.done()):
            self._unsaved = 0
            self._task = asyncio.create_task(self.save())

    async def save(self) -> None:
        """Copy what the changelog has, in whole segments. Where that fails the changelog alone must do."""
        try:
            async with Reader(self._settings) as reader:
                records: list[bytes] = []
                async for record in reader.partition(self._topic, self._partition, self._saved):
                    if record.offset != self._saved + len(records):  # the topic no longer has what lies between
                        self._segments.clear()
                        self._saved, records = record.offset, []
                    records.append(record.value or b"")
                    if len(records) == SEGMENT:
                        await asyncio.to_thread(self._segments.write, self._saved, records)
                        self._saved, records = self._saved + SEGMENT, []
        except (KafkaError, OSError) as error:
            log.warning("the local copy of %s-%d was not written: %r", self._topic, self._partition, error)

    def _load(self) -> None:
        start = 0
        try:
            for first, records in self._segments.read():
                start = start if self._known else first
                self.index.remember(records)
                self._known = self._saved = first + len(records)
                self._last = records[-1]
            if start and self._known - start < self._settings.dedupe_memory:
                raise ValueError(f"it begins at {start} only")  # noqa: TRY301 - told as the others are
        except (ValueError, struct.error) as error:
            log.warning("the local copy of %s-%d is dropped: %s", self._topic, self._partition, error)
            self._segments.clear()
            self._forget()

    async def _follow(self, reader: Reader) -> bool:
        """Read on from where the index stands. False if the topic does not hold the last record of the local copy."""
        last, self._last = self._last, None
        batch: list[bytes] = []
        async for record in reader.partition(self._topic, self._partition, self._known - (last is not None)):
            if last is not None:
                if (record.offset, record.value) != (self._known - 1, last):
                    return False
                last = None
                continue
            batch.append(record.value or b"")
            self._known = record.offset + 1
            if len(batch) == BATCH:
                self.index.remember(batch)
                batch = []
        self.index.remember(batch)
        return last is None
