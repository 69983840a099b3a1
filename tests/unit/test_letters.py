"""Dead letters as they are chosen and as they go back."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import trends
from agents.deadletters import HEADER_BYTES, dead_letter
from agents.record import ATTEMPTS_HEADER, ORIGIN_HEADER, REPLAY_HEADER, Headers, Record
from agents.settings import Settings
from dateline.letters import Wanted, headers_of, place_of, url_of, why_not
from dateline.terminal import brief
from pipeline.events import DeadLetter, DeadLetterReason, Origin

MEBIBYTE = 1024 * 1024
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def letter(value: bytes | None = b"{}", headers: Headers | None = None, key: bytes | None = b"k") -> DeadLetter:
    record = Record("news.raw", 3, 14, key, value, headers or [])
    output = dead_letter(record, "clean", DeadLetterReason.FAILED, "went wrong", 2, MEBIBYTE)
    return DeadLetter.model_validate_json(output.value)


own_headers = st.sampled_from([ORIGIN_HEADER, ATTEMPTS_HEADER, REPLAY_HEADER, "traceparent"])
header_lists = st.lists(st.tuples(own_headers | st.text(max_size=20), st.binary(max_size=30)), max_size=8)


@given(headers=header_lists)
def test_headers_go_back_as_they_were_with_an_origin_and_two_of_ours(headers: Headers) -> None:
    back, attempts = headers_of(letter(headers=headers), "dateline-clean", "run")
    assert back[-2:] == [(ATTEMPTS_HEADER, b"%d" % attempts), (REPLAY_HEADER, b"dateline-clean/run")]
    as_they_were = [pair for pair in headers if pair[0] not in (ATTEMPTS_HEADER, REPLAY_HEADER)]
    assert back[: len(as_they_were)] == as_they_were
    assert attempts >= 2
    # The stage that reads it again sees the origin that it saw at first.
    first = Record("news.raw", 3, 14, b"k", b"{}", headers).origin
    if ORIGIN_HEADER not in dict(headers):
        assert Record("news.raw", 0, 99, b"k", b"{}", back).origin == first == Origin("news.raw", 3, 14)


def test_attempts_add_up_over_replays() -> None:
    first, attempts = headers_of(letter(), "g", "1")
    assert attempts == 2
    _, attempts = headers_of(letter(headers=first), "g", "2")
    assert attempts == 4


@pytest.mark.parametrize("forged", [b"", b"-1", b"many", b"9" * 5000, b"\xb2"])
def test_a_forged_count_is_passed_over(forged: bytes) -> None:
    assert headers_of(letter(headers=[(ATTEMPTS_HEADER, forged)]), "g", "1")[1] == 2


def test_what_travelled_as_its_head_cannot_go_back() -> None:
    assert why_not(letter()) is None
    assert why_not(letter(None)) is None
    assert "too large" in (why_not(letter(bytes(2 * MEBIBYTE))) or "")
    assert "too large" in (why_not(letter(headers=[("h", bytes(HEADER_BYTES))])) or "")
    assert "neither key nor value" in (why_not(letter(None, key=None)) or "")


@pytest.mark.parametrize(
    ("value", "key", "url"),
    [
        (b'{"url": "https://a.example/1"}', b"id", "https://a.example/1"),
        (b'{"url": "https://a.ex', b"https://a.example/1", "https://a.example/1"),
        (b"[1]", b"\xffkey", "\ufffdkey"),
        (b'{"body": ""}', None, ""),
        (None, b"https://a.example/1", "https://a.example/1"),
    ],
)
def test_the_url_of_a_dead_letter(value: bytes | None, key: bytes | None, url: str) -> None:
    assert url_of(letter(value, key=key)) == url


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Wanted(), True),
        (Wanted(stage="clean", reason=DeadLetterReason.FAILED, url="a.example"), True),
        (Wanted(stage="dedupe"), False),
        (Wanted(reason=DeadLetterReason.TIMEOUT), False),
        (Wanted(url="b.example"), False),
        (Wanted(since=NOON), True),
        (Wanted(since=NOON + timedelta(seconds=1)), False),
        (Wanted(until=NOON), False),
        (Wanted(until=NOON + timedelta(seconds=1)), True),
    ],
)
def test_all_that_is_asked_for_must_hold(wanted: Wanted, matches: bool) -> None:  # noqa: FBT001 - a row of the table
    asked = letter(b'{"url": "https://a.example/1"}').model_copy(update={"time": NOON})
    assert wanted.matches(asked) is matches


def test_each_death_has_a_place_of_its_own() -> None:
    one = letter()
    assert place_of(one) == "clean news.raw/3/14"
    assert place_of(one.model_copy(update={"offset": 15})) != place_of(one)
    assert place_of(one.model_copy(update={"stage": "trends"})) != place_of(one)


@given(st.text())
def test_nothing_of_others_commands_a_terminal(text: str) -> None:
    shown = brief(text)
    assert len(shown) == min(len(text), 200)
    assert not set(shown) & {*map(chr, range(0x20)), "\x7f", "\x9b", "\u202e"}


def test_long_text_of_others_is_cut() -> None:
    assert brief("x" * 300) == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("mark", "taken"),
    [(None, True), (b"", True), (b"dateline-trends/run", True), (b"dateline-route/run", False), (b"\xff", False)],
)
def test_a_record_put_back_is_for_the_group_where_it_died(mark: bytes | None, taken: bool) -> None:  # noqa: FBT001 - a row of the table
    headers = [] if mark is None else [(REPLAY_HEADER, mark)]
    assert Record("news.enriched", 0, 1, None, b"", headers).is_for("dateline-trends") is taken


async def test_trends_counts_nothing_that_was_put_back_for_route() -> None:
    back, _ = headers_of(letter(), "dateline-route", "run")
    record = Record("news.enriched", 0, 1, b"k", b"{}", back)
    assert await trends.stage(Settings()).work(record) == []
