"""A record's origin and what travels on with its outputs."""

import pytest

from agents.record import Headers, Record, format_origin, parse_origin
from pipeline.events import Origin


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"news.raw",
        b"news.raw/1",
        b"news.raw/x/1",
        b"news.raw/1/-1",
        b"/1/1",
        b"news.raw/1/1.0",
        b"\xff",
        b"news.raw/0/" + b"9" * 5000,
        b"news.raw/" + b"9" * 5000 + b"/0",
        b"news.raw/0/" + str(2**63).encode(),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_origin_is_none(value: bytes | None) -> None:
    assert parse_origin(value) is None


@pytest.mark.parametrize("origin", [Origin("news.raw", 0, 0), Origin("a-b_c", 12, 10**18 - 1), Origin("N" * 249, 1, 2)])
def test_origin_round_trip(origin: Origin) -> None:
    assert parse_origin(format_origin(origin)) == origin


def test_a_replayed_record_keeps_its_first_origin() -> None:
    headers = [("dateline-origin", b"bad"), ("dateline-origin", b"news.raw/1/5")]
    assert Record("news.raw", 2, 9, None, b"", headers).origin == Origin("news.raw", 1, 5)
    assert Record("news.raw", 2, 9, None, b"", [headers[0]]).origin == Origin("news.raw", 2, 9)


def test_trace_times_and_origin_travel_and_nothing_else() -> None:
    headers = [
        ("traceparent", b"00-1"),
        ("cookie", b"secret"),
        ("dateline-ms-clean", b"4.5"),
        ("tracestate", None),
        ("dateline-origin", b"news.raw/1/5"),
        ("dateline-origin", b"news.raw/1/6"),
    ]
    travelling = Record("news.clean", 0, 9, None, b"", headers, timestamp=1.5).travelling_headers()
    assert travelling == [
        ("traceparent", b"00-1"),
        ("dateline-ms-clean", b"4.5"),
        ("dateline-raw-ms", b"1500"),
        ("dateline-origin", b"news.raw/1/5"),
    ]


@pytest.mark.parametrize(("header", "expected"), [(b"1500", 1.5), (b"-1", 7.0), (b"9" * 15, 7.0), (None, 7.0)])
def test_the_time_of_the_raw_record_travels(header: bytes | None, expected: float) -> None:
    headers: Headers = [] if header is None else [("dateline-raw-ms", header)]
    record = Record("news.clean", 0, 9, None, b"", headers, timestamp=7.0)
    assert record.raw_time == expected
    assert ("dateline-raw-ms", b"%d" % (expected * 1000)) in record.travelling_headers()
