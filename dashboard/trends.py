"""Counts of `news.trends`: each value against its own recent past."""

import math
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from pipeline.events import TrendCount

#: Windows that are kept, the newest; a day of hours.
WINDOWS: Final = 24
#: Values of all dimensions together in one window; outlets are named by scrapers and have no end.
VALUES: Final = 20_000


@dataclass(frozen=True)
class Trend:
    """One value: its counts by window, the newest last, and how many the windows before it had on average."""

    value: str
    counts: list[int]
    usual: float

    @property
    def now(self) -> int:
        return self.counts[-1]

    @property
    def surge(self) -> float:
        """How much the newest window stands out: differences count for more where little is usual."""
        return (self.now - self.usual) / math.sqrt(self.usual + 1)


class Trends:
    """The newest count of each key; a total is the sum over shards."""

    def __init__(self) -> None:
        self._windows: dict[int, dict[tuple[str, str], dict[str, int]]] = defaultdict(dict)
        self.window_seconds = 3600

    def add(self, count: TrendCount) -> None:
        """Take a count; a newer one of the same key replaces it."""
        start = int(count.window_start.timestamp())
        # No window lies ahead by more than its own length: one that did would push the others out.
        if count.window_seconds < 1 or start > time.time() + count.window_seconds:
            return
        self.window_seconds = count.window_seconds
        values = self._windows[start]
        key = (count.dimension, count.value)
        if key in values or len(values) < VALUES:
            values.setdefault(key, {})[count.shard] = count.count
        while len(self._windows) > WINDOWS:
            del self._windows[min(self._windows)]

    @property
    def newest(self) -> int | None:
        """Start of the newest window, in seconds of the epoch."""
        return max(self._windows, default=None)

    def of(self, dimension: str) -> list[Trend]:
        """Values of a dimension, those that stand out most first."""
        newest = self.newest
        if newest is None:
            return []
        starts = [newest - n * self.window_seconds for n in range(WINDOWS - 1, -1, -1)]
        first = min(self._windows)
        past = max(1, sum(start >= first for start in starts) - 1)
        values = {key[1] for window in self._windows.values() for key in window if key[0] == dimension}
        trends = []
        for value in values:
            counts = [sum(self._windows.get(start, {}).get((dimension, value), {}).values()) for start in starts]
            trends.append(Trend(value, counts, sum(counts[:-1]) / past))
        return sorted(trends, key=lambda trend: (-trend.surge, -sum(trend.counts), trend.value))
