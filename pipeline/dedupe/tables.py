"""The tables of the index, compiled: inverted lists of shingles, and the slots of keys.

Every table is open addressing with linear probing; 0 is an empty place. Which places are taken depends on what is in a
table, not on the order in which it came.
"""


# mypy: disable-error-code="no-any-return, assignment"

from typing import Any

import numpy as np

from pipeline.dedupe.compiled import compiled, inlined

#: Places that a look-up goes through at most: who chooses hashes that lie together gains no more than that. With fair
#: ones a run as long comes up in 1 of 10⁹ full indexes (load .75: runs of n places fall off as e^(-.038 n)).
RUN = 1024


@inlined
def _start(value: Any, length: int) -> Any:
    return np.int64((np.uint64(np.uint32(value * np.uint32(2654435769))) * np.uint64(length)) >> np.uint64(32))


@inlined
def _tag(value: Any, bits: int) -> Any:
    """What stands of a hash beside the slot in a posting; never all ones, so that no posting is 0 when 1 is added."""
    width = 32 - bits
    return min(np.int64(value) & ((1 << width) - 1), (1 << width) - 2)


@compiled
def post(values: Any, order: Any, slot: int, bits: int, lists: Any, wanted: int, longest: int) -> Any:
    """Enter `slot` into the lists of the first `wanted` shingles that have room; gives a mask of which."""
    posted, done = np.uint64(0), 0
    for index in order:
        tag = _tag(values[index], bits)
        place, length, passed = _start(values[index], len(lists)), 0, 0
        while lists[place] and passed < RUN:
            length += (np.int64(lists[place]) - 1) >> bits == tag
            passed += 1
            place += 1
            if place == len(lists):
                place = 0
        if length < longest and passed < RUN:
            lists[place] = np.uint32(((tag << bits) | slot) + 1)
            posted |= np.uint64(1) << np.uint64(index)
            done += 1
            if done == wanted:
                break
    return posted


@compiled
def repost(values: Any, posted: Any, slot: int, bits: int, lists: Any) -> None:
    """Enter a slot into the lists that a mask names: what `post` once chose."""
    for index in range(len(values)):
        if (posted >> np.uint64(index)) & np.uint64(1):
            place = _start(values[index], len(lists))
            while lists[place]:
                place += 1
                if place == len(lists):
                    place = 0
            lists[place] = np.uint32(((_tag(values[index], bits) << bits) | slot) + 1)


@compiled
def unpost(values: Any, posted: Any, slot: int, bits: int, lists: Any, homes: Any) -> None:
    """Take a slot out of its lists and close the gaps; `homes` gives the shingle of each posting back."""
    size = len(lists)
    for index in range(len(values)):
        if not (posted >> np.uint64(index)) & np.uint64(1):
            continue
        wanted = np.uint32(((_tag(values[index], bits) << bits) | slot) + 1)
        gap = _start(values[index], size)
        while lists[gap] and lists[gap] != wanted:
            gap = gap + 1 if gap + 1 < size else 0
        if not lists[gap]:
            continue
        at = gap
        while True:
            at = at + 1 if at + 1 < size else 0
            if not lists[at]:
                break
            home = _home(lists[at], bits, homes, size, at)
            # A posting may move into the gap if its home does not lie between gap and itself.
            if (at - home) % size >= (at - gap) % size:
                lists[gap] = lists[at]
                gap = at
        lists[gap] = np.uint32(0)


@inlined
def _home(posting: Any, bits: int, sketches: Any, size: int, at: int) -> Any:
    """Where the list of a posting starts: of its article's shingles with its tag, the one that starts nearest."""
    content = np.int64(posting) - 1
    slot, tag = content & ((1 << bits) - 1), content >> bits
    best = at
    nearest = size
    for value in sketches[slot]:
        if value and _tag(value, bits) == tag:
            start = _start(value, size)
            if (at - start) % size < nearest:
                nearest = (at - start) % size
                best = start
    return best


@compiled
def candidates(table: Any, bits: int, lists: Any, slots: Any, scores: Any) -> Any:
    """Count, for every article, the shingles in common with a text, each by one over the length of its list.

    `slots` (slot + 1) and `scores` are a zeroed table; it takes as many shingles as leave it half empty.
    """
    mask, found, most = len(slots) - 1, 0, len(slots) // 2 - 64
    # Where each list starts is asked of memory for all shingles before one is followed: most have none, and the loads,
    # each far from the last, then overlap.
    starts, tags, taken = np.empty(len(table), np.int64), np.empty(len(table), np.int64), 0
    for value in table:
        place = _start(value, len(lists))
        starts[taken], tags[taken] = place, _tag(value, bits)
        taken += (value != 0) & (lists[place] != 0)
    for index in range(taken):
        start, tag, length, passed = starts[index], tags[index], 0, 0
        place = start
        while lists[place] and passed < RUN:
            length += (np.int64(lists[place]) - 1) >> bits == tag
            passed += 1
            place = place + 1 if place + 1 < len(lists) else 0
        if length == 0:
            continue
        if found > most:
            break
        place = start
        for _ in range(passed):
            content = np.int64(lists[place]) - 1
            if content >> bits == tag:
                slot = content & ((1 << bits) - 1)
                at = (slot * 2654435761) & mask
                while slots[at] and slots[at] != slot + 1:
                    at = (at + 1) & mask
                found += slots[at] == 0
                slots[at] = slot + 1
                scores[at] += 1.0 / length
            place = place + 1 if place + 1 < len(lists) else 0
    return found


@compiled
def best(slots: Any, scores: Any, positions: Any, out: Any) -> int:
    """The candidates with the highest scores into `out`, best first; gives how many.

    Of equal ones the first that arrived: that order does not depend on the slots.
    """
    held, ranks = 0, np.zeros(len(out), np.float32)
    for at in range(len(slots)):
        if not slots[at]:
            continue
        slot, score = slots[at] - 1, scores[at]
        place = held
        while place and (
            score > ranks[place - 1] or (score == ranks[place - 1] and positions[slot] < positions[out[place - 1]])
        ):
            place -= 1
        if place == len(out):
            continue
        held = min(held + 1, len(out))
        for other in range(held - 1, place, -1):
            out[other], ranks[other] = out[other - 1], ranks[other - 1]
        out[place], ranks[place] = slot, score
    return held


# ---------------------------------------------------------------------------------------------- keys


@compiled
def key_get(key: Any, column: Any, table: Any) -> Any:
    """Slot that was last entered for a key of 64 bits, -1 where there is none; `column` holds the keys by slot."""
    place = np.int64(key >> np.uint64(1)) % len(table)
    while table[place]:
        slot = np.int64(table[place]) - 1
        if column[slot] == key:
            return slot
        place = place + 1 if place + 1 < len(table) else 0
    return -1


@compiled
def key_put(slot: Any, column: Any, table: Any) -> None:
    """Enter a slot for its key, in place of the one that was there."""
    key = column[slot]
    place = np.int64(key >> np.uint64(1)) % len(table)
    while table[place] and column[np.int64(table[place]) - 1] != key:
        place = place + 1 if place + 1 < len(table) else 0
    table[place] = slot + 1


@compiled
def key_drop(slot: Any, column: Any, table: Any) -> None:
    """Take a slot out, unless its key has a newer one, and close the gap."""
    size = len(table)
    gap = np.int64(column[slot] >> np.uint64(1)) % size
    while table[gap] and table[gap] != slot + 1:
        gap = gap + 1 if gap + 1 < size else 0
    if not table[gap]:
        return
    at = gap
    while True:
        at = at + 1 if at + 1 < size else 0
        if not table[at]:
            break
        home = np.int64(column[np.int64(table[at]) - 1] >> np.uint64(1)) % size
        if (at - home) % size >= (at - gap) % size:
            table[gap] = table[at]
            gap = at
    table[gap] = 0
