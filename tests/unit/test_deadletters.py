"""Dead letters: the record as it came, or as much of it as always fits."""

import hashlib
import json

import pytest

from agents.deadletters import ERROR_CHARACTERS, HEAD_BYTES, dead_letter
from agents.record import Output, Record
from pipeline.events import DeadLetter, DeadLetterReason, Origin

MEBIBYTE = 1024 * 1024


def written(record: Record, error: str = "went wrong", max_bytes: int = MEBIBYTE) -> tuple[Output, DeadLetter]:
    output = dead_letter(record, "clean", DeadLetterReason.FAILED, error, 2, max_bytes)
    assert output.topic == "deadletter"
    return output, DeadLetter.model_validate_json(output.value)


def taken(output: Output) -> int:
    """Bytes that the broker counts against the limit."""
    return len(output.value) + len(output.key or b"")


def record(value: bytes | None, key: bytes | None = b"k", headers: list[tuple[str, bytes]] | None = None) -> Record:
    return Record("news.raw", 3, 14, key, value, headers or [])


def test_holds_the_record_as_it_came_and_why() -> None:
    value, headers = bytes(range(256)) * 50, [("traceparent", b"00-ab"), ("again", b"1"), ("again", b"\xff\0")]
    output, letter = written(record(value, b"\xffkey\0", headers))
    assert (letter.value, letter.key, letter.headers) == (value, b"\xffkey\0", headers)
    assert (letter.stage, letter.reason, letter.error, letter.attempts) == ("clean", "failed", "went wrong", 2)
    assert (letter.topic, letter.partition, letter.offset) == ("news.raw", 3, 14)
    assert (letter.size, letter.sha256) == (len(value), hashlib.sha256(value).hexdigest())
    assert letter.truncated is False
    assert letter.time.tzinfo is not None
    assert output.key == b"\xffkey\0"


def test_origin_is_the_header_s_where_there_is_one() -> None:
    _, letter = written(record(b"v", headers=[("dateline-origin", b"news.raw/1/5")]))
    assert letter.origin == Origin("news.raw", 1, 5)
    _, letter = written(record(b"v", headers=[("dateline-origin", b"nonsense")]))
    assert letter.origin == Origin("news.raw", 3, 14)


@pytest.mark.parametrize(("key", "value"), [(None, None), (None, b""), (b"", None)])
def test_null_and_empty_are_kept_apart(key: bytes | None, value: bytes | None) -> None:
    output, letter = written(record(value, key))
    assert (letter.key, letter.value, letter.size, letter.truncated) == (key, value, 0, False)
    assert output.key == key


def test_what_is_too_large_travels_as_head_digest_and_size() -> None:
    value = b"<html>" + bytes(2 * MEBIBYTE)
    output, letter = written(record(value))
    assert letter.truncated is True
    assert letter.value == value[:HEAD_BYTES]
    assert (letter.size, letter.sha256) == (len(value), hashlib.sha256(value).hexdigest())
    assert letter.key == b"k"
    assert taken(output) <= MEBIBYTE


def test_ten_thousand_headers_are_cut_in_front() -> None:
    headers = [(f"header-{n}", b"x" * 20) for n in range(10_000)]
    output, letter = written(record(b"value", headers=headers))
    assert letter.truncated is True
    assert letter.value == b"value"
    assert 100 < len(letter.headers) < 1000
    assert letter.headers == headers[: len(letter.headers)]
    assert taken(output) <= MEBIBYTE


@pytest.mark.parametrize("size", range(640_000, 800_000, 8_000))
def test_fits_whatever_the_size(size: int) -> None:
    output, letter = written(record(b"\xff" * size))
    assert taken(output) <= MEBIBYTE
    assert letter.truncated == (len(letter.value or b"") < size)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_fits_with_a_large_key(share: float) -> None:
    """The broker counts the key of the dead letter beside its value. The sizes are the defaults."""
    room, max_bytes = 12 * MEBIBYTE - 1000, 20 * MEBIBYTE
    key = bytes(int(room * share))
    output, _ = written(record(bytes(room - len(key)), key), max_bytes=max_bytes)
    assert taken(output) <= max_bytes


@pytest.mark.parametrize(
    "letter", ["e", "ü", "港", "😀", "\0", '"'], ids=["ascii", "ü", "cjk", "emoji", "control", "quote"]
)
def test_a_long_error_is_cut_and_fits(letter: str) -> None:
    output, event = written(record(bytes(700_000)), error=letter * 100_000)
    assert event.error == letter * ERROR_CHARACTERS
    assert taken(output) <= MEBIBYTE


@pytest.mark.parametrize("letter", ["h", "ü", "港", "\0"], ids=["ascii", "ü", "cjk", "control"])
def test_long_names_of_headers_fit(letter: str) -> None:
    largest = (MEBIBYTE - 96 * 1024) * 3 // 4 - 1
    output, _ = written(record(bytes(largest), None, [(letter * 15_000, b"")]), error="\0" * 2000)
    assert taken(output) <= MEBIBYTE


def test_an_error_that_is_no_valid_unicode_can_be_written() -> None:
    _, letter = written(record(b"v"), error="file \udcff is gone")
    assert "is gone" in letter.error


def test_is_json_that_others_can_read() -> None:
    output, _ = written(record(b"\xff\xfe", headers=[("h", b"\xff")]))
    fields = json.loads(output.value)
    assert (fields["value"], fields["headers"], fields["origin"]) == ("//4=", [["h", "/w=="]], ["news.raw", 3, 14])
