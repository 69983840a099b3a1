"""Pages to articles, or to a reason; and that nothing a page holds breaks the cleaner."""

import base64
import json
import random
import time
from datetime import timedelta
from typing import Any

import pytest

from pipeline.clean import clean
from pipeline.events import CleanArticle, EnrichedArticle, RawArticle, RejectedArticle, RejectReason
from pipeline.limits import DEFAULT_LIMITS
from tests.unit.texts import ENGLISH

TITLE = "Council votes to rebuild the old ferry pier"
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in ENGLISH)
NAV = "<nav><ul>" + "".join(f'<li><a href="/{n}">Section number {n}</a></li>' for n in range(12)) + "</ul></nav>"
FOOTER = "<footer><p>Harbour Post is printed on Mondays and Thursdays. Terms of use apply to all of it.</p></footer>"
COMMENTS = (
    '<section id="comments" class="comments"><h3>Comments</h3>'
    "<p>gullfan99: who pays for this, as always us</p></section>"
)
LINKED = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": TITLE,
    "author": {"@type": "Person", "name": "Ilse Tarnow"},
    "datePublished": "2026-10-06T18:30:00+02:00",
}


def page(main: str, head: str = "", title: str = f"{TITLE} | Harbour Post") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><header>{NAV}</header><main>{main}</main>{FOOTER}</body></html>"
    )


def article_page(head: str = "", before: str = "", after: str = "") -> str:
    return page(f"<article><h1>{TITLE}</h1>{before}{PARAGRAPHS}{after}</article>{COMMENTS}", head)


def linked(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def outcome(html: str, **fields: Any) -> CleanArticle | RejectedArticle:
    return clean(RawArticle(url="https://one.example/a", html=html, fetched_at="2026-10-06T00:00:00Z", **fields))


def cleaned(html: str, **fields: Any) -> CleanArticle:
    article = outcome(html, **fields)
    assert isinstance(article, CleanArticle), article
    return article


def of_bytes(content: bytes, content_type: str | None) -> CleanArticle | RejectedArticle:
    encoded = base64.b64encode(content).decode()
    raw = RawArticle(
        url="https://one.example/a", content=encoded, content_type=content_type, fetched_at="2026-10-06T00:00:00Z"
    )
    return clean(raw)


# --------------------------------------------------------------------------------------------- articles


@pytest.mark.parametrize(
    ("head", "before", "authors_from", "date_from"),
    [
        (linked(LINKED), "", "json-ld", "json-ld"),
        (
            (
                '<meta property="article:published_time" content="2026-10-06T18:30:00+02:00">'
                '<meta name="author" content="Ilse Tarnow">'
            ),
            "",
            "meta",
            "meta",
        ),
        (
            "",
            '<p class="byline">By Ilse Tarnow</p><time datetime="2026-10-06T18:30:00+02:00">6 October</time>',
            "byline",
            "time",
        ),
        (
            "",
            (
                '<div><span itemprop="author">Ilse Tarnow</span>'
                '<meta itemprop="datePublished" content="2026-10-06T18:30:00+02:00"></div>'
            ),
            "byline",
            "meta",
        ),
    ],
    ids=["linked data", "metas", "visible", "microdata"],
)
def test_a_whole_page(head: str, before: str, authors_from: str, date_from: str) -> None:
    article = cleaned(article_page(head, before))
    assert article.body.split("\n") == list(ENGLISH), "nothing of navigation, footer, comments; the title not again"
    assert article.title == TITLE
    assert (article.authors, article.authors_from) == (["Ilse Tarnow"], authors_from)
    assert article.published_at is not None
    assert (article.published_at.isoformat(), article.published_at_from) == ("2026-10-06T18:30:00+02:00", date_from)
    assert article.published_at.utcoffset() == timedelta(hours=2)
    assert (article.language, article.truncated) == ("en", False)
    assert article.canonical_url == "https://one.example/a"


def test_a_byline_in_the_text_goes_where_the_page_names_no_author() -> None:
    article = cleaned(article_page(before="<p>By Ilse Tarnow</p><p>October 6, 2026</p>"))
    assert article.body.split("\n") == list(ENGLISH)
    assert (article.authors, article.authors_from) == (["Ilse Tarnow"], "byline")
    assert (article.published_at_from, str(article.published_at)) == ("date-line", "2026-10-06 00:00:00+00:00")


def test_bytes_are_decoded_as_served() -> None:
    html = article_page().replace("utf-8", "iso-8859-1").replace("pier before", "pier in Tønder – “now” – before")
    article = of_bytes(html.encode("cp1252"), "text/html; charset=ISO-8859-1")
    assert isinstance(article, CleanArticle)
    assert "pier in Tønder – “now” – before" in article.body
    assert isinstance(of_bytes(article_page().encode(), None), CleanArticle), "HTML without a type is known by its tags"


def test_markup_in_a_title_stays_text() -> None:
    text = "How <script>alert(1)</script> came to the council"
    assert cleaned(article_page(), title=text).title == text
    escaped = text.replace("<", "&lt;").replace(">", "&gt;")
    assert cleaned(page(f"<article>{PARAGRAPHS}</article>", title=escaped)).title == text


def test_script_and_style_are_no_text() -> None:
    article = cleaned(
        article_page(before="<script>var secret = 'tracking code of the page';</script><style>p{x:y}</style>")
    )
    assert "secret" not in article.body
    assert "x:y" not in article.body


def test_a_free_part_before_a_paywall_is_truncated() -> None:
    gate = "<p>Subscribe now to continue reading this story.</p>"
    article = cleaned(article_page(after=gate))
    assert article.truncated is True
    assert article.body.split("\n") == list(ENGLISH), "the gate itself is no news"
    assert cleaned(article_page(linked({**LINKED, "isAccessibleForFree": False}))).truncated is True
    assert cleaned(article_page(linked({**LINKED, "isAccessibleForFree": True}))).truncated is False


def test_the_scraper_s_own_fields_cannot_take_ours() -> None:
    ours = {name: "mine" for name in EnrichedArticle.model_fields if name not in RawArticle.model_fields}
    plain = cleaned(article_page(linked(LINKED)))
    article = cleaned(article_page(linked(LINKED)), **ours, feed_rank=3, model_config="x", self="y")
    assert article.model_dump(exclude={"feed_rank", "model_config", "self"}) == plain.model_dump()
    assert article.model_extra == {"feed_rank": 3, "model_config": "x", "self": "y"}
    assert json.loads(article.model_dump_json())["feed_rank"] == 3


# -------------------------------------------------------------------------------------------- no articles

TEASERS = "".join(
    f'<div class="teaser"><h3><a href="/{n}">'
    f"The council talks about pier number {n} and the ferry that lands there</a></h3></div>"
    for n in range(40)
)
CONSENT = (
    "<div><h1>Before you continue</h1><p>We and our partners use cookies to store and read data on your device.</p>"
    "<button>Accept all</button></div>"
)
STUB = (
    f"<article><h1>{TITLE}</h1><p>{ENGLISH[0]}</p>"
    "<p>Subscribe to continue reading. Already a subscriber? Log in.</p></article>"
)


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", RejectReason.EMPTY),
        ("<html><body></body></html>", RejectReason.EMPTY),
        ('<html><body><div id="root"></div><script>run()</script></body></html>', RejectReason.EMPTY),
        (page(TEASERS, title="Harbour Post: the town's paper"), RejectReason.LISTING_PAGE),
        (page(CONSENT, title="Harbour Post"), RejectReason.CONSENT_WALL),
        (page(STUB), RejectReason.PAYWALL),
        (
            page(
                f"<article><h1>{TITLE}</h1><p>{ENGLISH[0]}</p></article>",
                linked({**LINKED, "isAccessibleForFree": False}),
            ),
            RejectReason.PAYWALL,
        ),
        (
            page("<h1>404</h1><p>There is no such page. It may have moved.</p>", title="404 Page not found"),
            RejectReason.ERROR_PAGE,
        ),
        (
            "<html><head><title>Access denied</title></head><body><p>Your address was blocked.</p></body></html>",
            RejectReason.ERROR_PAGE,
        ),
        (
            (
                "<html><head><title>Welcome</title></head><body>"
                "<p>Please log in with your name and password to see your page.</p></body></html>"
            ),
            RejectReason.NOT_AN_ARTICLE,
        ),
        (
            f"<html><head><title>{TITLE}</title></head><body><article><p>{ENGLISH[0]}</p></article></body></html>",
            RejectReason.TOO_SHORT,
        ),
    ],
    ids=[
        "empty",
        "blank page",
        "application",
        "listing",
        "consent",
        "paywall",
        "paywall by data",
        "404",
        "denied",
        "login",
        "short",
    ],
)
def test_a_page_that_is_no_article_has_a_reason(html: str, reason: RejectReason) -> None:
    rejected = outcome(html)
    assert isinstance(rejected, RejectedArticle)
    assert (rejected.reason, bool(rejected.detail)) == (reason, True), rejected.detail


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"%PDF-1.7\n1 0 obj <</Type /Catalog>>", "application/pdf", RejectReason.UNSUPPORTED_TYPE),
        (json.dumps({"body": ENGLISH}).encode(), "application/json", RejectReason.UNSUPPORTED_TYPE),
        (b"\xff\xd8\xff\xe0", "image/jpeg", RejectReason.UNSUPPORTED_TYPE),
        (b"\x1f\x8b\x08" + bytes(range(256)) * 10, "text/html", RejectReason.UNDECODABLE),
        (b"\0" * 500, None, RejectReason.UNDECODABLE),
        (b"", "text/html", RejectReason.EMPTY),
        (b"   ", None, RejectReason.EMPTY),
    ],
    ids=["pdf", "json", "jpeg", "gzip", "zeros", "empty", "blank"],
)
def test_content_that_is_no_page_has_a_reason(content: bytes, content_type: str | None, reason: RejectReason) -> None:
    rejected = of_bytes(content, content_type)
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason is reason


@pytest.mark.parametrize(
    "mention",
    [
        "Visitors must accept all cookies of the old ferry shop, the mayor joked.",
        "The old site answered with error 404 for a week.",
        "The council asked the ferry line to log in every landing of the day.",
        "The bill (for subscribers only) was leaked to the Harbour Post.",
    ],
)
def test_an_article_about_such_pages_is_one(mention: str) -> None:
    html = article_page(before=f"<p>{mention}</p>", after=PARAGRAPHS.replace("council", "town council"))
    assert mention in cleaned(html).body


# ------------------------------------------------------------------------------------------------ poison


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<p>x</p>" * (DEFAULT_LIMITS.elements + 1), RejectReason.TOO_COMPLEX),
        ("<div>" * (DEFAULT_LIMITS.depth + 50) + PARAGRAPHS, RejectReason.TOO_COMPLEX),
        ("<div>" * DEFAULT_LIMITS.elements + PARAGRAPHS, RejectReason.TOO_COMPLEX),
        ("<b>" * (DEFAULT_LIMITS.elements * 2 + 1), RejectReason.TOO_COMPLEX),
        ("x" * (DEFAULT_LIMITS.characters + 1), RejectReason.TOO_LARGE),
        (f"<!--{'x' * DEFAULT_LIMITS.characters}-->", RejectReason.TOO_LARGE),
    ],
    ids=["elements", "depth", "great depth", "unclosed", "characters", "comment"],
)
def test_limits_refuse_quickly(html: str, reason: RejectReason) -> None:
    started = time.process_time()
    rejected = outcome(html)
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason is reason
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "head",
    [
        linked({**LINKED, "datePublished": "2026-10-06T18:30:00+99:99"}),
        linked({**LINKED, "headline": ["a"], "author": {"name": {"name": {}}}, "datePublished": 20261006}),
        '<script type="application/ld+json">' + "[" * 50_000 + "</script>",
        '<meta property="og:title"><meta content="x"><meta name="date" content="99999999999">',
        '<meta charset="unicode_escape">',
    ],
    ids=["offset", "wrong types", "brackets", "bare metas", "charset"],
)
def test_a_strange_head_does_not_break_an_article(head: str) -> None:
    content = article_page(head, after="<p>caf\\ud800 \N{LATIN SMALL LETTER E WITH ACUTE}</p>").encode("latin-1")
    article = of_bytes(content.replace(b'<meta charset="utf-8">', b""), "text/html")
    assert isinstance(article, CleanArticle)
    assert ENGLISH[2] in CleanArticle.model_validate_json(article.model_dump_json()).body


@pytest.mark.parametrize("seed", range(30))
def test_a_broken_page_gives_an_outcome_that_can_be_written(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - seeded, so that a failure comes again
    content = bytearray(article_page(linked(LINKED)).encode())
    for _ in range(rng.choice([1, 10, 200])):
        at = rng.randrange(len(content) + 1)
        piece = rng.choice(
            [b"", b"<", b">", b"</", b"&#x", b'"', bytes([rng.randrange(256)]), b"<!--", b"]]>", b"<table>"]
        )
        content[at : at + rng.choice([0, 1, 40])] = piece
    result = of_bytes(bytes(content), rng.choice(["text/html", None, "text/html; charset=shift_jis"]))
    assert type(result).model_validate_json(result.model_dump_json()) == result


def test_a_rejection_keeps_the_scrapers_own_fields() -> None:
    outcome = clean(RawArticle(url="u", text=" ", fetched_at="2026-10-01T00:00:00Z", crawl_id=7, reason="mine"))
    assert isinstance(outcome, RejectedArticle)
    assert outcome.model_extra is not None
    assert outcome.model_extra["crawl_id"] == 7
    assert outcome.reason == RejectReason.EMPTY
