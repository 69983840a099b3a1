"""Frames between a worker and its children: a list of byte strings, each with its length in front."""

import struct
from typing import BinaryIO, Final

_COUNT = struct.Struct("<I")


class Answer:
    """First part of a child's answer."""

    READY: Final = b"ready"
    RESULT: Final = b"result"
    BAD_RECORD: Final = b"bad"
    OUT_OF_MEMORY: Final = b"memory"
    ERROR: Final = b"error"


def pack(parts: list[bytes]) -> bytes:
    """A frame: number of parts, their lengths (little-endian, 32 bits), the parts."""
    lengths = struct.pack(f"<{len(parts) + 1}I", len(parts), *map(len, parts))
    return b"".join([lengths, *parts])


def write_frame(stream: BinaryIO, parts: list[bytes]) -> None:
    """Write one frame and flush."""
    stream.write(pack(parts))
    stream.flush()


def read_frame(stream: BinaryIO) -> list[bytes] | None:
    """Read one frame; None at the end of the input."""
    head = stream.read(_COUNT.size)
    if len(head) < _COUNT.size:
        return None
    (count,) = _COUNT.unpack(head)
    lengths = struct.unpack(f"<{count}I", stream.read(4 * count))
    return [stream.read(length) for length in lengths]
