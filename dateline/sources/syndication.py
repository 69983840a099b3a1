"""RSS and Atom documents: each entry with the text that it brings. Nothing is fetched: a teaser stays a teaser."""

import io
from calendar import timegm
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from dateline.feed import RawRecord
from dateline.sources.common import File, Found, Skip, SkipReason, name_of, record, whole


def read(file: File, after: int) -> Iterator[Found]:
    """Give the entries in the order of the document. One that breaks off is read as far as it goes."""
    content = whole(file)
    if isinstance(content, Skip):
        yield 1, content
        return
    # Loaded where it is used: every command knows the formats, few read a feed.
    import feedparser  # noqa: PLC0415

    # A stream, never a string: feedparser would take that for an address and fetch it.
    document = feedparser.parse(io.BytesIO(content))
    if not document.entries:
        yield 1, Skip(SkipReason.INVALID, f"no entries: {document.get('bozo_exception', 'an empty feed')}")
    for number, entry in enumerate(document.entries, 1):
        if number > after:
            yield number, _entry(file, document.feed, entry)


def _entry(file: File, feed: Any, entry: Any) -> RawRecord | Skip:
    bodies = [*entry.get("content", []), entry.get("summary_detail") or {}]
    body = max(bodies, key=lambda part: len(part.get("value") or ""))
    text = (body.get("value") or "").strip()
    if not text:
        return Skip(SkipReason.NO_TEXT, "the entry has neither content nor summary")
    plain = body.get("type") == "text/plain"
    title = entry.get("title", "")
    return record(
        file,
        {
            "url": entry.get("link") or entry.get("id") or name_of(title + text),
            # Text without its title would lose its first line, which is read as one.
            "text": f"{title}\n\n{text}" if plain else None,
            "html": None if plain else f"<html><body><article>{text}</article></body></html>",
            "fetched_at": file.time,
            "title": title,
            "authors": [name for author in entry.get("authors", []) if (name := author.get("name"))],
            "published_at": _time(entry.get("published_parsed") or entry.get("updated_parsed")),
            "source": feed.get("title"),
            "language": (body.get("language") or feed.get("language") or "")[:2].lower(),
            "meta": {"tags": [tag.term for tag in entry.get("tags", []) if tag.get("term")]},
        },
    )


def _time(parsed: Any) -> datetime | None:
    """Times of feedparser are UTC."""
    return datetime.fromtimestamp(timegm(parsed), timezone.utc) if parsed else None
