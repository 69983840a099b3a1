"""How candidates are found: a ring of entries, oldest forgotten first, with what is derived from them.

Derived are inverted lists over some shingles of each sketch, document frequencies over all of them, and the tables of
origins, pages and exact texts. All is NumPy arrays of a size that the capacity gives. An index is a function of the
entries that were added, in their order: so it is rebuilt from them after a restart.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pipeline.dedupe import kernels
from pipeline.dedupe.decision import LEAST_SHARE, LEAST_SHARED, Comparison
from pipeline.dedupe.entry import ENTRY, Fingerprint
from pipeline.dedupe.reading import SKETCH, Reading

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
    """Entries by slot. Capacity is the most that are remembered."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.entries: Any = np.zeros(capacity, ENTRY)
        self.added = self.forgotten = 0
        self.odd: dict[int, tuple[str, str]] = {}
        self._bits = max(1, (capacity - 1).bit_length())
        self._lists = np.zeros(max(64, int(capacity * POSTED / _LOAD)), np.uint32)
        cells = max(16, (_COUNTERS * capacity - 1).bit_length())
        self._cells, self._shift = np.zeros(1 << (cells - 1), np.uint8), 32 - cells
        self._keys = {name: np.zeros(2 * capacity + 2, np.uint32) for name in ("origin", "url", "text")}
        self._columns = {name: self.entries[name] for name in (*self._keys, "sketch", "shingles", "position")}
        self._slots, self._scores = np.zeros(_CANDIDATES, np.int64), np.zeros(_CANDIDATES, np.float32)
        self._hits, self._sums = np.zeros(SKETCH, np.int32), np.zeros(9)
        self._frequencies = np.zeros(SKETCH, np.uint8)

    def __len__(self) -> int:
        return self.added - self.forgotten

    def find(self, key: str, value: int) -> int:
        """Slot of the newest entry with this origin, page (`url`) or exact text; -1 where there is none."""
        return int(kernels.key_get(np.uint64(value), self._columns[key], self._keys[key]))

    def at(self, position: int) -> int:
        """Slot of the entry at a position of the log, -1 where it is not remembered."""
        low, high = self.forgotten, self.added
        positions = self._columns["position"]
        while low < high:
            middle = (low + high) // 2
            if positions[middle % self.capacity] < position:
                low = middle + 1
            else:
                high = middle
        slot = low % self.capacity
        return slot if low < self.added and positions[slot] == position else -1

    def compare(self, reading: Reading) -> Iterator[tuple[int, Comparison]]:
        """Yield the slots of the best candidates, each with how its article compares to the text."""
        slots, scores = self._slots, self._scores
        slots[:], scores[:] = 0, 0
        columns = self._columns
        if not kernels.candidates(reading.table, self._bits, self._lists, slots, scores):
            return
        found = np.flatnonzero(slots)
        # Of equal ones the first that arrived: that order does not depend on the slots.
        order = np.lexsort((columns["position"][slots[found] - 1], -scores[found]))
        best = slots[found[order[:COMPARED]]] - 1
        passed = kernels.screen(
            best, columns["sketch"], columns["shingles"], reading.table, reading.distinct, LEAST_SHARED, LEAST_SHARE
        )
        if not passed:
            return
        sketch = reading.sketch
        kept = int(np.count_nonzero(sketch))
        own = kernels.weights(sketch[:kept], self._shift, self._cells, self._frequencies) / kept
        for slot in best[:passed].tolist():
            entry = self.entries[slot]
            shared = kernels.overlap(
                columns["sketch"][slot], entry["early"], reading.table, reading.where,
                self._shift, self._cells, self._hits, self._sums,
            )  # fmt: skip
            kernels.trail(reading.shingles, columns["sketch"][slot], self._sums[6:])
            yield slot, Comparison.of(reading, entry, self._sums.tolist(), own, self._hits[:shared])

    def post(self, entry: Any) -> None:
        """Choose the shingles of a new entry that get inverted lists: rare ones first."""
        sketch = entry["sketch"]
        kept = int(np.count_nonzero(sketch))
        kernels.weights(sketch[:kept], self._shift, self._cells, self._frequencies)
        order = np.argsort(self._frequencies[:kept], kind="stable")
        slot = self.added % self.capacity
        if len(self) == self.capacity:
            self.forget()
        entry["posted"] = kernels.post(sketch, order, slot, self._bits, self._lists, POSTED, LONGEST_LIST)

    def add(self, fingerprint: Fingerprint, *, posted: bool) -> int:
        """Remember an entry. `posted`: its inverted lists are written already, by `post`."""
        if len(self) == self.capacity:
            self.forget()
        slot = self.added % self.capacity
        entry = fingerprint.entry[0]
        self.entries[slot] = entry
        if entry["odd"]:
            self.odd[slot] = fingerprint.id, fingerprint.root_id
        if not posted:
            kernels.repost(entry["sketch"], entry["posted"], slot, self._bits, self._lists)
        for name, table in self._keys.items():
            kernels.key_put(slot, self._columns[name], table)
        if not entry["relation"]:
            kernels.count(entry["sketch"], 1, self._shift, self._cells)
        self.added += 1
        return slot

    def forget(self) -> None:
        """Forget the oldest entry."""
        slot = self.forgotten % self.capacity
        entry = self.entries[slot]
        kernels.unpost(entry["sketch"], entry["posted"], slot, self._bits, self._lists, self._columns["sketch"])
        for name, table in self._keys.items():
            kernels.key_drop(slot, self._columns[name], table)
        if not entry["relation"]:
            kernels.count(entry["sketch"], -1, self._shift, self._cells)
        self.odd.pop(slot, None)
        self.forgotten += 1

    def fingerprint(self, slot: int, version: str) -> Fingerprint:
        """What is remembered in a slot."""
        entry = self.entries[slot : slot + 1].copy()
        entry["cluster_copies"], entry["cluster_outlets"] = entry["copies"], entry["outlets"]
        return Fingerprint(entry, *self.ids(slot), version)

    def ids(self, slot: int) -> tuple[str, str]:
        """Ids of the article in a slot and of its cluster's original."""
        entry = self.entries[slot]
        return self.odd.get(slot) or (bytes(entry["id"]).hex(), bytes(entry["root_id"]).hex())
