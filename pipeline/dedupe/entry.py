"""What is remembered of an article: one packed record, the same in memory, in the local file and in the changelog."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from math import log
from typing import Any, Final

import numpy as np

from pipeline.dedupe.reading import NUMBERS, SKETCH
from pipeline.events import Passage, Relation, Verdict

#: Names the layout below; an entry of another layout is refused.
MAGIC: Final = 0x3344
PASSAGES: Final = 4
RELATIONS: Final = tuple(Relation)
#: Keys that can meet, by bit of `evidence`.
KEYS: Final = ("text", "url", "shingles", "numbers", "lead")

#: Positions are offsets in `news.clean`; `root` is that of the cluster's original. Times are seconds, 0 where unknown;
#: `similarity` is in thousandths. `feed` names the source in eight bits, `outlet` the outlet in six. `outlets` is a
#: bitmap of 64 of these (linear counting). `outlets` and `copies` of an original grow with every copy; all else stays
#: as it was judged. `posted` and `early` are masks over the sketch. Passages lie in the first 65,535 code points.
ENTRY: Final = np.dtype(
    [
        ("magic", "<u2"),
        ("relation", "u1"),
        ("evidence", "u1"),
        ("odd", "u1"),
        ("feed", "u1"),
        ("outlet", "u1"),
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
        ("copies", "<u4"),
        ("similarity", "<u2"),
        ("texts", "<u2"),
        ("passages", "<u2", (PASSAGES, 2)),
        ("posted", "<u8"),
        ("early", "<u8"),
        ("shingles", "<u2"),
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
    #: Of the article itself. Not written to the changelog: whoever asks for the verdict has the article.
    published_at: datetime | None = None

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
        row: dict[str, Any] = dict(zip(ENTRY.names or (), self.entry[0].item(), strict=True))
        relation = RELATIONS[row["relation"]]
        original, revision = relation is Relation.ORIGINAL, relation is Relation.REVISION
        published = row["root_published"]
        return Verdict(
            relation=relation,
            duplicate_of=None if original else self.root_id,
            similarity=row["similarity"] / 1000,
            evidence=[name for bit, name in enumerate(KEYS) if row["evidence"] >> bit & 1],
            passages=[Passage(start=start, end=end) for start, end in row["passages"].tolist() if end],
            revision=row["texts"] - 1 if revision else 0,
            copies=row["copies"],
            outlets=_count(row["outlets"]),
            published_at=self.published_at,
            original_published_at=datetime.fromtimestamp(published, timezone.utc) if published else None,
            version=self.version,
        )

    def to_bytes(self) -> bytes:
        """Pack for the changelog: about 400 bytes. Ids that are not 32 hexadecimal digits follow the entry."""
        odd = int(self.entry["odd"][0])
        texts = [text.encode() for bit, text in ((1, self.id), (2, self.root_id)) if odd & bit]
        return bytes(self.entry.tobytes() + b"".join(struct.pack("<H", len(t)) + t for t in texts))


def unpack(written: Sequence[bytes]) -> tuple[Any, dict[int, tuple[str, str]]]:
    """Entries of what `to_bytes` packed, and by place the ids of those that have odd ones.

    Raises ValueError or struct.error for bytes that are no fingerprint.
    """
    size = ENTRY.itemsize
    entries = np.frombuffer(b"".join([data[:size] for data in written]), ENTRY)
    lengths = np.fromiter(map(len, written), np.int64, len(written))
    known = (entries["magic"] == MAGIC) & (entries["relation"] < len(RELATIONS))
    if (lengths < size).any() or not known.all():
        raise ValueError("these bytes are no fingerprint of this version")
    if (wrong := (lengths != size) & (entries["odd"] == 0)).any():
        raise ValueError(f"{lengths[wrong][0]} bytes where the fingerprint has {size}")
    return entries, {at: _odd_ids(written[at], entries[at]) for at in np.flatnonzero(entries["odd"]).tolist()}


def _odd_ids(data: bytes, row: Any) -> tuple[str, str]:
    texts, at = [bytes(row["id"]).hex(), bytes(row["root_id"]).hex()], ENTRY.itemsize
    for index in (0, 1):
        if row["odd"] >> index & 1:
            (length,) = struct.unpack_from("<H", data, at)
            texts[index] = data[at + 2 : at + 2 + length].decode()
            at += 2 + length
    if at != len(data):
        raise ValueError(f"{len(data)} bytes where the fingerprint has {at}")
    return texts[0], texts[1]


def _count(bitmap: int) -> int:
    """How many outlets set the bits of a bitmap of 64: linear counting (Whang et al. 1990), exact for a few."""
    free = 64 - bitmap.bit_count()
    return round(64 * log(64 / max(1, free)))
