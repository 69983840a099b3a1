"""What every source shares: the file that is read, the records that it gives, and what it cannot use."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from agents.record import explain
from dateline.feed import RawRecord
from pipeline.events import RawArticle

#: What Kafka puts around a record: its batch takes 61 bytes, a record some tens, headers and key beside it.
RECORD_OVERHEAD: Final = 1024


class SkipReason(StrEnum):
    """Why a part of a file is not sent."""

    # What such files hold beside articles.
    RECORD_TYPE = "record_type"
    STATUS = "status"
    MEDIA_TYPE = "media_type"
    NO_TEXT = "no_text"
    # What a file should not hold.
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    UNKNOWN_FORMAT = "unknown_format"


#: Met in every good archive or folder; all others are faults, which a feed's status tells.
EXPECTED: Final = frozenset(
    (SkipReason.RECORD_TYPE, SkipReason.STATUS, SkipReason.MEDIA_TYPE, SkipReason.NO_TEXT, SkipReason.UNKNOWN_FORMAT)
)


@dataclass(frozen=True)
class Skip:
    """What is not sent, and why, in words."""

    reason: SkipReason
    detail: str


@dataclass(frozen=True)
class File:
    """An open file and its limits, in bytes: `record` of one record on the broker, `document` of what is read whole."""

    name: str
    stream: BufferedIOBase
    #: When it was written: the time of fetching for what says none.
    time: datetime
    record: int
    document: int
    path: Path | None = None


#: Position (line, record, entry; from 1) and what stands there. A reader gives those after a position, in order.
Found = tuple[int, RawRecord | Skip]
Reader = Callable[[File, int], Iterator[Found]]


def whole(file: File) -> bytes | Skip:
    """All of a file, where it is no larger than what is read whole."""
    content = file.stream.read(file.document + 1)
    if len(content) > file.document:
        return Skip(SkipReason.TOO_LARGE, f"more than {file.document} bytes, DATELINE_FEED_MAX_BYTES")
    return content


def page(file: File, url: str, content: bytes, content_type: str) -> RawRecord | Skip:
    """A record of a page's bytes."""
    encoded = base64.b64encode(content).decode()
    return record(file, {"url": url, "content": encoded, "content_type": content_type, "fetched_at": file.time})


def record(file: File, fields: dict[str, Any]) -> RawRecord | Skip:
    """A record of the fields of a RawArticle that are not empty."""
    given = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    try:
        RawArticle.model_validate(given)
        value = json.dumps(given, ensure_ascii=False, default=_time).encode("utf-8", "replace")
    except ValidationError as error:
        return Skip(SkipReason.INVALID, explain(error))
    return sized(file, str(given["url"]), value)


def sized(file: File, url: str, value: bytes) -> RawRecord | Skip:
    """The record, where the broker will take it."""
    key = url.encode("utf-8", "replace")
    if len(key) + len(value) + RECORD_OVERHEAD > file.record:
        return Skip(SkipReason.TOO_LARGE, f"{len(value)} bytes, DATELINE_RAW_MAX_BYTES is {file.record}")
    return RawRecord(key, value)


def name_of(text: str) -> str:
    """A name for what has no address: the same for the same text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
    return f"urn:dateline:{digest.hexdigest()}"


def _time(value: Any) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - all else in the fields is JSON's own
    return value.isoformat()
