"""What a page says of itself: title, authors, date, language, from JSON-LD, meta elements, h1 and `<time>`.

"Cheap" metadata in notes/clean.md: better titles and dates than a full extraction, at a fraction of its time.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any

from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.bylines import author_names, is_name, is_outlet, read_byline
from pipeline.clean.dates import parse_date
from pipeline.clean.headline import SEPARATOR, around_headline, headline, headline_of, marked_authors, without_outlet
from pipeline.clean.page import MAX_JSON_CHARACTERS, one_line
from pipeline.clean.titles import is_title

_LD_DEPTH = 8
# The article's own time stands before those of comments and related stories; each costs up to three milliseconds.
_TIMES = 20
_ARTICLE_TYPES = re.compile(r"Article|Posting|Report|Review")
_TITLE_METAS = ("og:title", "twitter:title", "dc.title")
_DATE_METAS = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "citation_publication_date",
)
_UPDATE_METAS = ("article:modified_time", "og:updated_time", "datemodified", "last-modified")
_AUTHOR_METAS = (
    "author",
    "article:author",
    "citation_author",
    "dc.creator",
    "parsely-author",
    "sailthru.author",
    "articleauthor",
    "cxenseparse:author",
    "byl",
)
# These name the family first: "Brazil, Rachel" (Google Scholar's and Dublin Core's conventions).
_INVERTED = ("citation_author", "dc.creator")
_OUTLET_METAS = ("og:site_name", "application-name", "publisher", "twitter:site", "dc.publisher")
_DESCRIPTION_METAS = ("og:description", "description", "twitter:description", "dc.description")


@dataclass
class Metadata:
    """Values with the place where each came from (`json-ld`, `meta`, `heading`, `time`, `html`), or None."""

    title: str = ""
    title_from: str | None = None
    authors: list[str] = field(default_factory=list)
    authors_from: str | None = None
    published_at: datetime | None = None
    published_at_from: str | None = None
    updated_at: datetime | None = None
    updated_at_from: str | None = None
    section: str | None = None
    language: str = ""
    site: str | None = None
    free: bool = True
    #: Every title that the page gives itself, the outlet's name in it or not.
    titles: list[str] = field(default_factory=list)
    #: What the page says it is about: often its lead.
    descriptions: list[str] = field(default_factory=list)
    #: Whether the page gives its outlet or staff as author: a bare name near the headline is no byline then.
    unsigned: bool = False
    #: Names of the outlet: no authors.
    outlets: list[str] = field(default_factory=list)


def read_declared(page: LexborHTMLParser) -> Metadata:
    """What a page declares of itself in JSON-LD and meta elements: JSON-LD wins."""
    metas = _metas(page)
    first = {name: value.partition("\n")[0] for name, value in metas.items()}
    found = Metadata(language=_language(page), site=first.get("og:site_name") or None)
    articles = [item for item in _linked_data(page) if _ARTICLE_TYPES.search(str(item.get("@type")))]
    found.outlets = [name for name in (first.get(meta, "") for meta in _OUTLET_METAS) if name]
    for item in articles:
        found.outlets += author_names(item.get("publisher"))
    for item in articles:
        _offer_title(found, item.get("headline"), "json-ld")
        _offer_authors(found, author_names(item.get("author")), "json-ld")
        _offer_date(found, item.get("datePublished"), "json-ld")
        _offer_update(found, item.get("dateModified"), "json-ld")
        _offer_section(found, item.get("articleSection"))
        _offer_description(found, item.get("description"))
        found.free = found.free and str(item.get("isAccessibleForFree", True)).lower() != "false"
    for name in _TITLE_METAS:
        _offer_title(found, first.get(name), "meta")
    for name in _AUTHOR_METAS:
        authors = metas.get(name, "").split("\n")
        _offer_authors(
            found, author_names([_given_first(a) for a in authors] if name in _INVERTED else authors), "meta"
        )
    for name in _DATE_METAS:
        _offer_date(found, first.get(name), "meta")
    for name in _UPDATE_METAS:
        _offer_update(found, first.get(name), "meta")
    _offer_section(found, first.get("article:section"))
    for name in _DESCRIPTION_METAS:
        _offer_description(found, first.get(name))
    return found


def read_title(page: LexborHTMLParser, found: Metadata, outlet: str = "") -> None:
    """The headline that a reader sees, where it is not declared or declared with the outlet's name in it.

    `outlet` is the feed's name of it.
    """
    declared = next((one_line(node) for node in page.css("head > title")), "")
    headings = [one_line(node) for node in page.css("h1")]
    if found.title:
        found.title = headline_of(found.title, headings, [outlet, *found.outlets], sure=found.title_from == "json-ld")
    _offer_title(found, headline(page, declared), "heading")
    if not found.title:
        _offer_title(found, without_outlet(declared, _lines(page), outlet), "title")
    found.titles += [heading for heading in headings if is_title(heading, found.titles)]
    parts = {part.casefold() for part in SEPARATOR.split(declared)}
    found.outlets += sorted({outlet, *parts} - {found.title.casefold(), ""})


def read_credits(page: LexborHTMLParser, found: Metadata, title: str = "") -> None:
    """Authors and date that a reader sees, where they are not declared. Furniture must be gone already.

    `title` is the feed's: a byline stands near the headline.
    """
    if found.published_at is None:
        for node in page.css('time, [itemprop="datePublished"]')[:_TIMES]:
            _offer_date(found, node.attributes.get("datetime") or node.attributes.get("content") or node.text(), "time")
    if not found.authors:
        _offer_authors(found, marked_authors(page, {name.casefold() for name in found.outlets}), "byline")
    if found.authors and found.published_at:
        return
    for line, may_be_bare in around_headline(_lines(page), {found.title.casefold(), title.casefold()}):
        authors, date = read_byline(line)
        if (may_be_bare and not found.unsigned) or not is_name(line):
            _offer_authors(found, authors, "byline")
        if date is not None and found.published_at is None:
            found.published_at, found.published_at_from = date, "date-line"


def search_date(html: str, found: Metadata) -> None:
    """Look for a date where neither the page's data nor its time elements have one: what htmldate finds in structure.

    It is asked last, for it takes a third as long as the whole extraction, and not to read dates in running text.
    """
    if found.published_at is None:
        day = find_date(html, extensive_search=False, original_date=True, deferred_url_extractor=True)
        if day:
            found.published_at, found.published_at_from = datetime.fromisoformat(day), "html"


def _lines(page: LexborHTMLParser) -> list[str]:
    text = page.body.text(separator="\n") if page.body is not None else ""
    return [line for part in text.split("\n") if (line := " ".join(part.split()))]


def _given_first(name: str) -> str:
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else name


def _metas(page: LexborHTMLParser) -> dict[str, str]:
    """Meta elements by name, in lower case; several of a name (two authors) are joined by line ends."""
    metas: dict[str, str] = {}
    for node in page.css("meta"):
        name = node.attributes.get("property") or node.attributes.get("name") or node.attributes.get("itemprop") or ""
        if content := (node.attributes.get("content") or "").strip():
            name, content = name.lower(), " ".join(content.split())
            metas[name] = f"{metas[name]}\n{content}" if name in metas else content
    return metas


def _offer_title(found: Metadata, title: object, source: str) -> None:
    if not isinstance(title, str) or not (text := " ".join(unescape(title).split())):
        return
    found.titles.append(text)
    if not found.title:
        found.title, found.title_from = text, source


def _offer_description(found: Metadata, description: object) -> None:
    if isinstance(description, str) and description.strip():
        found.descriptions.append(unescape(description))


def _offer_authors(found: Metadata, authors: list[str], source: str) -> None:
    people = [name for name in authors if not is_outlet(name, found.outlets)]
    found.unsigned = found.unsigned or (bool(authors) and not people)
    authors = people
    if not found.authors and authors:
        found.authors, found.authors_from = list(dict.fromkeys(authors)), source


def _offer_date(found: Metadata, value: object, source: str) -> None:
    if found.published_at is None and (date := parse_date(value)):
        found.published_at, found.published_at_from = date, source


def _offer_update(found: Metadata, value: object, source: str) -> None:
    if found.updated_at is None and (date := parse_date(value)):
        found.updated_at, found.updated_at_from = date, source


def _offer_section(found: Metadata, value: object) -> None:
    name = value[0] if isinstance(value, list) and value else value
    if not found.section and isinstance(name, str) and name.strip():
        found.section = " ".join(unescape(name).split())


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    declared = (root.attributes.get("lang") or "") if root is not None else ""
    code = re.split(r"[-_]", declared.strip().lower())[0]
    return code if re.fullmatch("[a-z]{2}", code) else ""


def _linked_data(page: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for node in page.css('script[type="application/ld+json"]'):
        text = node.text()
        if len(text) > MAX_JSON_CHARACTERS:
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
