"""WARC, as Common Crawl's CC-NEWS, Heritrix, wget and Browsertrix write it: pages that were served well, as HTML.

Records are read in a stream: a record that claims, or unpacks to, more than the limit is never in memory.
"""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from fastwarc.warc import ArchiveIterator, WarcHeader, WarcRecord, WarcRecordType

from dateline.feed import RawRecord
from dateline.sources.common import File, Found, Skip, SkipReason, sized

_PAGES: Final = ("text/html", "application/xhtml+xml")
_SERVED_WELL: Final = 200
#: HTTP headers of a real answer take some kilobytes.
_HEADERS: Final = 65_536


def read(file: File, after: int) -> Iterator[Found]:
    """Give pages and what is none, by number of record. A file that breaks off ends with a word about it."""
    number = 0
    source: Any = str(file.path) if file.path else file.stream
    try:
        records = ArchiveIterator(
            source,
            record_types=WarcRecordType.any_type,
            parse_http=False,
            max_header_len=_HEADERS,
            fsspec_args=False,
        )
        for number, found in enumerate(records, 1):
            if number > after:
                yield number, _record(file, found)
    except (OSError, ValueError) as error:
        yield number + 1, Skip(SkipReason.UNREADABLE, f"the archive cannot be read further: {error}")


def _record(file: File, found: Any) -> RawRecord | Skip:
    if found.record_type is not WarcRecordType.response or not found.is_http:
        return Skip(SkipReason.RECORD_TYPE, str(found.record_type))
    if found.content_length > file.record:
        return Skip(SkipReason.TOO_LARGE, f"{found.content_length} bytes, DATELINE_RAW_MAX_BYTES is {file.record}")
    if cut := found.headers.get(WarcHeader.WARC_TRUNCATED):
        return Skip(SkipReason.TRUNCATED, f"the crawler cut it: {cut}")
    try:
        # Out of the stream first: a body that decodes badly leaves the reader that it comes from unusable.
        block = found.reader.read()
        if len(block) < found.content_length:
            return Skip(SkipReason.TRUNCATED, f"{len(block)} of {found.content_length} bytes: the archive breaks off")
        return _page(file, found, block)
    except (OSError, ValueError) as error:
        return Skip(SkipReason.UNREADABLE, str(error))


def _page(file: File, found: Any, block: bytes) -> RawRecord | Skip:
    """The page of an HTTP answer. Raises OSError or ValueError where it cannot be read."""
    answer = WarcRecord()
    answer.set_bytes_content(block)
    answer.is_http = True
    answer.parse_http(auto_decode="all", max_header_len=_HEADERS)
    status, content_type = answer.http_headers.status_code, answer.http_headers.get("Content-Type")
    if status != _SERVED_WELL:
        return Skip(SkipReason.STATUS, f"status {status}")
    if content_type and content_type.partition(";")[0].strip().lower() not in _PAGES:
        return Skip(SkipReason.MEDIA_TYPE, content_type)
    # Three quarters: base64 makes four bytes of three.
    most = file.record * 3 // 4
    content = answer.reader.read(most + 1)
    if len(content) > most:
        return Skip(SkipReason.TOO_LARGE, f"unpacks to more than {most} bytes")
    if not content_type and content.lstrip()[:1] != b"<":
        return Skip(SkipReason.MEDIA_TYPE, "no type, and no page by its first byte")
    url = (found.headers.get(WarcHeader.WARC_TARGET_URI) or "").strip("<> ")
    if not url or not content:
        return Skip(SkipReason.INVALID, "no WARC-Target-URI" if content else "an empty body")
    return sized(file, url, _value(file, url, content, content_type or "text/html", found))


def _value(file: File, url: str, content: bytes, content_type: str, found: Any) -> bytes:
    """The event. Base64 is put in as it is: an encoder would look at each of its characters, some 40 MB a second."""
    date: datetime = found.record_date or file.time
    small = {
        "url": url,
        "content_type": content_type,
        "fetched_at": date.isoformat(),
        "meta": {"warc": file.name, "warc_record": found.record_id},
    }
    head = json.dumps(small).encode()
    return b"".join((head[:-1], b', "content": "', base64.b64encode(content), b'"}'))
