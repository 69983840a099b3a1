"""The loops of the index, compiled: shingles of a text, inverted lists, document frequencies, overlaps.

Hashes are 32 bits. Every table is open addressing with linear probing; 0 is an empty place. Nothing here allocates
more than its arguments, and every loop is bounded by the size of one of them or by a constant.
"""

# ruff: noqa: PLR2004 - masks and widths of bits
# mypy: disable-error-code="no-any-return, assignment"

from typing import Any

import numpy as np

from pipeline.dedupe.compiled import compiled, inlined
from pipeline.dedupe.words import mix


@compiled
def shingle(words: Any, count: int, size: int, out: Any) -> Any:
    """Hash each run of `size` words into `out` (uint32, never 0); gives how many."""
    total = max(0, count - size + 1)
    for at in range(total):
        value = np.uint64(size)
        for word in range(at, at + size):
            value = mix(value ^ words[word])
        out[at] = max(np.uint32(1), np.uint32(value >> np.uint64(32)))
    return total


@compiled
def gather(shingles: Any, table: Any, where: Any) -> Any:
    """Put the distinct shingles of a text into `table`, their first places into `where`; gives how many."""
    mask, distinct = len(table) - 1, 0
    for at in range(len(shingles)):
        value = shingles[at]
        place = np.int64(value) & mask
        while table[place] and table[place] != value:
            place = (place + 1) & mask
        if not table[place]:
            table[place], where[place] = value, at
            distinct += 1
    return distinct


@compiled
def smallest(table: Any, distinct: int, out: Any) -> None:
    """The smallest values of a table into `out`, in order; what is left of it stays as it is.

    Hashes are uniform, so that about twice as many as are wanted lie below a bound; where too few do it is doubled.
    """
    bound = np.int64(0xFFFFFFFF)
    if distinct > 4 * len(out):
        bound = bound * 2 * len(out) // distinct
    while True:
        found = 0
        for value in table:
            found += 0 < value <= bound
        if found >= min(distinct, len(out)):
            break
        bound *= 2
    kept, at = np.zeros(found, np.uint32), 0
    for value in table:
        if 0 < value <= bound:
            kept[at] = value
            at += 1
    kept.sort()
    for place in range(min(found, len(out))):
        out[place] = kept[place]


@inlined
def _find(value: Any, table: Any) -> Any:
    """Place of a shingle in the table of a text, -1 where it has none."""
    mask = len(table) - 1
    place = np.int64(value) & mask
    while table[place]:
        if table[place] == value:
            return place
        place = (place + 1) & mask
    return -1


# ---------------------------------------------------------------------------------------- inverted lists


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
    for value in table:
        if not value:
            continue
        tag, start, length, passed = _tag(value, bits), _start(value, len(lists)), 0, 0
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


# --------------------------------------------------------------------------------- document frequencies


@inlined
def _cell(value: Any, shift: int) -> Any:
    """Cell of a shingle: sketches hold small hashes, so these are spread first."""
    return np.int64(np.uint32(value * np.uint32(0x85EBCA6B))) >> shift


@compiled
def count(values: Any, step: int, shift: int, cells: Any) -> None:
    """Add `step` to the four-bit counts of these shingles; a count of 15 stays for good."""
    for value in values:
        if value:
            cell = _cell(value, shift)
            nibble = np.uint8((cell & 1) * 4)
            now = np.int64(cells[cell >> 1] >> nibble) & 15
            if now < 15 and now + step >= 0:
                cells[cell >> 1] = np.uint8((np.int64(cells[cell >> 1]) & ~(15 << nibble)) | ((now + step) << nibble))


@inlined
def frequency(value: Any, shift: int, cells: Any) -> Any:
    cell = _cell(value, shift)
    return (np.int64(cells[cell >> 1]) >> ((cell & 1) * 4)) & 15


@compiled
def weights(values: Any, shift: int, cells: Any, out: Any) -> float:
    """Fill `out` with the document frequencies of shingles; gives the sum of their weights."""
    total = 0.0
    for at in range(len(values)):
        out[at] = frequency(values[at], shift, cells)
        total += 1.0 / max(1, out[at])
    return total


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


# ------------------------------------------------------------------------------------------- overlaps


@compiled
def in_lead(sketch: Any, table: Any, where: Any, total: int) -> Any:
    """Mask of the shingles of a sketch that first stand in the first quarter of their text."""
    mask = np.uint64(0)
    for at in range(len(sketch)):
        if sketch[at] and where[_find(sketch[at], table)] * 4 < total:
            mask |= np.uint64(1) << np.uint64(at)
    return mask


@compiled
def overlap(sketch: Any, early: Any, table: Any, where: Any, shift: int, cells: Any, hits: Any, row: Any) -> Any:
    """Compare a remembered sketch with a text: the places of shared shingles into `hits`, sums into `row`.

    `row`: weight shared, weight of the sketch, shared, of the sketch, shared and sketch weight in its first quarter.
    """
    shared = 0
    row[:6] = 0.0
    for at in range(len(sketch)):
        value = sketch[at]
        if not value:
            break
        weight = 1.0 / max(1, frequency(value, shift, cells))
        lead = weight if (early >> np.uint64(at)) & np.uint64(1) else 0.0
        row[1] += weight
        row[3] += 1
        row[5] += lead
        place = _find(value, table)
        if place >= 0:
            row[0] += weight
            row[2] += 1
            row[4] += lead
            hits[shared] = where[place]
            shared += 1
    return shared


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


@compiled
def screen(slots: Any, sketches: Any, counts: Any, table: Any, distinct: int, least: int, share: float) -> Any:
    """Keep, in place and in order, the slots that share `least` shingles and at least `share` of either text."""
    passed = 0
    for slot in slots:
        kept, shared = 0, 0
        for value in sketches[slot]:
            if not value:
                break
            kept += 1
            shared += _find(value, table) >= 0
        if shared >= least and shared * max(distinct, int(counts[slot])) >= np.float64(share * kept * distinct):
            slots[passed] = slot
            passed += 1
    return passed


@compiled
def numbers(words: Any, numeric: Any, out: Any) -> int:
    """The distinct numbers among words into `out` (uint16, never 0), in order; gives how many."""
    found = 0
    for at in range(len(words)):
        if numeric[at]:
            out[found] = np.uint16(words[at]) | np.uint16(1)
            found += 1
    out[:found].sort()
    kept = 0
    for at in range(found):
        if kept == 0 or out[at] != out[kept - 1]:
            out[kept] = out[at]
            kept += 1
    return kept


@compiled
def in_common(one: Any, other: Any) -> int:
    """How many values of one sorted array another has."""
    at, found = 0, 0
    for value in one:
        while at < len(other) and other[at] < value:
            at += 1
        found += at < len(other) and other[at] == value
    return found


@compiled
def spread(hits: Any, length: int) -> float:
    """How evenly hits lie over a text: eighths with one, over those that chance would give."""
    mask = 0
    for hit in hits:
        mask |= 1 << (hit * 8 // max(1, length))
    occupied = 0
    for eighth in range(8):
        occupied += (mask >> eighth) & 1
    return occupied / (8 * (1 - 0.875 ** len(hits))) if len(hits) else 0.0


@compiled
def trail(shingles: Any, sketch: Any, out: Any) -> None:
    """Walk through a text over those shingles that the sketch would hold if it had them: a hit or a miss each.

    `out`: how many, hits, changes between hit and miss.
    """
    kept = 0
    while kept < len(sketch) and sketch[kept]:
        kept += 1
    bound = sketch[kept - 1] if kept == len(sketch) else np.uint32(0xFFFFFFFF)
    sampled, hits, changes, last = 0, 0, 0, -1
    for value in shingles:
        if value > bound:
            continue
        low, high = 0, kept
        while low < high:
            middle = (low + high) // 2
            if sketch[middle] < value:
                low = middle + 1
            else:
                high = middle
        hit = 1 if low < kept and sketch[low] == value else 0
        sampled += 1
        hits += hit
        changes += last >= 0 and hit != last
        last = hit
    out[0], out[1], out[2] = sampled, hits, changes
