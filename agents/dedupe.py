"""dedupe: `news.clean` → `news.unique` or `news.duplicates`, with its memory in `news.dedupe-index`.

What it remembers of an article is an output like any other: delivered before the article is acknowledged. After a
restart or a rebalance the index of a partition is read back from there (agents/memory.py); docs/decisions/0003 says
why not a table.
"""

import asyncio
from threading import Thread

from faust.types import TP
from pydantic import ValidationError

from agents.facts import Facts
from agents.memory import Memory
from agents.record import BadRecord, Output, Record, explain, format_origin
from agents.settings import Settings
from agents.splice import splice
from agents.stage import Stage
from agents.topics import INDEX_TOPIC
from pipeline.dedupe import warm_up
from pipeline.events import CleanArticle, Event, Relation, Verdict

#: Relations that go on as articles of their own.
_UNIQUE = (Relation.ORIGINAL, Relation.REVISION)


class _Judged(Event):
    """What dedupe adds to an event."""

    verdict: Verdict


def stage(settings: Settings) -> Stage:
    """The stage: one index for each partition of `news.clean`."""
    # Machine code is loaded, or compiled where there is none, while the worker joins its group: no heartbeat waits.
    ready = Thread(target=warm_up, daemon=True)
    ready.start()
    memories: dict[int, Memory] = {}

    def memory_of(partition: int) -> Memory:
        if partition not in memories:
            memories[partition] = Memory(settings, partition)
        return memories[partition]

    async def restore(partition: TP) -> None:
        await asyncio.to_thread(ready.join)
        await memory_of(partition.partition).restore()

    async def work(record: Record) -> list[Output]:
        value = record.value or b""
        try:
            article = CleanArticle.model_validate_json(value)
        except ValidationError as error:
            raise BadRecord(explain(error)) from None
        origin = format_origin(record.origin).decode()
        memory = memory_of(record.partition)
        fingerprint = memory.index.judge(article, origin, record.offset, record.timestamp)
        memory.judged()
        verdict = fingerprint.verdict
        unique = verdict.relation in _UNIQUE
        fetched = article.fetched_at.timestamp() if article.fetched_at else None
        return [
            Output(INDEX_TOPIC, fingerprint.id.encode(), fingerprint.to_bytes(), record.partition),
            Output(
                "unique" if unique else "duplicates",
                (article.id if unique else fingerprint.original).encode(),
                splice(value, _Judged(verdict=verdict)),
                facts=Facts(verdict.relation, fetched_at=fetched),
            ),
        ]

    gauges = {
        "dedupe_index_articles": lambda: sum(len(memory.index) for memory in list(memories.values())),
        "dedupe_index_age_seconds": lambda: max((memory.index.age for memory in list(memories.values())), default=0.0),
    }
    return Stage("dedupe", ("clean",), work, restore=restore, gauges=gauges)
