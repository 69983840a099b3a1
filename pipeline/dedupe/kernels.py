"""The loops over a text, compiled: its shingles, their document frequencies, and what it has in common with a sketch.

Hashes are 32 bits; 0 is an empty place of a table. Nothing here allocates more than its arguments, and every loop is
bounded by the size of one of them or by a constant.
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
