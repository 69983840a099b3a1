"""What a reader sees beside the text: headline, byline, date; asked where the page does not declare them."""

from datetime import datetime

from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.bylines import is_name, read_byline
from pipeline.clean.headline import SEPARATOR, around_headline, headline, headline_of, marked_authors, without_outlet
from pipeline.clean.metadata import Metadata
from pipeline.clean.page import one_line
from pipeline.clean.titles import is_title

# The article's own time stands before those of comments and related stories; each costs up to three milliseconds.
_TIMES = 20


def read_title(page: LexborHTMLParser, found: Metadata, outlet: str = "") -> None:
    """The headline that a reader sees, where it is not declared or declared with the outlet's name in it.

    `outlet` is the feed's name of it.
    """
    declared = next((one_line(node) for node in page.css("head > title")), "")
    headings = [one_line(node) for node in page.css("h1")]
    if found.title:
        found.title = headline_of(found.title, headings, [outlet, *found.outlets], sure=found.title_from == "json-ld")
    found.offer_title(headline(page, declared), "heading")
    if not found.title:
        found.offer_title(without_outlet(declared, _lines(page), outlet), "title")
    found.titles += [heading for heading in headings if is_title(heading, found.titles)]
    parts = {part.casefold() for part in SEPARATOR.split(declared)}
    found.outlets += sorted({outlet, *parts} - {found.title.casefold(), ""})


def read_credits(page: LexborHTMLParser, found: Metadata, title: str = "") -> None:
    """Authors and date that a reader sees, where they are not declared. Furniture must be gone already.

    `title` is the feed's: a byline stands near the headline.
    """
    if found.published_at is None:
        for node in page.css('time, [itemprop="datePublished"]')[:_TIMES]:
            found.offer_date(node.attributes.get("datetime") or node.attributes.get("content") or node.text(), "time")
    if not found.authors:
        found.offer_authors(marked_authors(page, {name.casefold() for name in found.outlets}), "byline")
    if found.authors and found.published_at:
        return
    for line, may_be_bare in around_headline(_lines(page), {found.title.casefold(), title.casefold()}):
        authors, date = read_byline(line)
        if (may_be_bare and not found.unsigned) or not is_name(line):
            found.offer_authors(authors, "byline")
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
