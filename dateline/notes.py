"""Notes of replays, on `news.replays`: the memory of all runs, and the lock between them.

The topic has one partition, and its order says who began first.
"""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ValidationError

from agents.changelog import Reader
from agents.settings import Settings
from agents.topics import REPLAYS_TOPIC

#: A run that noted nothing for so long is dead: it waits for one record at most, and that is shorter.
LEASE_SECONDS: Final = 120.0


class Policy(StrEnum):
    """What happens to the dead letters that are chosen."""

    #: Put back all that can be; count those that cannot.
    REINSERT = "reinsert"
    #: Put back nothing; note that they are given up, so that no later run offers them.
    DROP = "drop"
    #: Put back one at a time, wait for its stage, and end at the first that cannot be put back or dies again.
    STOP = "stop"


class Note(BaseModel):
    """What a run did, on `news.replays`: it began, did something with one dead letter, ended."""

    action: Literal["began", "reinsert", "drop", "ended"]
    run: str
    by: str
    policy: Policy
    time: datetime
    #: Of the dead letter: stage and `topic/partition/offset` that the stage read.
    place: str = ""
    origin: str = ""
    reason: str = ""
    attempts: int = 0


class Busy(Exception):
    """Another replay is at work."""


async def notes(reader: Reader, settings: Settings) -> AsyncIterator[Note]:
    """The notes of all runs; what others may have written there is passed over."""
    async for record in reader.topic(settings.topic(REPLAYS_TOPIC)):
        with suppress(ValidationError):
            yield Note.model_validate_json(record.value or b"")


async def settled_places(reader: Reader, settings: Settings, run: str | None) -> set[str]:
    """Places of all dead letters that were put back or dropped.

    `run` is who asks in order to act, and has noted that it began. Raises Busy where a run that began before it is at
    work.
    """
    settled: set[str] = set()
    others: dict[str, Note] = {}
    mine = run is None
    # Up to this run's own beginning: on Tansu the end of a topic may look nearer than it is.
    while True:
        async for note in notes(reader, settings):
            if note.place:
                settled.add(note.place)
            if note.run == run:
                mine = True
            elif note.action == "ended":
                others.pop(note.run, None)
            elif note.run in others or not mine:  # one that began after this one will step back itself
                others[note.run] = note
        if mine:
            break
    for note in others.values():
        if time.time() - note.time.timestamp() < LEASE_SECONDS:
            raise Busy(f"{note.by} has a replay at work, last seen {note.time:%H:%M:%S}: wait for its end")
    return settled
