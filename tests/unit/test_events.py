"""The contract: what builds from wire values, what is refused, and what an id is made of."""

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.events import (
    CleanArticle,
    DeadLetter,
    DeadLetterReason,
    DuplicateArticle,
    EnrichedArticle,
    Origin,
    RawArticle,
    RejectedArticle,
    Relation,
    TopicScore,
    UniqueArticle,
    Verdict,
    base64_bytes,
)

RAW = {"url": "https://one.example/a", "text": "A title\nA text.", "fetched_at": "2026-10-01T00:00:00Z"}


def raw(**fields: Any) -> RawArticle:
    return RawArticle.model_validate({**RAW, **fields})


def test_builds_from_wire_values() -> None:
    article = RawArticle(
        url="https://one.example/a",
        content="PGh0bWw+w6k8L2h0bWw+",
        content_type="text/html",
        fetched_at="2026-10-01T00:00:00Z",
    )
    assert article.content == "<html>é</html>".encode()
    assert article.fetched_at == datetime(2026, 10, 1, tzinfo=timezone.utc)


def test_content_survives_a_round_trip() -> None:
    page = bytes(range(256)) * 10
    article = raw(text=None, content=base64.b64encode(page).decode())
    again = RawArticle.model_validate_json(article.model_dump_json())
    assert article.content == again.content == page
    assert base64.b64decode(json.loads(article.model_dump_json())["content"]) == page


@pytest.mark.parametrize(
    "bodies",
    [{}, {"html": "<p>", "text": "t"}, {"text": "t", "content": "dA=="}, {"html": "", "text": "", "content": ""}],
    ids=["none", "html and text", "text and content", "all"],
)
def test_exactly_one_body(bodies: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="exactly one of html, text and content"):
        RawArticle.model_validate({"url": "u", "fetched_at": RAW["fetched_at"], **bodies})


@pytest.mark.parametrize("body", [{"html": ""}, {"text": ""}, {"content": ""}])
def test_an_empty_body_is_a_body(body: dict[str, str]) -> None:
    assert RawArticle.model_validate({"url": "u", "fetched_at": RAW["fetched_at"], **body})


@pytest.mark.parametrize(
    "fields",
    [{"url": ""}, {"url": None}, {"fetched_at": None}, {"fetched_at": "soon"}, {"authors": 7}, {"meta": []}],
    ids=str,
)
def test_refuses_what_it_cannot_read(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        raw(**fields)


@pytest.mark.parametrize("url", ["x", "urn:isbn:1", "not a url at all", "http://[", "港口"])
def test_any_url_that_is_not_empty_is_legal(url: str) -> None:
    assert raw(url=url).url == url


def test_unknown_fields_travel_on() -> None:
    unknown = {"feed_rank": 3, "nested": {"a": [1, None, "ü"]}}
    article = RawArticle.model_validate_json(json.dumps({**RAW, **unknown}))
    assert json.loads(article.model_dump_json()).items() >= unknown.items()


def test_times_without_an_offset_are_utc_and_offsets_are_kept() -> None:
    assert raw(fetched_at="2026-10-01T10:00:00").fetched_at == datetime(2026, 10, 1, 10, tzinfo=timezone.utc)
    kept = CleanArticle(url="u", published_at="2026-10-01T10:00:00+05:30").published_at
    assert kept is not None
    assert kept.utcoffset() == timedelta(hours=5, minutes=30)
    again = CleanArticle.model_validate_json(CleanArticle(url="u", published_at=kept).model_dump_json()).published_at
    assert again is not None
    assert again.utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("yesterday, about noon", "yesterday, about noon"),
        ("", ""),
        ("2026-13-45", "2026-13-45"),
        ("2026-10-01T10:00:00", datetime(2026, 10, 1, 10, tzinfo=timezone.utc)),
        ("2026-10-01T10:00:00+02:00", datetime(2026, 10, 1, 8, tzinfo=timezone.utc)),
        (None, None),
    ],
)
def test_a_date_that_cannot_be_read_stays_a_string(given: str | None, kept: object) -> None:
    article = RawArticle.model_validate_json(json.dumps({**RAW, "published_at": given}))
    assert article.published_at == kept
    assert RawArticle.model_validate_json(article.model_dump_json()).published_at == kept


def test_one_author_may_be_a_string() -> None:
    assert raw(authors="Ilse Tarnow").authors == ["Ilse Tarnow"]
    assert raw(authors=["Ilse Tarnow", "Jon Petz"]).authors == ["Ilse Tarnow", "Jon Petz"]
    assert raw().authors is None


# -------------------------------------------------------------------------------------------------- ids


def test_an_origin_and_a_page_are_one_id_whatever_the_text() -> None:
    here, there = Origin("news.raw", 0, 1), Origin("news.raw", 0, 11)
    one = CleanArticle(url="u", origin=here, title="A", body="first")
    assert CleanArticle(url="u", origin=here, title="B", body="second").id == one.id
    assert CleanArticle(url="u", origin=there, title="A", body="first").id != one.id
    assert CleanArticle(url="v", origin=here, title="A", body="first").id != one.id
    assert CleanArticle(url="u", origin=Origin("news.raw", 1, 0), title="A", body="first").id != one.id


def test_without_an_origin_the_text_decides() -> None:
    one = CleanArticle(url="u", title="A", body="first")
    assert CleanArticle(url="u", title="A", body="first", source="elsewhere").id == one.id
    others = [("v", "A", "first"), ("u", "B", "first"), ("u", "A", "second"), ("u", "Af", "irst")]
    ids = {CleanArticle(url=url, title=title, body=body).id for url, title, body in others}
    assert len(ids | {one.id}) == 5


def test_an_id_that_is_given_stays() -> None:
    one = CleanArticle(url="u", id="mine")
    assert CleanArticle.model_validate_json(one.model_dump_json()).id == "mine"


def test_an_article_builds_from_four_fields_that_may_be_empty() -> None:
    article = CleanArticle(url="u", title="", body="", language="", home_country="DE")
    assert (article.title, article.body, article.language, article.authors) == ("", "", "", [])
    assert article.published_at is None
    assert len(article.id) == 32


# -------------------------------------------------------------------------------- events down the stream


def test_each_stage_reads_what_the_one_before_wrote() -> None:
    verdict = Verdict(relation=Relation.REVISION, duplicate_of="a" * 32, similarity=0.5, revision=1, version="v")
    unique = UniqueArticle(
        url="u",
        title="T",
        body="b",
        origin=("news.raw", 0, 1),
        verdict=verdict,
        published_at="2026-10-01T10:00:00+02:00",
        feed_rank=3,
    )
    wire = unique.model_dump_json(exclude_none=True)
    enriched = EnrichedArticle.model_validate_json(wire)
    assert enriched.verdict == verdict
    assert (enriched.id, enriched.origin, enriched.published_at) == (unique.id, unique.origin, unique.published_at)
    assert enriched.model_extra == {"feed_rank": 3}
    assert (enriched.topics, enriched.regions.countries, enriched.revision) == ([], [], 0)
    topic = TopicScore(code="11000000", top="11000000", label="politics", score=0.9)
    full = enriched.model_copy(update={"topics": [topic], "revision": 1, "revision_of": "a" * 32})
    assert EnrichedArticle.model_validate_json(full.model_dump_json()) == full
    assert DuplicateArticle.model_validate_json(full.model_dump_json()).verdict == verdict, "trends reads both"


def test_unique_and_duplicate_articles_need_a_verdict() -> None:
    for model in (UniqueArticle, DuplicateArticle, EnrichedArticle):
        with pytest.raises(ValidationError, match="verdict"):
            model.model_validate({"url": "u"})


@pytest.mark.parametrize("similarity", [-0.1, 1.1])
def test_similarity_is_a_share(similarity: float) -> None:
    with pytest.raises(ValidationError, match="similarity"):
        Verdict(relation=Relation.NEAR, similarity=similarity)


def test_rejections_have_known_reasons() -> None:
    assert RejectedArticle(url="u", reason="listing_page").reason == "listing_page"
    with pytest.raises(ValidationError, match="reason"):
        RejectedArticle(url="u", reason="dull")


def test_dead_letters_carry_any_bytes_through_json() -> None:
    data = bytes(range(256))
    letter = DeadLetter(
        stage="clean",
        reason=DeadLetterReason.INVALID,
        error="e",
        attempts=1,
        time="2026-10-01T00:00:00Z",
        topic="news.raw",
        partition=0,
        offset=1,
        origin=("news.raw", 0, 1),
        size=256,
        key=base64_bytes(data),
        value=base64_bytes(data),
        headers=[("h", base64_bytes(data)), ("none", None)],
    )
    again = DeadLetter.model_validate_json(letter.model_dump_json())
    assert again == letter
    assert (again.key, again.value, again.headers) == (data, data, [("h", data), ("none", None)])
    assert again.origin == Origin("news.raw", 0, 1)
