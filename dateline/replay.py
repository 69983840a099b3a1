"""Replay: dead letters go back to where they came from, as they were, once the cause is mended.

What was done with each is noted on `news.replays`, which is the memory of all runs: a dead letter is put back once,
unless it died again. The record goes in first and its note after it, so a run that is killed repeats at most one
record, under the same origin. Notes are also the lock: a run that finds another at work steps back.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from aiokafka import AIOKafkaProducer
from pydantic import ValidationError

from agents import STAGES
from agents.changelog import BytesRecord, Reader
from agents.record import REPLAY_HEADER, format_origin
from agents.settings import Settings
from agents.topics import REPLAYS_TOPIC
from dateline import watch
from dateline.feed import producer
from dateline.letters import Wanted, headers_of, place_of, why_not
from dateline.notes import Note, Policy, settled_places
from pipeline.events import TOPICS, DeadLetter


@dataclass
class Report:
    """Counts of dead letters, each in one of the fields but `read`, which is all of them."""

    read: int = 0
    #: No dead letter of this house: it cannot be read, or names a topic that is none.
    unreadable: int = 0
    unwanted: int = 0
    #: Put back or dropped before; or the same record died twice and the first of its dead letters was taken.
    settled: int = 0
    #: Only digest and head are there, or neither key nor value.
    cannot: int = 0
    beyond_limit: int = 0
    #: Put back or dropped; in a dry run: would be.
    done: int = 0
    #: Of `done`, by stage and reason.
    reasons: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None


async def replay(settings: Settings, wanted: Wanted, *, policy: Policy, limit: int, by: str, execute: bool) -> Report:
    """Put back or drop up to `limit` dead letters; without `execute`, count them only.

    Raises Busy where another run is at work, KafkaError where the broker refuses.
    """
    run = _Run(settings, wanted, policy, limit, by)
    if not execute:
        return await run.look(None)
    async with producer(settings) as client:
        return await run.act(client)


class _Run:
    def __init__(self, settings: Settings, wanted: Wanted, policy: Policy, limit: int, by: str) -> None:
        self._settings = settings
        self._wanted = wanted
        self._policy = policy
        self._limit = limit
        self._by = by
        self._id = uuid.uuid4().hex[:12]
        self._settled: set[str] = set()
        self._report = Report()
        self._sources = {settings.topic(name) for name in TOPICS}

    async def act(self, client: AIOKafkaProducer) -> Report:
        await self._note(client, "began")
        try:
            return await self.look(client)
        finally:
            await self._note(client, "ended")

    async def look(self, client: AIOKafkaProducer | None) -> Report:
        """Go through the dead letters, one partition after another; with a client, act on each that is chosen."""
        async with Reader(self._settings) as reader:
            self._settled = await settled_places(reader, self._settings, client and self._id)
            async for record in reader.topic(self._settings.topic("deadletter")):
                letter = self._choose(record)
                if letter is None:
                    continue
                if client is None:
                    self._count(letter)
                elif stopped := await self._settle(client, letter):
                    self._report.stopped = stopped
                    break
        return self._report

    def _choose(self, record: BytesRecord) -> DeadLetter | None:
        """Count a dead letter, and give it where it is to be settled now."""
        report = self._report
        report.read += 1
        try:
            letter = DeadLetter.model_validate_json(record.value or b"")
        except ValidationError:
            report.unreadable += 1
            return None
        mark = next((value for name, value in letter.headers if name == REPLAY_HEADER), None) or b""
        if letter.topic not in self._sources or letter.stage not in STAGES:
            report.unreadable += 1
        elif not self._wanted.matches(letter):
            report.unwanted += 1
        elif place_of(letter) in self._settled or mark.endswith(b"/" + self._id.encode()):
            report.settled += 1
        elif why_not(letter) and self._policy is Policy.REINSERT:
            report.cannot += 1
        elif report.done >= self._limit:
            report.beyond_limit += 1
        else:
            return letter
        return None

    def _count(self, letter: DeadLetter) -> None:
        self._settled.add(place_of(letter))
        self._report.done += 1
        self._report.reasons[f"{letter.stage}, {letter.reason}"] += 1

    async def _settle(self, client: AIOKafkaProducer, letter: DeadLetter) -> str | None:
        """Put one back, or drop it, and note it; gives why the run must stop."""
        if self._policy is Policy.DROP:
            await self._note(client, "drop", letter, letter.attempts)
            self._count(letter)
            return None
        if reason := why_not(letter):
            return f"{place_of(letter)} cannot be put back: {reason}"
        group = self._settings.group(letter.stage)
        headers, attempts = headers_of(letter, group, self._id)
        stops = self._policy is Policy.STOP
        before = await watch.deaths(self._settings) if stops else {}
        sent = await client.send_and_wait(letter.topic, letter.value, letter.key, letter.partition, headers=headers)
        await self._note(client, "reinsert", letter, attempts)
        self._count(letter)
        return await watch.outcome(self._settings, group, sent, before) if stops else None

    async def _note(
        self,
        client: AIOKafkaProducer,
        action: Literal["began", "reinsert", "drop", "ended"],
        letter: DeadLetter | None = None,
        attempts: int = 0,
    ) -> None:
        note = Note(
            action=action,
            run=self._id,
            by=self._by,
            policy=self._policy,
            time=datetime.now(timezone.utc),
            attempts=attempts,
        )
        if letter is not None:
            note.place, note.reason = place_of(letter), letter.reason
            note.origin = format_origin(letter.origin).decode() if letter.origin else ""
        key = note.place or f"{self._id} {action}"
        await client.send_and_wait(self._settings.topic(REPLAYS_TOPIC), note.model_dump_json().encode(), key.encode())
