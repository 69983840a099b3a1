"""Feeding: good lines go on as they are, bad ones are named."""

import json
from pathlib import Path

import pytest

from dateline.feed import BadLine, RawRecord, read


def line(**fields: object) -> bytes:
    return json.dumps(
        {"url": "https://one.example/ä", "text": "t", "fetched_at": "2026-10-06T00:00:00Z", **fields}
    ).encode()


def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    lines = [
        line(rank=1),
        b"",
        b"{not json",
        line(text=None),
        b"  " + line(url="u") + b" \r",
        b"[]",
        b'{"url": "\xff"}',
        line(url=""),
        line(fetched_at="soon", authors=7),
        line(url="last"),
    ]
    path.write_bytes(b"\n".join(lines))
    found = list(read(path))
    good = [record for record in found if isinstance(record, RawRecord)]
    bad = [record for record in found if isinstance(record, BadLine)]
    assert [record.key for record in good] == ["https://one.example/ä".encode(), b"u", b"last"]
    assert [record.value for record in good] == [lines[0], line(url="u"), lines[-1]], "the bytes as they were"
    assert [record.line for record in bad] == [3, 4, 6, 7, 8, 9]
    assert [str(record).startswith(f"{path}:{record.line}: ") for record in bad] == [True] * 6
    assert "exactly one of html, text and content" in str(bad[1])
    assert "url: " in str(bad[4])
    assert "fetched_at: " in str(bad[5])
    assert "authors: " in str(bad[5])


def test_an_error_does_not_repeat_a_page_of_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(line(html="x" * 3_000_000, fetched_at="x" * 100_000))
    (bad,) = read(path)
    assert isinstance(bad, BadLine)
    assert len(str(bad)) < 2000


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(b"\n \n")
    assert list(read(tmp_path / "feed.jsonl")) == []


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"absent\.jsonl"):
        list(read(tmp_path / "absent.jsonl"))
