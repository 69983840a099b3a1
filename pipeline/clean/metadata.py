"""What a page says of itself: title, authors, date, language, from JSON-LD, meta elements, h1 and `<time>`.

"Cheap" metadata in notes/clean.md: better titles and dates than a full extraction, at a fraction of its time.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dateutil import parser as dates
from selectolax.lexbor import LexborHTMLParser

# JSON-LD larger than this is no metadata (5 MB of it cost 652 MB of memory; notes/clean.md, Poison).
_LD_CHARACTERS = 200_000
_LD_DEPTH = 8
# "3/4/26" to "Wednesday, 4 March 2026 at 14:05 Central European Time"; longer is no date.
_DATE_CHARACTERS = (6, 70)
# Names that readers marked have at most 40 characters; longer is a sentence.
_NAME_CHARACTERS = 60
_ARTICLE_TYPES = re.compile(r"Article|Posting|Report|Review")
_TITLE_METAS = ("og:title", "twitter:title", "dc.title")
_DATE_METAS = ("article:published_time", "datepublished", "date", "pubdate", "dc.date", "parsely-pub-date")
_AUTHOR_METAS = ("author", "article:author", "dc.creator", "parsely-author", "byl")
_SEPARATED_OUTLET = re.compile(r"\s+[|–—»·-]\s+[^|–—»·-]{2,40}$")
_BY = re.compile(r"^(by|von|par|por|di|da|door|av|od|автор:?|от)\s+", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|;| and | und | et | y | e | & )\s*")


@dataclass
class Metadata:
    """Values with the place where each came from (`json-ld`, `meta`, `heading`, `time`, `html`), or None."""

    title: str = ""
    title_from: str | None = None
    authors: list[str] = field(default_factory=list)
    authors_from: str | None = None
    published_at: datetime | None = None
    published_at_from: str | None = None
    language: str = ""
    site: str | None = None
    free: bool = True


def parse_date(value: object) -> datetime | None:
    """Read a date as pages write them; None where it is none. Without an offset it stays without."""
    if not isinstance(value, str) or not _DATE_CHARACTERS[0] <= len(value.strip()) <= _DATE_CHARACTERS[1]:
        return None
    try:
        return dates.parse(value.strip())
    except (ValueError, OverflowError, TypeError):
        return None


def author_names(value: object) -> list[str]:
    """Names out of what JSON-LD and meta elements hold: a string, an object with a name, or a list of these."""
    if isinstance(value, list):
        return [name for item in value for name in author_names(item)]
    if isinstance(value, dict):
        return author_names(value.get("name"))
    if not isinstance(value, str) or "://" in value:
        return []
    names = (part.strip() for part in _AND.split(_BY.sub("", value.strip())))
    return [name for name in names if 1 < len(name) <= _NAME_CHARACTERS]


def read_metadata(page: LexborHTMLParser) -> Metadata:
    """Read a parsed page. JSON-LD first, then meta elements, then the visible headline and time."""
    metas = _metas(page)
    found = Metadata(language=_language(page), site=metas.get("og:site_name"))
    for item in _linked_data(page):
        if not _ARTICLE_TYPES.search(str(item.get("@type"))):
            continue
        _offer_title(found, item.get("headline"), "json-ld")
        _offer_authors(found, author_names(item.get("author")), "json-ld")
        _offer_date(found, item.get("datePublished"), "json-ld")
        found.free = found.free and str(item.get("isAccessibleForFree", True)).lower() != "false"
    headings = [text for node in page.css("h1") if (text := node.text(separator=" ").strip())]
    for name in _TITLE_METAS:
        _offer_title(found, metas.get(name), "meta")
    _offer_title(found, headings[0] if len(headings) == 1 else None, "heading")
    for node in page.css("head > title"):
        _offer_title(found, _SEPARATED_OUTLET.sub("", " ".join(node.text().split())), "title")
    for name in _AUTHOR_METAS:
        _offer_authors(found, author_names(metas.get(name)), "meta")
    for node in page.css('[rel="author"], [itemprop="author"], .byline, .author'):
        _offer_authors(found, author_names(" ".join(node.text(separator=" ").split())), "byline")
    for name in _DATE_METAS:
        _offer_date(found, metas.get(name), "meta")
    for node in page.css("time[datetime]"):
        _offer_date(found, node.attributes.get("datetime"), "time")
    return found


def _metas(page: LexborHTMLParser) -> dict[str, str]:
    """Meta elements by name, in lower case; the first of a name counts."""
    metas: dict[str, str] = {}
    for node in page.css("meta"):
        name = node.attributes.get("property") or node.attributes.get("name") or node.attributes.get("itemprop") or ""
        if content := (node.attributes.get("content") or "").strip():
            metas.setdefault(name.lower(), content)
    return metas


def _offer_title(found: Metadata, title: object, source: str) -> None:
    if not found.title and isinstance(title, str) and title.strip():
        found.title, found.title_from = " ".join(title.split()), source


def _offer_authors(found: Metadata, authors: list[str], source: str) -> None:
    if not found.authors and authors:
        found.authors, found.authors_from = list(dict.fromkeys(authors)), source


def _offer_date(found: Metadata, value: object, source: str) -> None:
    if found.published_at is None and (date := parse_date(value)):
        found.published_at, found.published_at_from = date, source


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    declared = (root.attributes.get("lang") or "") if root is not None else ""
    code = re.split(r"[-_]", declared.strip().lower())[0]
    return code if re.fullmatch("[a-z]{2}", code) else ""


def _linked_data(page: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for node in page.css('script[type="application/ld+json"]'):
        text = node.text()
        if len(text) > _LD_CHARACTERS:
            continue
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _objects(data, _LD_DEPTH)


def _objects(data: object, depth: int) -> Iterator[dict[str, Any]]:
    if depth and isinstance(data, list):
        for item in data:
            yield from _objects(item, depth - 1)
    elif depth and isinstance(data, dict):
        yield data
        yield from _objects(data.get("@graph"), depth - 1)
