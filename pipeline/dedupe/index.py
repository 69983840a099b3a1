"""How candidates are found: a ring of entries, oldest forgotten first, with what is derived from them.

Derived are inverted lists over some shingles of each sketch, document frequencies over all of them, and the tables of
origins, pages and exact texts. All is NumPy arrays of a size that the capacity gives. An index is a function of the
entries that were added, in their order: so it is rebuilt from them after a restart.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from pipeline.dedupe import kernels, ring, tables
from pipeline.dedupe.decision import LEAST_SHARE, LEAST_SHARED, Comparison
from pipeline.dedupe.entry import ENTRY, Fingerprint
from pipeline.dedupe.reading import SKETCH, Reading
from pipeline.dedupe.ring import Ring

#: Shingles of a sketch that have inverted lists. A copy with a quarter of a remembered text meets one with .99.
POSTED: Final = 16
#: Entries of one list: boilerplate and templates beyond that are found by their other shingles.
LONGEST_LIST: Final = 16
#: Candidates that are compared, those with the most rare shingles first.
COMPARED: Final = 12
# Places in the table of candidates of one article.
_CANDIDATES: Final = 4096
_LOAD: Final = 0.75
# Four-bit counters of document frequency for each article that can be remembered.
_COUNTERS: Final = 64


class Index:
    """Entries by slot. Capacity is the most that are remembered; all memory is taken when it is made."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.entries: Any = np.zeros(capacity, ENTRY)
        self._odd: dict[int, tuple[str, str]] = {}
        self._bits = max(1, (capacity - 1).bit_length())
        self._lists = np.zeros(max(64, int(capacity * POSTED / _LOAD)), np.uint32)
        cells = max(16, (_COUNTERS * capacity - 1).bit_length())
        self._cells, self._shift = np.zeros(1 << (cells - 1), np.uint8), 32 - cells
        self._keys = {name: np.zeros(2 * capacity + 2, np.uint32) for name in ("origin", "url", "text")}
        self._columns = {name: self.entries[name] for name in (*self._keys, "sketch", "shingles", "position")}
        self._ring = Ring(
            state=np.zeros(2, np.int64), newest=np.zeros(1),
            lists=self._lists, bits=self._bits, cells=self._cells, shift=self._shift,
            by_origin=self._keys["origin"], by_url=self._keys["url"], by_text=self._keys["text"],
            raw=self.entries.view(np.uint8).reshape(capacity, ENTRY.itemsize),
            **{name: self.entries[name] for name in Ring._fields if name in (ENTRY.names or ())},
        )  # fmt: skip
        self._slots, self._scores = np.zeros(_CANDIDATES, np.int64), np.zeros(_CANDIDATES, np.float32)
        self._best = np.zeros(COMPARED, np.int64)
        self._hits, self._sums = np.zeros(SKETCH, np.int32), np.zeros(9)
        self._frequencies = np.zeros(SKETCH, np.uint8)

    def __len__(self) -> int:
        added, forgotten = self._ring.state
        return int(added - forgotten)

    @property
    def age(self) -> float:
        """Seconds between the oldest entry and the newest."""
        if not len(self):
            return 0.0
        oldest = self.entries["time"][int(self._ring.state[1]) % self.capacity]
        return max(0.0, float(self._ring.newest[0]) - float(oldest))

    def find(self, key: str, value: int) -> int:
        """Slot of the newest entry with this origin, page (`url`) or exact text; -1 where there is none."""
        return int(tables.key_get(np.uint64(value), self._columns[key], self._keys[key]))

    def at(self, position: int) -> int:
        """Slot of the entry at a position of the log, -1 where it is not remembered."""
        return int(ring.slot_at(position, self._ring))

    def candidates(self, reading: Reading) -> list[int]:
        """Slots of what may be a copy, best first: `COMPARED` at most, whatever the text."""
        slots, scores = self._slots, self._scores
        slots[:], scores[:] = 0, 0
        columns = self._columns
        if not tables.candidates(reading.table, self._bits, self._lists, slots, scores):
            return []
        best = self._best
        best = best[: tables.best(slots, scores, columns["position"], best)]
        passed = kernels.screen(
            best, columns["sketch"], columns["shingles"], reading.table, reading.distinct, LEAST_SHARED, LEAST_SHARE
        )
        chosen: list[int] = best[:passed].tolist()
        return chosen

    def compare(self, reading: Reading, slots: Iterable[int]) -> Iterator[tuple[int, Comparison]]:
        """Yield slots, each with how its article compares to the text."""
        sketch = reading.sketch
        kept = int(np.count_nonzero(sketch))
        weight = kernels.weights(sketch[:kept], self._shift, self._cells, self._frequencies)
        own = weight / kept if kept else 1.0
        for slot in slots:
            entry = self.entries[slot]
            shared = kernels.overlap(
                entry["sketch"], entry["early"], reading.table, reading.where,
                self._shift, self._cells, self._hits, self._sums,
            )  # fmt: skip
            kernels.trail(reading.shingles, entry["sketch"], self._sums[6:])
            yield slot, Comparison.of(reading, entry, self._sums.tolist(), own, self._hits[:shared])

    def post(self, entry: Any) -> None:
        """Choose the shingles of a new entry that get inverted lists: rare ones first."""
        sketch = entry["sketch"]
        kept = int(np.count_nonzero(sketch))
        kernels.weights(sketch[:kept], self._shift, self._cells, self._frequencies)
        order = np.argsort(self._frequencies[:kept], kind="stable")
        if len(self) == self.capacity:
            ring.forget(self._ring)
        slot = int(self._ring.state[0]) % self.capacity
        entry["posted"] = tables.post(sketch, order, slot, self._bits, self._lists, POSTED, LONGEST_LIST)

    def add(self, entries: Any, odd: dict[int, tuple[str, str]], keep: float, *, posted: bool = False) -> None:
        """Remember entries in their order, but for those whose origin is; before each, forget what is too old for it.

        `odd`: ids of those that have odd ones, by place. `posted`: their inverted lists are written already, by `post`.
        """
        slots = np.zeros(len(entries), np.int64)
        raw = entries.view(np.uint8).reshape(len(entries), ENTRY.itemsize)
        ring.add(raw, entries["origin"], entries["time"], keep, posted, slots, self._ring)
        for at, ids in odd.items():
            if slots[at] >= 0:
                self._odd[int(slots[at])] = ids

    def expire(self, time: float, keep: float) -> None:
        """Forget what is more than `keep` seconds older than the newest entry, or than `time`."""
        ring.expire(time, keep, self._ring)

    def fingerprint(self, slot: int, version: str) -> Fingerprint:
        """What was judged of the article in a slot."""
        entry = self.entries[slot : slot + 1].copy()
        if not entry["relation"][0]:
            entry["copies"], entry["outlets"] = 0, np.uint64(1) << entry["outlet"].astype(np.uint64)
        return Fingerprint(entry, *self.ids(slot), version)

    def ids(self, slot: int) -> tuple[str, str]:
        """Ids of the article in a slot and of its cluster's original."""
        entry = self.entries[slot]
        # Ids of a forgotten entry stay until the slot has other odd ones: no more than the capacity.
        return self._odd[slot] if entry["odd"] else (bytes(entry["id"]).hex(), bytes(entry["root_id"]).hex())
