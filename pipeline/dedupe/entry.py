"""What is remembered of an article: one packed record, the same in memory, in the local file and in the changelog."""

import struct
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final, Self

import numpy as np

from pipeline.dedupe.reading import NUMBERS, SKETCH
from pipeline.events import Passage, Relation, Verdict

#: Names the layout below; an entry of another layout is refused.
MAGIC: Final = 0x32504444
PASSAGES: Final = 4
RELATIONS: Final = tuple(Relation)
#: Keys that can meet, by bit of `evidence`.
KEYS: Final = ("text", "url", "shingles", "numbers", "lead")

#: Positions are offsets in `news.clean`; `root` is that of the cluster's original. Times are seconds, 0 where unknown.
#: `outlets` is a bitmap of 64 (linear counting). `cluster_outlets` and `cluster_copies` of an original grow with every
#: copy; all else stays as it was judged. `posted` and `early` are masks over the sketch.
ENTRY: Final = np.dtype(
    [
        ("magic", "<u4"),
        ("relation", "u1"),
        ("evidence", "u1"),
        ("odd", "u1"),
        ("numbers_in_all", "u1"),
        ("position", "<i8"),
        ("root", "<i8"),
        ("time", "<f8"),
        ("origin", "<u8"),
        ("url", "<u8"),
        ("text", "<u8"),
        ("id", "V16"),
        ("root_id", "V16"),
        ("root_published", "<f8"),
        ("outlets", "<u8"),
        ("cluster_outlets", "<u8"),
        ("copies", "<u4"),
        ("cluster_copies", "<u4"),
        ("similarity", "<f4"),
        ("texts", "<u2"),
        ("revision", "<u2"),
        ("passages", "<u4", (PASSAGES, 2)),
        ("posted", "<u8"),
        ("early", "<u8"),
        ("shingles", "<u4"),
        ("numbers", "<u2", (NUMBERS,)),
        ("sketch", "<u4", (SKETCH,)),
    ]
)

#: Values of an entry by field, before anything is known.
EMPTY: Final = dict(zip(ENTRY.names or (), np.zeros(1, ENTRY)[0].item(), strict=True))


def pack_id(text: str) -> bytes | None:
    """The 16 bytes of an id of 32 hexadecimal digits, None for any other."""
    try:
        packed = bytes.fromhex(text)
    except ValueError:
        return None
    return packed if packed.hex() == text and len(packed) == ENTRY["id"].itemsize else None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A remembered article: its entry (an array of one), and its ids as text."""

    entry: Any
    id: str
    root_id: str
    version: str

    @property
    def original(self) -> str:
        """Id of the original of the article's cluster: its own where it is one."""
        return self.root_id

    @property
    def position(self) -> int:
        """Offset in the judged log."""
        return int(self.entry["position"][0])

    @property
    def verdict(self) -> Verdict:
        """The verdict as it was first given."""
        row = self.entry[0]
        relation = RELATIONS[row["relation"]]
        original = relation is Relation.ORIGINAL
        published = float(row["root_published"])
        return Verdict(
            relation=relation,
            duplicate_of=None if original else self.root_id,
            similarity=round(float(row["similarity"]), 3),
            evidence=[name for bit, name in enumerate(KEYS) if row["evidence"] >> bit & 1],
            passages=[Passage(start=int(a), end=int(b)) for a, b in row["passages"] if b],
            revision=int(row["revision"]),
            copies=int(row["copies"]),
            outlets=_count(int(row["outlets"])),
            original_published_at=datetime.fromtimestamp(published, timezone.utc) if published else None,
            version=self.version,
        )

    def to_bytes(self) -> bytes:
        """Pack for the changelog: about 430 bytes. Ids that are not 32 hexadecimal digits follow the entry."""
        odd = int(self.entry["odd"][0])
        texts = [text.encode() for bit, text in ((1, self.id), (2, self.root_id)) if odd & bit]
        return bytes(self.entry.tobytes() + b"".join(struct.pack("<H", len(t)) + t for t in texts))

    @classmethod
    def from_bytes(cls, data: bytes, version: str) -> Self:
        """Unpack. Raises ValueError or struct.error for bytes that are no fingerprint."""
        entry = np.frombuffer(data, ENTRY, 1).copy()
        row = entry[0]
        if row["magic"] != MAGIC or row["relation"] >= len(RELATIONS):
            raise ValueError("these bytes are no fingerprint of this version")
        texts, at = [bytes(row["id"]).hex(), bytes(row["root_id"]).hex()], ENTRY.itemsize
        for index in (0, 1):
            if row["odd"] >> index & 1:
                (length,) = struct.unpack_from("<H", data, at)
                texts[index] = data[at + 2 : at + 2 + length].decode()
                at += 2 + length
        if at != len(data):
            raise ValueError(f"{len(data)} bytes where the fingerprint has {at}")
        return cls(entry, texts[0], texts[1], version)


def _count(bitmap: int) -> int:
    """How many outlets set the bits of a bitmap of 64: linear counting (Whang et al. 1990), exact for a few."""
    free = 64 - bitmap.bit_count()
    return round(64 * float(np.log(64 / max(1, free))))
