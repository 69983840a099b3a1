"""A copy on local disk of what a changelog partition began with: read back in seconds, never ahead of the topic.

Segments are files of records, each named by the offset of its first, written whole under another name and then
renamed. The topic is what counts: a segment that is damaged, of another layout, or does not follow the one before is
dropped with all after it, and what is missing is read from the topic.
"""

import hashlib
import logging
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

log = logging.getLogger(__name__)

#: Records of a segment: some 26 MB; what is not in one yet is read from the topic, in two or three seconds.
SEGMENT = 65_536
# Layout, offset of the first record, how many there are, digest of all that follows.
_HEAD = struct.Struct("<8sqq16s")
_LAYOUT = b"segment1"


class Segments:
    """The segments of one partition in a directory. `keep`: records that are needed, newest first."""

    def __init__(self, directory: Path, keep: int) -> None:
        self._directory = directory
        self._keep = keep

    def read(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the first offset and the records of each segment, oldest first, as long as they follow one another."""
        expected = None
        for path in (paths := self._paths()):
            try:
                first, records = _decode(path.read_bytes())
                if expected not in (None, first):
                    raise ValueError(f"it begins at {first}, not at {expected}")  # noqa: TRY301 - told as the others are
            except (OSError, ValueError, struct.error) as error:
                log.warning("%s is dropped, its records are read from the topic: %s", path, error)
                self._drop(paths[paths.index(path) :])
                return
            expected = first + len(records)
            yield first, records

    def write(self, first: int, records: list[bytes]) -> None:
        """Add a segment, and delete the oldest that are no longer needed."""
        self._directory.mkdir(parents=True, exist_ok=True)
        fresh = self._directory / "fresh"
        fresh.write_bytes(_encode(first, records))
        fresh.replace(self._directory / f"{first:020}.segment")
        end = first + len(records)
        self._drop([old for old, new in pairwise(self._paths()) if int(new.stem) <= end - self._keep])

    def clear(self) -> None:
        """Forget all of them."""
        self._drop(self._paths())

    def _paths(self) -> list[Path]:
        return sorted(self._directory.glob("*.segment"))

    def _drop(self, paths: list[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)


def _encode(first: int, records: list[bytes]) -> bytes:
    lengths = struct.pack(f"<{len(records)}I", *map(len, records))
    body = lengths + b"".join(records)
    return _HEAD.pack(_LAYOUT, first, len(records), _digest(body)) + body


def _decode(data: bytes) -> tuple[int, list[bytes]]:
    layout, first, count, digest = _HEAD.unpack_from(data)
    body = memoryview(data)[_HEAD.size :]
    if layout != _LAYOUT or digest != _digest(body):
        raise ValueError("it is damaged or of another layout")
    at, records = 4 * count, []
    for length in struct.unpack_from(f"<{count}I", body):
        records.append(bytes(body[at : at + length]))
        at += length
    return first, records


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
