"""Trends: how many articles fell on each topic, country, outlet and relation, by window of event time.

A Shard counts one partition of one source topic. Each count carries the offset up to which it counted; so after a
restart every count resumes where it stood, though the counts of one article were not published together.
"""

from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from pipeline.events import EnrichedArticle, TrendCount

# A publication date this far before or after the record's own time is an archive page or an error.
_OLDEST = timedelta(days=7)
_AHEAD = timedelta(hours=1)

Key = tuple[int, str, str]


def event_time(article: EnrichedArticle, recorded_at: datetime) -> datetime:
    """When the news happened: its publication where plausible, else when it was fetched, else when it was recorded."""
    for time in (article.published_at, article.fetched_at):
        if time is not None and recorded_at - _OLDEST <= time <= recorded_at + _AHEAD:
            return time
    return recorded_at


def dimensions(article: EnrichedArticle) -> list[tuple[str, str]]:
    """Dimension and value that an article counts for. A duplicate has no topics and counts for outlet and relation."""
    outlet = article.source or urlsplit(article.canonical_url or article.url).hostname or "unknown"
    return [
        *(("topic", code) for code in dict.fromkeys(topic.top for topic in article.topics)),
        *(("country", country.iso2) for country in article.regions.countries),
        ("outlet", outlet),
        ("relation", article.verdict.relation.value),
    ]


class Shard:
    """Counts of one partition. `window` in seconds; `keep` windows can still grow; `memory` origins are remembered."""

    def __init__(self, name: str, window: int, keep: int, memory: int) -> None:
        self.name = name
        self._window = window
        self._keep = keep
        self._memory = memory
        self._counts: dict[Key, tuple[int, int]] = {}
        self._changed: set[Key] = set()
        self._origins: OrderedDict[str, int] = OrderedDict()
        self._newest = 0

    @property
    def position(self) -> int:
        """Last offset that is counted in any count; -1 before the first."""
        return max((position for _, position in self._counts.values()), default=-1)

    def restore(self, count: TrendCount) -> None:
        """Take back a published count."""
        start = int(count.window_start.timestamp())
        self._counts[start, count.dimension, count.value] = (count.count, count.position)

    def remember(self, origin: str, offset: int) -> bool:
        """Note that an origin was seen at an offset. False where it was seen at an earlier one: count it no more."""
        first = self._origins.setdefault(origin, offset)
        if len(self._origins) > self._memory:
            self._origins.popitem(last=False)
        return offset <= first

    def count(self, article: EnrichedArticle, origin: str, offset: int, recorded_at: datetime) -> None:
        """Count an article once, however often its origin is delivered."""
        if not self.remember(origin, offset):
            return
        start = int(event_time(article, recorded_at).timestamp()) // self._window * self._window
        # By the record's own time, not by what came before it: so a redelivery is judged as the first delivery was.
        now = int(recorded_at.timestamp()) // self._window * self._window
        if start <= now - self._keep * self._window:
            return
        if now > self._newest:
            self._newest = now
            self._drop_old()
        for dimension, value in dimensions(article):
            key = (start, dimension, value)
            count, position = self._counts.get(key, (0, -1))
            if offset > position:
                self._counts[key] = (count + 1, offset)
                self._changed.add(key)

    def take_changed(self) -> list[TrendCount]:
        """Counts that changed since the last call, in a stable order."""
        changed = [self._event(key) for key in sorted(self._changed)]
        self._changed.clear()
        return changed

    def _event(self, key: Key) -> TrendCount:
        start, dimension, value = key
        count, position = self._counts[key]
        return TrendCount(
            window_start=datetime.fromtimestamp(start, timezone.utc),
            window_seconds=self._window,
            dimension=dimension,
            value=value,
            shard=self.name,
            count=count,
            position=position,
        )

    def _drop_old(self) -> None:
        oldest = self._newest - self._keep * self._window
        for key in [key for key in self._counts if key[0] <= oldest and key not in self._changed]:
            del self._counts[key]


def trend_key(count: TrendCount) -> str:
    """Key of a count on its topic: the newest record of a key wins."""
    return f"{count.window_start:%Y-%m-%dT%H:%MZ}|{count.dimension}|{count.value}|{count.shard}"
