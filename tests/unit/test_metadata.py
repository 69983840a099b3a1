"""What a page says of itself, and which of its places is believed."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.bylines import author_names, parse_date
from pipeline.clean.declared import read_declared
from pipeline.clean.metadata import Metadata
from pipeline.clean.visible import read_credits, read_title
from pipeline.limits import DEFAULT_LIMITS

UTC = timezone.utc


def read(head: str = "", body: str = "", lang: str = "") -> Metadata:
    page = LexborHTMLParser(f"<html lang='{lang}'><head>{head}</head><body>{body}</body></html>")
    found = read_declared(page, DEFAULT_LIMITS.json_characters)
    read_title(page, found)
    read_credits(page, found)
    return found


def linked(*items: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(item)}</script>' for item in items)


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Pier to be rebuilt",
    "author": [{"@type": "Person", "name": "Ilse Tarnow"}, {"name": "Jon Petz"}],
    "datePublished": "2026-10-01T18:30:00+02:00",
}
METAS = (
    '<meta property="og:title" content="Pier: the vote"><meta name="author" content="By Ada Moor and Ben Lo">'
    '<meta property="article:published_time" content="2026-10-02T08:00:00Z">'
    '<meta property="og:site_name" content="Harbour Post">'
    "<title>Pier, a title | Harbour Post</title>"
)
VISIBLE = (
    '<h1>Pier in <b>big</b> letters</h1><p class="byline">By Cleo Dahl</p><time datetime="2026-10-03">3 Oct</time>'
)


def test_linked_data_is_believed_first_then_metas_then_what_is_seen() -> None:
    found = read(linked(ARTICLE) + METAS, VISIBLE)
    assert (found.title, found.title_from) == ("Pier to be rebuilt", "json-ld")
    assert (found.authors, found.authors_from) == (["Ilse Tarnow", "Jon Petz"], "json-ld")
    assert found.published_at == datetime(2026, 10, 1, 16, 30, tzinfo=UTC)
    assert found.published_at is not None
    assert found.published_at.utcoffset() == timedelta(hours=2)
    found = read(METAS, VISIBLE)
    assert (found.title, found.title_from, found.site) == ("Pier: the vote", "meta", "Harbour Post")
    assert (found.authors, found.authors_from) == (["Ada Moor", "Ben Lo"], "meta")
    assert (found.published_at, found.published_at_from) == (datetime(2026, 10, 2, 8, tzinfo=UTC), "meta")
    found = read("", VISIBLE)
    assert (found.title, found.title_from) == ("Pier in big letters", "heading")
    assert (found.authors, found.authors_from) == (["Cleo Dahl"], "byline")
    assert (found.published_at, found.published_at_from) == (datetime(2026, 10, 3), "time")


def test_a_page_that_says_nothing() -> None:
    assert read() == Metadata()


@pytest.mark.parametrize(
    ("title", "read_as"),
    [
        ("Pier rebuilt | Harbour Post", "Pier rebuilt"),
        ("Pier rebuilt - Harbour Post", "Pier rebuilt"),
        ("Pier – now rebuilt", "Pier"),
        ("A well-known pier", "A well-known pier"),
        ("  Pier\n rebuilt ", "Pier rebuilt"),
    ],
)
def test_the_outlet_is_cut_from_the_title_element(title: str, read_as: str) -> None:
    assert read(f"<title>{title}</title>").title == read_as


def test_several_headings_are_no_title() -> None:
    assert read("<title>Front page</title>", "<h1>One</h1><h1>Two</h1>").title == "Front page"


@pytest.mark.parametrize(
    "data",
    [
        [ARTICLE],
        {"@graph": [{"@type": "WebSite"}, ARTICLE]},
        {**ARTICLE, "@type": ["Thing", "ReportageNewsArticle"]},
        [[[ARTICLE]]],
    ],
    ids=["list", "graph", "types", "nested"],
)
def test_shapes_of_linked_data(data: object) -> None:
    assert read(linked(data)).title == "Pier to be rebuilt"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "{",
        "null",
        "7",
        '"x"',
        "[" * 100_000,
        '{"@type": "NewsArticle", "headline": 7, "author": 7, "datePublished": {}}',
        '{"@type": null}',
        "9" * 5000,
        json.dumps({**ARTICLE, "articleBody": "x" * DEFAULT_LIMITS.json_characters}),
        json.dumps({"@type": "Person", "headline": "x"}),
    ],
    ids=lambda text: text[:30],
)
def test_linked_data_that_is_no_use_is_passed_over(text: str) -> None:
    found = read(f'<script type="application/ld+json">{text}</script>' + METAS)
    assert (found.title, found.authors, found.published_at_from) == ("Pier: the vote", ["Ada Moor", "Ben Lo"], "meta")


@pytest.mark.parametrize(
    ("value", "free"), [(False, False), ("False", False), ("false", False), (True, True), ("True", True)]
)
def test_what_is_not_free_is_known(value: object, free: bool) -> None:  # noqa: FBT001 - a row of the table
    assert read(linked({**ARTICLE, "isAccessibleForFree": value})).free is free


@pytest.mark.parametrize(
    ("lang", "code"), [("de", "de"), ("en-GB", "en"), ("pt_BR", "pt"), ("DE", "de"), ("", ""), ("english", "")]
)
def test_language_of_the_page(lang: str, code: str) -> None:
    assert read(lang=lang).language == code


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("By Ilse Tarnow", ["Ilse Tarnow"]),
        ("Von Ilse Tarnow und Jon Petz", ["Ilse Tarnow", "Jon Petz"]),
        ("Ilse Tarnow, Jon Petz & Ada Moor", ["Ilse Tarnow", "Jon Petz", "Ada Moor"]),
        ({"name": "Ilse Tarnow"}, ["Ilse Tarnow"]),
        ([{"name": ["Ilse Tarnow"]}, "Jon Petz"], ["Ilse Tarnow", "Jon Petz"]),
        ("https://social.example/ilse", []),
        (None, []),
        (7, []),
        ("", []),
        ({"url": "x"}, []),
        ("x" * 61, []),
        ("Anderson Andersen", ["Anderson Andersen"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_author_names(value: object, names: list[str]) -> None:
    assert author_names(value) == names


# ------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2026-10-01T18:30:00Z", datetime(2026, 10, 1, 18, 30, tzinfo=UTC)),
        ("2026-10-01T18:30:00.123+05:30", datetime(2026, 10, 1, 13, 0, 0, 123000, tzinfo=UTC)),
        ("2026-10-01", datetime(2026, 10, 1)),
        ("20261001", datetime(2026, 10, 1)),
        ("Thu, 01 Oct 2026 18:30:00 GMT", datetime(2026, 10, 1, 18, 30, tzinfo=UTC)),
        ("Thu, 01 Oct 2026 18:30:00 -0400", datetime(2026, 10, 1, 22, 30, tzinfo=UTC)),
        ("October 1, 2026", datetime(2026, 10, 1)),
        ("1 October 2026 18:30", datetime(2026, 10, 1, 18, 30)),
    ],
)
def test_dates_as_pages_write_them(value: str, date: datetime) -> None:
    assert parse_date(value) == date


@pytest.mark.parametrize("zone", ["EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"])
def test_zones_of_feeds_are_read_as_rfc_822_says(zone: str) -> None:
    date = parse_date(f"Thu, 01 Oct 2026 18:30:00 {zone}")
    hours = {"E": -5, "C": -6, "M": -7, "P": -8}[zone[0]] + (zone[1] == "D")
    assert date is not None
    assert date.utcoffset() == timedelta(hours=hours)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("value", ["Thu, 01 Oct 2026 18:30:00 CET", "Thu, 01 Oct 2026 18:30:00 XYZT"])
def test_a_zone_that_is_not_known_leaves_the_date(value: str) -> None:
    date = parse_date(value)
    assert date is not None
    assert date.replace(tzinfo=None) == datetime(2026, 10, 1, 18, 30)


@pytest.mark.parametrize(
    "value", [None, 7, "", "soon", "yesterday", "0000-00-00", "9" * 20, "2026-13-45", "x" * 61, "1 of 3 articles"]
)
def test_what_is_no_date_is_none(value: object) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize("value", ["12:30:00", "10:30 pm", "Monday", "March 2024", "October", "June 5", "5 June"])
def test_what_a_date_leaves_out_is_not_filled_from_today(value: str) -> None:
    """The same page gives the same event on every day."""
    date = parse_date(value)
    assert date in (None, datetime(2024, 3, 1))


@pytest.mark.parametrize("offset", ["+99:99", "+24:00", "-25:00"])
def test_an_offset_that_no_place_has_makes_no_broken_time(offset: str) -> None:
    date = parse_date(f"2026-10-01T18:30:00{offset}")
    if date is not None:
        assert abs(date.utcoffset() or timedelta()) < timedelta(days=1)
