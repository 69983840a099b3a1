"""Plain text to its article: what goes, what is named for it, and that no news goes with it."""

from datetime import datetime, timezone
from typing import Any

import pytest

from pipeline.clean import clean
from pipeline.events import CleanArticle, Origin, RawArticle, RejectedArticle, RejectReason
from tests.unit.texts import ENGLISH

BODY = "\n".join(ENGLISH)
TITLE = "Council votes to rebuild the old ferry pier"


def cleaned(text: str, **fields: Any) -> CleanArticle:
    article = outcome(text, **fields)
    assert isinstance(article, CleanArticle)
    return article


def outcome(text: str, **fields: Any) -> CleanArticle | RejectedArticle:
    raw = RawArticle(url="https://one.example/a", text=text, fetched_at="2026-10-06T00:00:00Z", **fields)
    return clean(raw)


def rules(article: CleanArticle) -> dict[str, int]:
    return {removal.rule: removal.count for removal in article.removed}


def test_a_scraped_text_as_a_whole() -> None:
    article = cleaned(
        f"{TITLE}\nIlse Tarnow\nOctober 6, 2026\n\n{BODY}\n"
        "A cyclist passes by the closed pier on Monday morning.\nOther reports by Ilse Tarnow\nDiscuss this article\n"
    )
    assert (article.title, article.title_from) == (TITLE, "text")
    assert (article.authors, article.authors_from) == (["Ilse Tarnow"], "byline")
    assert article.published_at == datetime(2026, 10, 6, tzinfo=timezone.utc)
    assert article.published_at_from == "date-line"
    assert (article.language, article.language_from) == ("en", "text")
    assert article.body == BODY
    assert rules(article) == {"byline": 1, "date-line": 1, "caption": 1, "tail-other-reports": 1, "tail-discuss": 1}


def test_wire_copy() -> None:
    lead = f"PORT TARN, Oct 6 (Harbour Wire) - {ENGLISH[0]}"
    head = ["TOWN-PIER/VOTE (URGENT)", "EMBARGO: 6 pm", TITLE, "By Ilse Tarnow and Jon Petz"]
    tail = ["(more)", "(Reporting by Ilse Tarnow; Editing by Ada Moor)", "-30-"]
    article = cleaned("\n".join([*head, lead, *ENGLISH[1:], *tail]))
    assert article.title == TITLE
    assert article.authors == ["Ilse Tarnow", "Jon Petz"]
    assert article.body == "\n".join([lead, *ENGLISH[1:]])
    assert rules(article) == {"slug": 2, "byline": 1, "reporting-credit": 1, "wire-mark": 2}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Read more: ten years of the harbour", "read-more"),
        ("Lesen Sie auch: Zehn Jahre Hafen", "read-more"),
        ("Lire aussi : dix ans de port", "read-more"),
        ("Lee también: diez años del puerto", "read-more"),
        ("Читайте также: десять лет порту", "read-more"),
        ("اقرأ أيضا: عشر سنوات من الميناء", "read-more"),
        ("相关阅读：港口十年", "read-more"),
        ("あわせて読みたい：港の十年", "read-more"),
        ("यह भी पढ़ें: बंदरगाह के दस साल", "read-more"),
        ("관련기사 항구의 십 년", "read-more"),
        ("Share this on Facebook", "share"),
        ("Artikel teilen", "share"),
        ("Sign up for our daily newsletter", "newsletter"),
        ("Abonnez-vous à notre lettre", "newsletter"),
        ("© 2026 Harbour Post", "copyright"),
        ("Alle Rechte vorbehalten.", "copyright"),
        ("This material may not be published, broadcast or rewritten.", "copyright"),
        ("Photo: Jon Petz / Harbour Post", "credit"),
        ("Фото: Йон Петц", "credit"),
        ("Advertisement", "advertisement"),
        ("ANZEIGE", "advertisement"),
        ("12 comments", "tail-discuss"),
        ("Join the conversation", "tail-discuss"),
    ],
)
@pytest.mark.parametrize("place", [3, 5], ids=["within", "at the end"])
def test_lines_that_are_no_news_go_by_name(line: str, rule: str, place: int) -> None:
    lines = [*ENGLISH[:place], line, *ENGLISH[place:]]
    article = cleaned("\n".join([TITLE, *lines]))
    assert article.body == BODY
    assert rules(article) == {rule: 1}


@pytest.mark.parametrize(
    "line",
    [
        "Facebook said it would share this data with the council, and Twitter followed a day later.",
        "The mayor asked readers of the newsletter to sign up as helpers.",
        "“Read it again,” the engineer told them.",
        "Subscribers of the old ferry line will get their money back, the council said.",
        "The photo shows the pier.",
        "The ruling is seen as a setback for the mayor.",
        "Copyright law will change in January, the minister told the council.",
        "Related protests were held in three other towns on Sunday.",
        "Partager le port avec les plaisanciers reste un défi, selon la commune.",
        "Compartir el muelle con los turistas no será fácil, dijo la alcaldesa.",
    ],
)
def test_sentences_of_the_news_stay(line: str) -> None:
    assert line in cleaned("\n".join([TITLE, *ENGLISH, line])).body.split("\n")


@pytest.mark.parametrize(
    "lead",
    [
        "By Tuesday evening the council had voted to rebuild the old ferry pier.",
        "Oct 6 (Harbour Wire) - The council voted to rebuild the pier in 2027.",
        "October 6, 2026 was the day on which the council voted to rebuild the pier.",
        "Ilse Tarnow has won.",
        "The closed pier is pictured in every guide book of the coast.",
        "Nobody looks on as the old pier falls into the sea, the council said.",
        "Two boats sank.",
    ],
)
def test_nothing_of_the_lead_is_lost(lead: str) -> None:
    article = cleaned("\n".join([TITLE, "Ilse Tarnow", "October 6, 2026", lead, *ENGLISH]))
    assert article.body == f"{lead}\n{BODY}"
    assert article.title == TITLE


def test_a_long_paragraph_that_comes_twice_goes_once_and_a_short_one_stays() -> None:
    twice = (
        "The council voted on the pier again after a pause in which nobody left the hall and nobody said a single word."
    )
    article = cleaned("\n".join([TITLE, *ENGLISH, twice, "No comment.", twice, "No comment."]))
    assert article.body == "\n".join([*ENGLISH, twice, "No comment.", "No comment."])
    assert rules(article) == {"repeated-paragraph": 1}


@pytest.mark.parametrize("first", [ENGLISH[0], "x" * 201], ids=["a sentence", "too long"])
def test_a_first_line_that_is_no_title_is_text(first: str) -> None:
    article = cleaned("\n".join([first, *ENGLISH[1:]]))
    assert (article.title, article.title_from) == ("", None)
    assert article.body.startswith(first)


def test_the_feed_is_believed_before_the_text() -> None:
    article = cleaned(
        f"{TITLE}\nIlse Tarnow\nOctober 6, 2026\n{BODY}",
        title="The feed's title",
        authors=["Ada Moor"],
        published_at="2026-10-05T10:00:00+02:00",
        source="Harbour Post",
        home_country="DK",
        meta={"a": 1},
    )
    assert (article.title, article.title_from) == ("The feed's title", "feed")
    assert (article.authors, article.authors_from) == (["Ada Moor"], "feed")
    assert article.published_at == datetime(2026, 10, 5, 8, tzinfo=timezone.utc)
    assert article.published_at_from == "feed"
    assert (article.source, article.home_country, article.meta) == ("Harbour Post", "DK", {"a": 1})
    assert article.body == BODY


def test_a_title_of_white_space_is_none() -> None:
    article = cleaned(f"{TITLE}\n{BODY}", title=" \n")
    assert (article.title, article.title_from) == (TITLE, "text")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", RejectReason.EMPTY),
        (" \n\t\u00a0", RejectReason.EMPTY),
        ("\u200b\u200e\n\ufeff", RejectReason.TOO_SHORT),
        (f"{TITLE}\n{ENGLISH[0]}", RejectReason.TOO_SHORT),
        (TITLE, RejectReason.TOO_SHORT),
        (f"{TITLE}\n" + "Advertisement\n" * 100, RejectReason.TOO_SHORT),
    ],
    ids=["empty", "blank", "invisible", "one sentence", "title alone", "only boilerplate"],
)
def test_what_holds_no_news_is_rejected(text: str, reason: RejectReason) -> None:
    rejected = outcome(text, source="Harbour Post", meta={"a": 1})
    assert isinstance(rejected, RejectedArticle)
    assert rejected.reason is reason
    assert rejected.detail
    assert (rejected.url, rejected.source) == ("https://one.example/a", "Harbour Post")


CHINESE = (
    "海港委员会周二晚间投票决定在冬季风暴来临之前重建旧渡轮码头。镇长对会议表示修缮工程将耗资四百万克"
    "朗并持续约十一个月。旁听席上的渔民对这一决定表示欢迎但有几位询问在此期间船只应当停靠在哪里。"
)


def test_a_hundred_letters_are_enough_in_chinese_and_too_few_in_english() -> None:
    assert 90 < len(CHINESE) < 110
    article = cleaned(f"委员会决定重建码头\n{CHINESE}")
    assert (article.title, article.body) == ("委员会决定重建码头", CHINESE)
    assert isinstance(outcome(f"{TITLE}\n{BODY[:100]}"), RejectedArticle)


def test_the_letters_of_a_short_chinese_text_tell_its_language() -> None:
    assert cleaned(f"委员会决定重建码头\n{CHINESE}").language == "zh"


def test_text_is_tidied() -> None:
    article = cleaned(f"{TITLE}\r\n{ENGLISH[0]}\u200b\x07 \tcafe\u0301\u00a0\u00adbar\r\n\r\n" + BODY)
    assert article.body == f"{ENGLISH[0]} café bar\n{BODY}"


def test_the_origin_makes_the_id() -> None:
    raw = RawArticle(url="https://one.example/a", text=f"{TITLE}\n{BODY}", fetched_at="2026-10-06T00:00:00Z")
    one, again, other = (clean(raw, Origin("news.raw", 0, n)) for n in (1, 1, 2))
    assert isinstance(one, CleanArticle)
    assert one == again
    assert isinstance(other, CleanArticle)
    assert one.id != other.id
    assert one.origin == Origin("news.raw", 0, 1)
