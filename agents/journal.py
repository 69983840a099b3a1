"""Which records were in flight when a worker died: a small file that outlives kill -9.

Where a whole worker dies its records in flight are suspects, not culprits: the next worker tries them one at a time,
and only a record that kills the worker while it is alone is blamed. The file is written through a memory map, so a
killed process loses nothing; after a crash of the whole machine it may be stale, which costs a needless suspicion.
"""

import fcntl
import hashlib
import mmap
import struct
from pathlib import Path
from typing import IO

# Digest of topic and partition, offset + 1 (0: the slot is free), times that the worker died with it alone.
_SLOT = struct.Struct("<8sqq")

#: Deaths of a worker with one record alone in flight after which the record is blamed. One or two can be chance
#: (an operator's kill -9 that hits the same record twice); three in a row are not.
BLAME_AFTER = 3

Place = tuple[bytes, int]


def _place(topic: str, partition: int, offset: int) -> Place:
    return hashlib.blake2b(f"{topic}/{partition}".encode(), digest_size=8).digest(), offset + 1


class InstanceInUse(Exception):
    """Another live worker has this journal: two workers of a stage were given one instance name."""


class Journal:
    """Slots of a memory-mapped file, one for each record in flight.

    Opening takes what the last worker left as suspects and locks the file. Raises InstanceInUse where another
    process holds the lock, OSError where the file cannot be written.
    """

    def __init__(self, path: Path, slots: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise InstanceInUse(f"{path} is held by another worker: give each its own DATELINE_INSTANCE") from error
        self._file.seek(0)
        left = self._file.read()
        self._suspects = {
            (partition, offset): deaths
            for partition, offset, deaths in _SLOT.iter_unpack(left[: len(left) // _SLOT.size * _SLOT.size])
            if offset
        }
        # Suspects keep their slots until they are seen again, so there is room for both.
        count = slots + len(self._suspects) + 1
        self._file.truncate(count * _SLOT.size)
        self._map = mmap.mmap(self._file.fileno(), count * _SLOT.size)
        self._slots: dict[Place, int] = {place: slot for slot, place in enumerate(self._suspects)}
        self._free = list(range(len(self._suspects), count))
        noted = b"".join(_SLOT.pack(*place, deaths) for place, deaths in self._suspects.items())
        # In one go: a worker that dies here must not lose the suspects of the last one.
        self._map[:] = noted.ljust(len(self._map), b"\0")

    def __len__(self) -> int:
        return len(self._suspects)

    def deaths(self, topic: str, partition: int, offset: int) -> int | None:
        """How often a worker died with this record alone; None where it is no suspect."""
        return self._suspects.get(_place(topic, partition, offset))

    def started(self, topic: str, partition: int, offset: int, *, alone: bool = False) -> None:
        """Note that a record is in flight; `alone` counts against it if the worker dies now."""
        place = _place(topic, partition, offset)
        deaths = self._suspects.pop(place, 0)
        self._write(place, deaths + alone)

    def finished(self, topic: str, partition: int, offset: int) -> None:
        """Note that a record has its outcome."""
        slot = self._slots.pop(_place(topic, partition, offset), None)
        if slot is not None:
            self._map[slot * _SLOT.size : (slot + 1) * _SLOT.size] = bytes(_SLOT.size)
            self._free.append(slot)

    def close(self) -> None:
        """Let go of the file; what is in flight stays noted."""
        self._map.close()
        self._file.close()

    def _write(self, place: Place, deaths: int) -> None:
        # A record that is delivered again while its first delivery is in flight shares the slot.
        slot = self._slots.get(place)
        if slot is None:
            if not self._free:
                self._drop_stale()
            slot = self._slots[place] = self._free.pop()
        self._map[slot * _SLOT.size : (slot + 1) * _SLOT.size] = _SLOT.pack(*place, deaths)

    def _drop_stale(self) -> None:
        """Forget suspects that went to other workers in a rebalance and never came back."""
        for place in list(self._suspects):
            del self._suspects[place]
            slot = self._slots.pop(place)
            self._map[slot * _SLOT.size : (slot + 1) * _SLOT.size] = bytes(_SLOT.size)
            self._free.append(slot)


def in_flight(path: Path) -> frozenset[Place]:
    """The records that a journal notes as in flight; of a live worker or a dead one. None where there is no file."""
    data = path.read_bytes() if path.exists() else b""
    slots = _SLOT.iter_unpack(data[: len(data) // _SLOT.size * _SLOT.size])
    return frozenset((partition, offset) for partition, offset, _ in slots if offset)
