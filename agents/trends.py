"""trends: `news.enriched` and `news.duplicates` → counts on `news.trends`, which is its state as well.

Counts are published once an interval. The first record of an interval waits for its end and publishes what changed;
those behind it are done at once and, since records are acknowledged in order, are acknowledged after it. After a
restart the counts of a partition are read back from `news.trends`, and the newest origins from the source topic.
"""

import asyncio
from datetime import datetime, timezone

from faust.types import TP
from pydantic import ValidationError

from agents.changelog import Reader
from agents.record import BadRecord, Output, Record, explain, format_origin
from agents.settings import Settings
from agents.stage import Stage
from pipeline.events import EnrichedArticle, TrendCount
from pipeline.trends import Shard, trend_key


def stage(settings: Settings) -> Stage:
    """The stage: one shard for each partition of a source topic."""
    shards: dict[tuple[str, int], Shard] = {}
    publishing: set[tuple[str, int]] = set()

    async def restore(partition: TP) -> None:
        place = (partition.topic, partition.partition)
        shard = Shard(
            f"{partition.topic}-{partition.partition}",
            settings.trends_window,
            settings.trends_keep,
            settings.trends_memory,
        )
        async with Reader(settings) as reader:
            async for record in reader.partition(settings.topic("trends"), partition.partition):
                count = TrendCount.model_validate_json(record.value or b"{}")
                if count.shard == shard.name:
                    shard.restore(count)
            counted = shard.position
            tail = max(0, counted + 1 - settings.trends_memory)
            if counted >= 0:
                async for record in reader.partition(*place, tail):
                    if record.offset <= counted:
                        past = Record(*place, record.offset, None, None, list(record.headers))
                        shard.remember(_origin(past), record.offset)
        shards[place] = shard
        publishing.discard(place)

    async def work(record: Record) -> list[Output]:
        if not record.is_for(settings.group("trends")):
            return []  # put back for route: it was counted when it first came, longer ago than origins are remembered
        place = (record.topic, record.partition)
        article = _article(record)
        shard = shards[place]
        shard.count(article, _origin(record), record.offset, datetime.fromtimestamp(record.timestamp, timezone.utc))
        if place in publishing:
            return []
        publishing.add(place)
        await asyncio.sleep(settings.trends_interval)
        publishing.discard(place)
        return [
            Output("trends", trend_key(count).encode(), count.model_dump_json().encode(), record.partition)
            for count in shard.take_changed()
        ]

    return Stage("trends", ("enriched", "duplicates"), work, restore=restore)


def _article(record: Record) -> EnrichedArticle:
    try:
        return EnrichedArticle.model_validate_json(record.value or b"")
    except ValidationError as error:
        raise BadRecord(explain(error)) from None


def _origin(record: Record) -> str:
    return format_origin(record.origin).decode()
