"""What people have, as raw records: one reader a format, named by `--format` or told from the file's first bytes."""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from enum import StrEnum
from pathlib import Path
from typing import Final

from agents.settings import Settings
from dateline.sources import crawlers, json_lines, pages, syndication, warc
from dateline.sources.common import EXPECTED, File, Found, Reader, Skip, SkipReason

__all__ = ["EXPECTED", "File", "Format", "Found", "Skip", "SkipReason", "expand", "open_file", "read"]


class Format(StrEnum):
    """What `dateline feed` takes."""

    JSONL = "jsonl"
    HTML = "html"
    TEXT = "text"
    WARC = "warc"
    FEED = "feed"
    NEWS_PLEASE = "news-please"
    FUNDUS = "fundus"


_READERS: Final[dict[Format, Reader]] = {
    Format.JSONL: json_lines.read,
    Format.HTML: pages.read_html,
    Format.TEXT: pages.read_text,
    Format.WARC: warc.read,
    Format.FEED: syndication.read,
    Format.NEWS_PLEASE: crawlers.read_news_please,
    Format.FUNDUS: crawlers.read_fundus,
}
_GZIP: Final = b"\x1f\x8b"
#: Bytes that a format is told by.
HEAD: Final = 65_536
# Declarations, comments and processing instructions before the first element; nothing is tried twice.
_ROOT = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]{0,500}+>)*+<([a-z:]++)", re.DOTALL | re.IGNORECASE)
_SYNDICATION: Final = (b"rss", b"feed", b"rdf:rdf")
# A key of JSON with its colon: a head that is cut off cannot be parsed.
_KEY = re.compile(rb'"([a-z_]{1,40})"\s*:')
_TEXTS: Final = (".txt", ".text", ".md")


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """The files: a folder stands for those in it, at any depth and by name; hidden ones and links are passed over."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*"))
            shown = (file for file in inside if not any(part.startswith(".") for part in file.relative_to(path).parts))
            yield from (file for file in shown if file.is_file() and not file.is_symlink())
        else:
            yield path


@contextmanager
def open_file(path: Path, settings: Settings) -> Iterator[File]:
    """Open a file, unpacked where it is gzip. Raises OSError."""
    with path.open("rb") as raw:
        time = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
        yield File(str(path), _unpacked(raw), time, settings.raw_max_bytes, settings.feed_max_bytes, path)


def of_bytes(name: str, content: bytes, settings: Settings) -> File:
    """A file that came by a pipe."""
    now = datetime.now(timezone.utc)
    return File(name, _unpacked(io.BytesIO(content)), now, settings.raw_max_bytes, settings.feed_max_bytes)


def read(file: File, wanted: Format | None, after: int = 0) -> Iterator[Found]:
    """Give what stands after a position of a file. What breaks off in the middle ends with a word about it."""
    position = after
    try:
        chosen = wanted or sniff(file)
        if chosen is None:
            yield (
                1,
                Skip(SkipReason.UNKNOWN_FORMAT, "its first bytes are of no format that is read; --format names one"),
            )
            return
        for position, content in _READERS[chosen](file, after):
            yield position, content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield position + 1, Skip(SkipReason.UNREADABLE, f"the gzip file cannot be read further: {error}")


def sniff(file: File) -> Format | None:
    """The format by name and first bytes; the file is at its beginning afterwards."""
    # One read, not all of HEAD: a gzip file that breaks off early gives what it has.
    head = file.stream.read1(HEAD)
    file.stream.seek(0)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"WARC/"):
        return Format.WARC
    if start[:1] in (b"{", b"["):
        return _json_kind(start)
    if root := _ROOT.match(start):
        return Format.FEED if root[1].lower() in _SYNDICATION else Format.HTML
    return Format.TEXT if file.name.lower().endswith(_TEXTS) else None


def _json_kind(head: bytes) -> Format:
    found = json_lines.parsed(head.partition(b"\n")[0])
    if found is None:
        found = dict.fromkeys(key.decode() for key in _KEY.findall(head))
    if isinstance(found, list):
        found = found[0] if found else {}
    keys = found if isinstance(found, dict) else {}
    if crawlers.is_news_please(keys):
        return Format.NEWS_PLEASE
    return Format.FUNDUS if crawlers.is_fundus(keys) else Format.JSONL


def _unpacked(raw: io.BufferedIOBase) -> io.BufferedIOBase:
    packed = raw.read(2) == _GZIP
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if packed else raw
