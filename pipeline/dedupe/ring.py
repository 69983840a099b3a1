"""How entries come and go, compiled: a ring of them with its tables, oldest forgotten first.

The work on one entry is bounded by its size and by the runs of occupied places that its keys and postings fall in.
"""

# mypy: disable-error-code="no-any-return"

from typing import Any, NamedTuple

from pipeline.dedupe.compiled import compiled
from pipeline.dedupe.kernels import count
from pipeline.dedupe.tables import key_drop, key_get, key_put, repost, unpost


class Ring(NamedTuple):
    """Arrays of an index. `state`: entries ever added and ever forgotten; `newest`: the latest time among them.

    From `origin` on: columns of the entries.
    """

    state: Any
    newest: Any
    lists: Any
    bits: int
    cells: Any
    shift: int
    by_origin: Any
    by_url: Any
    by_text: Any
    raw: Any
    origin: Any
    url: Any
    text: Any
    position: Any
    root: Any
    time: Any
    relation: Any
    outlets: Any
    copies: Any
    posted: Any
    sketch: Any


@compiled
def slot_at(position: int, ring: Any) -> int:
    """Slot of the entry at a position of the log, -1 where it is not remembered."""
    high, low = ring.state
    capacity, end = len(ring.position), high
    while low < high:
        middle = (low + high) // 2
        if ring.position[middle % capacity] < position:
            low = middle + 1
        else:
            high = middle
    slot = low % capacity
    return slot if low < end and ring.position[slot] == position else -1


@compiled
def forget(ring: Any) -> None:
    """Forget the oldest entry."""
    slot = ring.state[1] % len(ring.position)
    unpost(ring.sketch[slot], ring.posted[slot], slot, ring.bits, ring.lists, ring.sketch)
    key_drop(slot, ring.origin, ring.by_origin)
    key_drop(slot, ring.url, ring.by_url)
    key_drop(slot, ring.text, ring.by_text)
    if ring.relation[slot] == 0:
        count(ring.sketch[slot], -1, ring.shift, ring.cells)
    ring.state[1] += 1


@compiled
def expire(time: float, keep: float, ring: Any) -> None:
    """Forget the oldest entries while they are more than `keep` seconds older than the newest, or than `time`."""
    ring.newest[0] = max(ring.newest[0], time)
    while ring.state[1] < ring.state[0] and ring.time[ring.state[1] % len(ring.time)] < ring.newest[0] - keep:
        forget(ring)


@compiled
def add(new: Any, origins: Any, times: Any, keep: float, posted: Any, slots: Any, ring: Any) -> None:
    """Add entries in their order, but for those whose origin is there; `slots` takes their places, -1 for none.

    Before each the oldest are forgotten: as `expire` has it, and one where all is full.
    """
    capacity = len(ring.position)
    for at in range(len(new)):
        slots[at] = -1
        if key_get(origins[at], ring.origin, ring.by_origin) >= 0:
            continue
        expire(times[at], keep, ring)
        if ring.state[0] - ring.state[1] == capacity:
            forget(ring)
        slot = slots[at] = ring.state[0] % capacity
        ring.raw[slot] = new[at]
        if not posted:
            repost(ring.sketch[slot], ring.posted[slot], slot, ring.bits, ring.lists)
        key_put(slot, ring.origin, ring.by_origin)
        key_put(slot, ring.url, ring.by_url)
        key_put(slot, ring.text, ring.by_text)
        ring.state[0] += 1
        if ring.relation[slot] == 0:
            count(ring.sketch[slot], 1, ring.shift, ring.cells)
        else:
            root = slot_at(ring.root[slot], ring)
            if root >= 0:
                ring.copies[root], ring.outlets[root] = ring.copies[slot], ring.outlets[slot]
