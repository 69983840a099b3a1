"""What a page declares of itself, in JSON-LD and meta elements.

"Cheap" metadata in notes/clean.md: better titles and dates than a full extraction, at a fraction of its time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.bylines import author_names
from pipeline.clean.metadata import Metadata

_LD_DEPTH = 8
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


def read_declared(page: LexborHTMLParser, json_characters: int) -> Metadata:
    """What a page declares of itself in JSON-LD and meta elements: JSON-LD wins.

    A block of JSON-LD with more characters than `json_characters` is not read.
    """
    metas = _metas(page)
    first = {name: value.partition("\n")[0] for name, value in metas.items()}
    found = Metadata(language=_language(page), site=first.get("og:site_name") or None)
    articles = [item for item in _linked_data(page, json_characters) if _ARTICLE_TYPES.search(str(item.get("@type")))]
    found.outlets = [name for name in (first.get(meta, "") for meta in _OUTLET_METAS) if name]
    for item in articles:
        found.outlets += author_names(item.get("publisher"))
    for item in articles:
        found.offer_title(item.get("headline"), "json-ld")
        found.offer_authors(author_names(item.get("author")), "json-ld")
        found.offer_date(item.get("datePublished"), "json-ld")
        found.offer_update(item.get("dateModified"), "json-ld")
        found.offer_section(item.get("articleSection"))
        found.offer_description(item.get("description"))
        found.free = found.free and str(item.get("isAccessibleForFree", True)).lower() != "false"
    for name in _TITLE_METAS:
        found.offer_title(first.get(name), "meta")
    for name in _AUTHOR_METAS:
        authors = metas.get(name, "").split("\n")
        found.offer_authors(author_names([_given_first(a) for a in authors] if name in _INVERTED else authors), "meta")
    for name in _DATE_METAS:
        found.offer_date(first.get(name), "meta")
    for name in _UPDATE_METAS:
        found.offer_update(first.get(name), "meta")
    found.offer_section(first.get("article:section"))
    for name in _DESCRIPTION_METAS:
        found.offer_description(first.get(name))
    return found


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


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    declared = (root.attributes.get("lang") or "") if root is not None else ""
    code = re.split(r"[-_]", declared.strip().lower())[0]
    return code if re.fullmatch("[a-z]{2}", code) else ""


def _linked_data(page: LexborHTMLParser, most: int) -> Iterator[dict[str, Any]]:
    for node in page.css('script[type="application/ld+json"]'):
        text = node.text()
        if len(text) > most:
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
