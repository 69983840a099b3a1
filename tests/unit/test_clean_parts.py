"""The steps of cleaning a page, each alone: lead, titles, pointers, root, names of parts, rules, dateline, dates."""

import tomllib
from collections import Counter
from datetime import datetime, timedelta, timezone
from importlib.resources import files

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean import clean
from pipeline.clean.bylines import is_outlet
from pipeline.clean.dates import date_in_url, doubts_of
from pipeline.clean.declared import read_declared
from pipeline.clean.furniture import Part, find_parts, name_of_part, names_lead
from pipeline.clean.lead import find_lead
from pipeline.clean.links import linked_lines
from pipeline.clean.metadata import Metadata
from pipeline.clean.page import drop, one_line
from pipeline.clean.root import content_html
from pipeline.clean.rules import RULES, drop_lines, drop_pull_quotes
from pipeline.clean.titles import is_title, without_site
from pipeline.dateline import dateline_of
from pipeline.events import CleanArticle, DateDoubt, RawArticle
from pipeline.limits import DEFAULT_LIMITS
from tests.unit.texts import ENGLISH

UTC = timezone.utc
TITLE = "Council votes to rebuild the old ferry pier"
LEAD = "The pier has been closed since a storm in March; the work is to take eleven months and four million crowns."
TEXT = "".join(f"<p>{line}</p>" for line in ENGLISH)


def tree(body: str, head: str = "") -> LexborHTMLParser:
    return LexborHTMLParser(f"<html><head>{head}</head><body>{body}</body></html>")


def cleaned(body: str, head: str = "") -> CleanArticle:
    html = f"<html><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>"
    article = clean(RawArticle(url="https://one.example/a", html=html, fetched_at="2026-10-06T00:00:00Z"))
    assert isinstance(article, CleanArticle), article
    return article


@pytest.mark.parametrize(
    ("before", "head"),
    [
        (f'<div class="article-standfirst">{LEAD}</div>', ""),
        (f'<span class="c3">{LEAD}</span>', f'<meta property="og:description" content="{LEAD}">'),
        (f"<header><p>{LEAD}</p></header>", f'<meta name="description" content="{LEAD[:60]}...">'),
        (f'<h2 class="articleTeaser">{LEAD}</h2>', ""),
    ],
    ids=["by name", "by description", "by a description cut short", "a teaser above the text"],
)
def test_the_lead_stands_first(before: str, head: str) -> None:
    article = cleaned(f"<main><h1>{TITLE}</h1>{before}<article>{TEXT}</article></main>", head)
    assert article.body.split("\n") == [LEAD, *ENGLISH]


@pytest.mark.parametrize(
    "after",
    [
        f'<div class="standfirst">{LEAD}</div>',
        f'<aside class="related"><p class="lead">{LEAD}</p></aside>',
    ],
    ids=["below the text", "of another story"],
)
def test_what_stands_below_the_text_is_no_lead(after: str) -> None:
    assert LEAD not in cleaned(f"<main><h1>{TITLE}</h1><article>{TEXT}</article>{after}</main>").body.split("\n")[0]


def test_a_lead_that_extraction_kept_is_not_doubled() -> None:
    page = tree(f'<h1>{TITLE}</h1><p class="lead">{LEAD}</p>{TEXT}')
    lead = find_lead(page, one_line(page.css("body")[0]), Metadata(titles=[TITLE]))
    assert lead.missing_from(ENGLISH) == [LEAD]
    assert lead.missing_from([LEAD, *ENGLISH]) == []
    assert lead.missing_from([]) == []


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (TITLE, True),
        (TITLE.upper(), True),
        (f"Ferries: {TITLE}", True),
        (f"{TITLE} | Harbour Post", True),
        ("FerriesCouncil votes to rebuild the old ferry pier", True),
        ("Council", False),
        ("The pier is closed", False),
        ("", False),
    ],
)
def test_titles(text: str, *, same: bool) -> None:
    assert is_title(text, [TITLE]) is same


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        ("Pier to be rebuilt - Harbour Post", "Pier to be rebuilt"),
        ("Pier to be rebuilt | Coast | Harbour Post", "Pier to be rebuilt | Coast"),
        ("Harbour Post: Pier to be rebuilt", "Pier to be rebuilt"),
        ("桟橋を再建へ：ハーバーポスト", "桟橋を再建へ"),
        ("Pier: the vote", "Pier: the vote"),
        ("Harbour Post", "Harbour Post"),
    ],
)
def test_an_outlet_is_no_part_of_its_titles(title: str, rest: str) -> None:
    assert without_site(title, ["Harbour Post", "ハーバーポスト", ""]) == rest


@pytest.mark.parametrize(
    "line",
    [
        '<p><a href="/b">Ten years of the harbour</a></p>',
        '<p>Also read: <a href="/b">Ten years of the harbour</a></p>',
        '<div><strong><a href="/b">Ten years of the harbour</a></strong></div>',
        '<li>19.03.2024 <a href="/b">Ten years of the harbour</a></li>',
    ],
)
def test_pointers(line: str) -> None:
    (found,) = linked_lines(tree(line))
    assert found.endswith("Ten years of the harbour")


@pytest.mark.parametrize(
    "line",
    [
        '<p>The council read <a href="/b">Ten years of the harbour</a></p>',
        '<p><a href="/b">Ten years</a> of the harbour were told.</p>',
        '<h3><a name="s1">Ten years of the harbour</a></h3>',
        '<p><a href="/b"></a></p>',
    ],
)
def test_links_in_sentences_and_anchors_are_no_pointers(line: str) -> None:
    assert not linked_lines(tree(line))


def test_pointers_go_unless_they_are_the_text() -> None:
    pointer = '<p><a href="/b">Ten years of the harbour in pictures</a></p>'
    article = cleaned(f"<h1>{TITLE}</h1><article>{TEXT}{pointer}<p>{ENGLISH[0]} Again.</p></article>")
    assert "pictures" not in article.body
    linked = "".join(f'<p><a href="/{n}">{line}</a></p>' for n, line in enumerate(ENGLISH))
    assert ENGLISH[0] in cleaned(f"<h1>{TITLE}</h1><article>{linked}</article>").body


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ("related-stories", Part.FURNITURE),
        ("relatedStories", Part.FURNITURE),
        ("c-table_of_contents", Part.FURNITURE),
        ("wp-caption-text", Part.FURNITURE),
        ("comments-area", Part.COMMENTS),
        ("author-bio", Part.CREDITS),
        ("story body", Part.OTHER),
        ("correlated", Part.OTHER),
        ("heads", Part.OTHER),
        ("", Part.OTHER),
    ],
)
def test_names_of_parts(names: str, part: Part) -> None:
    assert name_of_part(names) is part


def test_a_lead_by_name() -> None:
    assert names_lead("articleSubTitle")
    assert not names_lead("leader")


def test_parts_stand_apart_and_leave_the_article() -> None:
    page = tree(
        f'<div class="related wrapper">{TEXT}</div><div class="promo"><p class="share">Share</p></div>'
        '<div class="comments"><p class="share">me too</p></div><p class="byline">By Ada Moor</p>'
    )
    parts = find_parts(page)
    assert [one_line(node) for node in parts[Part.FURNITURE]] == ["Share"]
    assert [one_line(node) for node in parts[Part.COMMENTS]] == ["me too"]
    assert [one_line(node) for node in parts[Part.CREDITS]] == ["By Ada Moor"]
    drop(node for nodes in parts.values() for node in nodes)
    assert one_line(page.css("body")[0]).endswith(ENGLISH[-1])


def test_extraction_sees_the_part_with_the_paragraphs() -> None:
    text = TEXT + f"<p>{LEAD}</p>"
    page = tree(f'<div>menu</div><table><tr><td class="x"><div>{text}</div></td><td>teaser</td></tr></table>')
    assert content_html(page) == f"<html><body><article>{text}</article></body></html>"
    assert "menu" in content_html(tree("<div>menu</div><p>short</p>"))


def test_every_rule_is_a_pattern_in_many_languages() -> None:
    table = tomllib.loads(files("pipeline.clean").joinpath("data/lines.toml").read_text(encoding="utf-8"))
    languages = {key for row in table.values() for key in row} - {"label", "block", "any"}
    assert len(languages) >= 39
    assert set(RULES) == set(table)
    assert all(rule.begins or rule.holds for rule in RULES.values())
    assert not any(drop_lines([line], Counter()) == [] for line in ENGLISH)


def test_a_label_takes_the_list_below_it_along() -> None:
    removed: Counter[str] = Counter()
    lines = [ENGLISH[0], "Related:", "- Ten years of the harbour", "- The storm of March", ENGLISH[1], "- four million"]
    assert drop_lines(lines, removed) == [ENGLISH[0], ENGLISH[1], "- four million"]
    assert removed == {"read-more": 3}


def test_pull_quotes_go_but_not_the_lead() -> None:
    removed: Counter[str] = Counter()
    quote = "the wooden piles had rotted below the water line"
    lines = [ENGLISH[0], *ENGLISH[1:], quote]
    assert any(quote in line for line in ENGLISH)
    assert drop_pull_quotes(lines, removed) == list(ENGLISH)
    assert removed == {"pull-quote": 1}
    assert drop_pull_quotes([quote, *ENGLISH], removed) == [quote, *ENGLISH]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("LONDON, March 3 (Reuters) - The council", "LONDON"),
        ("Berlin (dpa) - Der Rat", "Berlin"),
        ("NEW YORK, Nov. 3, 2026 (AP) — The council", "NEW YORK"),
        ("Washington, D.C. (AP) - The council", "Washington, D.C."),
        ("MOSKAU/KIEW, 3. März (Reuters) - Der Rat", "MOSKAU/KIEW"),
        ("PARIS, France — The council", "PARIS, France"),
        ("The mayor (a sailor) - said it", None),
        ("He came - and left", None),
        ("", None),
    ],
)
def test_datelines(text: str, place: str | None) -> None:
    assert dateline_of(f"{text}\nLYON, May 3 (AFP) - second line") == place


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://one.example/2026/10/06/pier", datetime(2026, 10, 6)),
        ("https://one.example/pier-2026-10-06", datetime(2026, 10, 6)),
        ("https://one.example/2026/02/31/pier", None),
        ("https://one.example/12026/10/06", None),
        ("https://one.example/pier", None),
    ],
)
def test_a_day_in_the_address(url: str, day: datetime | None) -> None:
    assert date_in_url(url) == day


def test_odd_dates_are_kept_and_flagged() -> None:
    fetched = datetime(2026, 10, 6, tzinfo=UTC)
    assert doubts_of(fetched + timedelta(hours=20), fetched) == []
    assert doubts_of(fetched + timedelta(days=2), fetched) == [DateDoubt.FUTURE]
    assert doubts_of(fetched - timedelta(days=500), fetched) == [DateDoubt.FAR_FROM_FETCHED]
    assert doubts_of(datetime(1970, 1, 1, tzinfo=UTC), None) == [DateDoubt.BEFORE_1990]
    head = '<meta property="article:published_time" content="2031-01-01T10:00:00+01:00">'
    article = cleaned(f"<h1>{TITLE}</h1><article>{TEXT}</article>", head)
    assert article.published_at is not None
    assert article.published_at.year == 2031
    assert article.date_doubts == [DateDoubt.FUTURE]


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("Harbour Post", True),
        ("harbourpost.com", True),
        ("Harbour Post Online", True),
        ("@HarbourPost", True),
        ("Staff", True),
        ("News desk", True),
        ("Redaktion", True),
        ("Ilse Tarnow", False),
        ("Harbour Wire", False),
    ],
)
def test_an_outlet_and_its_staff_are_no_authors(name: str, *, own: bool) -> None:
    assert is_outlet(name, ["Harbour Post"]) is own


def test_what_else_a_page_declares() -> None:
    head = (
        '<meta property="og:title" content="Pier &amp;quot;gone&amp;quot;">'
        '<meta property="og:site_name" content="Post">'
        '<meta property="article:section" content="Coast"><meta name="dc.creator" content="Tarnow, Ilse">'
        '<meta property="article:modified_time" content="2026-10-07T08:00:00Z"><meta name="description" content="D">'
    )
    found = read_declared(tree("", head), DEFAULT_LIMITS.json_characters)
    assert found.title == 'Pier "gone"'
    assert (found.section, found.site, found.authors) == ("Coast", "Post", ["Ilse Tarnow"])
    assert found.updated_at == datetime(2026, 10, 7, 8, tzinfo=UTC)
    assert found.descriptions == ["D"]
