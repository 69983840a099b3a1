"""The way in: every format gives its records, names what it cannot use, goes on after it, and holds to its limits."""

import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.settings import Settings
from dateline import sources
from dateline.feed import RawRecord
from dateline.sources import Format, Skip, of_bytes
from pipeline.events import RawArticle

PAGE = (
    '<html><head><link rel="canonical" href="https://one.example/a?b=1&amp;c=2"></head><body><p>Grüße</p></body></html>'
)


def found(content: bytes, name: str = "file", wanted: Format | None = None, after: int = 0, **limits: int) -> Any:
    return list(sources.read(of_bytes(name, content, Settings(**limits)), wanted, after))


def articles(items: Sequence[tuple[int, RawRecord | Skip]]) -> list[RawArticle]:
    """What a stage reads from the records."""
    return [RawArticle.model_validate_json(r.value or b"") for _, r in items if isinstance(r, RawRecord)]


def reasons(items: Sequence[tuple[int, RawRecord | Skip]]) -> list[tuple[int, str]]:
    return [(position, str(skip.reason)) for position, skip in items if isinstance(skip, Skip)]


# ------------------------------------------------------------------------------------------- JSON Lines


def line(**fields: object) -> bytes:
    return json.dumps(
        {"url": "https://one.example/ä", "text": "t", "fetched_at": "2026-10-06T00:00:00Z", **fields}
    ).encode()


def test_bad_lines_are_named_and_the_rest_goes_on() -> None:
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
    items = found(b"\n".join(lines))
    good = [record for _, record in items if isinstance(record, RawRecord)]
    assert [record.key for record in good] == ["https://one.example/ä".encode(), b"u", b"last"]
    assert [record.value for record in good] == [lines[0], line(url="u"), lines[-1]], "the bytes as they were"
    assert reasons(items) == [(number, "invalid") for number in (3, 4, 6, 7, 8, 9)]
    details = [skip.detail for _, skip in items if isinstance(skip, Skip)]
    assert "exactly one of html, text and content" in details[1]
    assert all(f"{name}: " in details[5 if name != "url" else 4] for name in ("url", "fetched_at", "authors"))


def test_a_first_line_that_is_bad_does_not_spoil_the_file() -> None:
    items = found(b"{cut\n" + line(url="a") + b"\n" + line(url="b") + b"\n")
    assert reasons(items) == [(1, "invalid")]
    assert [position for position, _ in items] == [1, 2, 3]


def test_an_event_may_be_set_over_many_lines() -> None:
    event = json.loads(line(meta={"a": 1}))
    assert articles(found(json.dumps(event, indent=2).encode()))[0].meta == {"a": 1}
    assert len(articles(found(json.dumps([event, event], indent=2).encode()))) == 2


def test_long_lines_are_passed_over_and_not_held() -> None:
    limits = {"raw_max_bytes": 5000, "clean_max_bytes": 6000, "deadletter_max_bytes": 9000}
    items = found(b"\n".join([line(html="x" * 9000, text=None), line(), line(text="x" * 4500)]), **limits)
    assert reasons(items) == [(1, "too_large"), (3, "too_large")]
    assert len(articles(items)) == 1


def test_an_error_does_not_repeat_a_page_of_megabytes() -> None:
    ((_, bad),) = found(line(html="x" * 3_000_000, fetched_at="x" * 100_000))
    assert len(bad.detail) < 2000


# ------------------------------------------------------------------------------------------------ files


def test_what_a_file_is_shows_in_its_first_bytes(tmp_path: Path) -> None:
    files = {
        "a.jsonl": (line(), "jsonl"),
        "b": (b"\xef\xbb\xbf<!DOCTYPE html>\n<!-- x --><html>", "html"),
        "c": (b'<?xml version="1.0"?><rss version="2.0">', "feed"),
        "d": (b'<feed xmlns="http://www.w3.org/2005/Atom">', "feed"),
        "e.gz": (gzip.compress(b"WARC/1.0\r\n"), "warc"),
        "f": (b'{"maintext": "x", "date_download": "x"}', "news-please"),
        "g": (b'[\n {"title": "x",\n "publishing_date": null, "body": {', "fundus"),
        "h.txt": (b"Harbour rebuilt\n\nThe council", "text"),
        "i.png": (b"\x89PNG\r\n", None),
        "j": (b"", None),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    told = {}
    for path in sources.expand([tmp_path]):
        with sources.open_file(path, Settings()) as file:
            told[path.name] = sources.sniff(file)
    assert told == {name: wanted for name, (_, wanted) in files.items()}


def test_a_head_of_comments_is_looked_at_once() -> None:
    assert found(b"<!-- a -->" * 5000 + b"no element", wanted=None) == found(b"no element")


def test_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    for name in ("b.html", "a/z.html", ".git/x.html", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<html>")
    (tmp_path / "out.html").symlink_to("/etc/passwd")
    shown = [str(path.relative_to(tmp_path)) for path in sources.expand([tmp_path, tmp_path / "b.html"])]
    assert shown == ["a/z.html", "b.html", "b.html"]


def test_a_page_goes_on_byte_for_byte_under_the_address_it_names(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE.encode("latin-1"))
    (tmp_path / "other.html").write_bytes(b"<html><body>")
    items = {}
    for path in sources.expand([tmp_path]):
        with sources.open_file(path, Settings()) as file:
            (items[path.name],) = articles(list(sources.read(file, None)))
    assert items["page.html"].url == "https://one.example/a?b=1&c=2"
    assert items["page.html"].content == PAGE.encode("latin-1"), "its charset is told later"
    assert items["other.html"].url == (tmp_path / "other.html").as_uri()


def test_gzip_is_unpacked_within_limits(tmp_path: Path) -> None:
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b"<html>" + bytes(5_000_000)))
    lines = (line(text=Random(n).randbytes(999).hex()) for n in range(999))  # noqa: S311 - no secret
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines))[:-50])
    told = {}
    for path in sources.expand([tmp_path]):
        with sources.open_file(path, Settings(feed_max_bytes=1_000_000)) as file:
            told[path.name] = reasons(list(sources.read(file, None)))
    assert told["bomb.html.gz"] == [(1, "too_large")]
    ((position, reason),) = told["cut.jsonl.gz"]
    assert (reason, position > 1) == ("unreadable", True)


@pytest.mark.parametrize("wanted", Format)
@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_nothing_in_a_file_raises(wanted: Format, content: bytes) -> None:
    for position, item in found(content, wanted=wanted):
        assert position >= 1
        assert isinstance(item, RawRecord | Skip)


def test_reading_goes_on_after_a_position() -> None:
    content = b"\n".join(line(url=str(n)) for n in range(5))
    assert [article.url for article in articles(found(content, after=3))] == ["3", "4"]
    assert found(PAGE.encode(), after=1) == []


# ------------------------------------------------------------------------------------------------- WARC


def warc(*answers: tuple[str, bytes, bytes, WarcRecordType], cut: bytes = b"") -> bytes:
    """A gzip archive of records: address, HTTP head, body, type."""
    stream = io.BytesIO()
    writer = GzipWriter(stream)
    for url, head, body, kind in answers:
        record = WarcRecord()
        record.init_headers(kind)
        record.headers["WARC-Target-URI"] = url
        record.headers["WARC-Date"] = "2026-08-01T10:00:00Z"
        record.headers["Content-Type"] = "application/http; msgtype=response"
        if cut:
            record.headers["WARC-Truncated"] = cut.decode()
        record.set_bytes_content(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)
        record.write(writer)
    writer.close()
    return stream.getvalue()


OK = b"HTTP/1.1 200 OK\nContent-Type: text/html"
RESPONSE, REQUEST, METADATA = WarcRecordType.response, WarcRecordType.request, WarcRecordType.metadata


def test_pages_of_a_warc_keep_bytes_type_charset_and_time() -> None:
    body = "<p>Señor</p>".encode("latin-1")
    (article,) = articles(found(warc(("https://one.example/ñ", OK + b"; charset=ISO-8859-1", body, RESPONSE))))
    assert (article.url, article.content) == ("https://one.example/ñ", body)
    assert article.content_type == "text/html; charset=ISO-8859-1"
    assert article.fetched_at.isoformat() == "2026-08-01T10:00:00+00:00"
    assert article.meta["warc_record"].startswith("<urn:uuid:")


def test_what_is_no_page_of_a_warc_is_counted_and_the_rest_goes_on() -> None:
    page = b"<p>x</p>"
    items = found(
        warc(
            ("https://one.example/1", OK, page, REQUEST),
            ("https://one.example/2", b"HTTP/1.1 404 Not Found\nContent-Type: text/html", page, RESPONSE),
            (
                "https://one.example/robots.txt",
                b"HTTP/1.1 200 OK\nContent-Type: text/plain",
                b"User-agent: *",
                RESPONSE,
            ),
            ("https://one.example/3", OK + b"\nContent-Encoding: gzip", b"no gzip", RESPONSE),
            ("https://one.example/4", OK + b"\nContent-Encoding: gzip", gzip.compress(page), RESPONSE),
            ("https://one.example/5", OK + b"\nContent-Encoding: gzip", gzip.compress(bytes(10_000_000)), RESPONSE),
            ("https://one.example/6", OK + b"\nTransfer-Encoding: chunked", b"8\r\n<p>x</p>\r\n0\r\n\r\n", RESPONSE),
            ("https://one.example/7", OK, bytes(13 << 20), RESPONSE),
            ("https://one.example/8", b"no HTTP at all", page, RESPONSE),
            ("https://one.example/9", b"HTTP/1.1 200 OK\nX: y", page, RESPONSE),
            ("", OK, page, RESPONSE),
            ("https://one.example/10", OK, b"", RESPONSE),
            ("https://one.example/11", OK, page, RESPONSE),
            ("dns:one.example", OK, page, METADATA),
        )
    )
    assert [(a.url[-2:], a.content) for a in articles(items)] == [
        ("/4", page),
        ("/6", page),
        ("/9", page),
        ("11", page),
    ]
    assert dict(reasons(items)) == {
        1: "record_type",
        2: "status",
        3: "media_type",
        4: "unreadable",
        6: "too_large",
        8: "too_large",
        9: "status",
        11: "invalid",
        12: "invalid",
        14: "record_type",
    }


def test_a_page_that_the_crawler_cut_is_not_sent() -> None:
    assert reasons(found(warc(("https://one.example/", OK, b"<p>", RESPONSE), cut=b"length"))) == [(1, "truncated")]


def test_a_warc_that_breaks_off_says_so(tmp_path: Path) -> None:
    content = b"".join(warc((f"https://one.example/{n}", OK, b"<p>x</p>", RESPONSE)) for n in range(3))
    path = tmp_path / "cut.warc.gz"
    last = Random(7).randbytes(9999)  # noqa: S311 - no secret
    path.write_bytes(content + warc(("https://one.example/", OK, last, RESPONSE))[:-60])
    with sources.open_file(path, Settings()) as file:
        items = list(sources.read(file, None))
    assert len(articles(items)) == 3
    assert reasons(items) == [(4, "truncated")]
    assert reasons(found(b"WARC/1.0\r\nnonsense\r\n\r\n" * 9))[0][1] in {"unreadable", "record_type"}


# ------------------------------------------------------------------------------------------ RSS and Atom

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Harbour Post</title><language>en-GB</language>
<item><title>One &amp; only</title><link>https://one.example/1</link><pubDate>Thu, 01 Oct 2026 10:00:00 +0200</pubDate>
<description>A teaser.</description><content:encoded><![CDATA[<p>The whole text.</p>]]></content:encoded></item>
<item><title>Two</title><link>https://one.example/2</link></item>
<item><title>Three</title><guid>tag:three</guid><description>Only a teaser.</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><title>T</title>
<link href="https://two.example/1"/><author><name>Ana Lima</name></author><updated>2026-10-01T10:00:00Z</updated>
<content type="text">Plain words.</content></entry></feed>"""


def test_entries_of_a_feed_carry_what_it_says() -> None:
    items = found(RSS.encode())
    one, three = articles(items)
    assert (one.url, one.title, one.source, one.language) == (
        "https://one.example/1",
        "One & only",
        "Harbour Post",
        "en",
    )
    assert "<p>The whole text.</p>" in (one.html or "")
    assert str(one.published_at) == "2026-10-01 08:00:00+00:00"
    assert three.url == "tag:three"
    assert reasons(items) == [(2, "no_text")]
    (atom,) = articles(found(ATOM.encode()))
    assert (atom.text, atom.authors) == ("T\n\nPlain words.", ["Ana Lima"])


def test_a_feed_reads_no_other_file_and_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret words")
    entity = f'<!DOCTYPE rss [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>'
    items = found(RSS.replace("<rss", entity + "<rss", 1).replace("The whole text.", "&s;").encode())
    assert b"secret words" not in b"".join(record.value for _, record in items if isinstance(record, RawRecord))
    assert reasons(found(RSS.encode(), feed_max_bytes=100)) == [(1, "too_large")]
    assert reasons(found(b"<rss><channel></channel></rss>")) == [(1, "invalid")]


# ------------------------------------------------------------------------------- news-please and fundus

NEWS_PLEASE = {
    "authors": ["Ana Lima"],
    "date_download": "2026-10-02 08:00:00",
    "date_modify": "None",
    "date_publish": "2026-10-01 08:00:00",
    "description": "In short",
    "image_url": "https://one.example/1.jpg",
    "language": "en",
    "maintext": "The council said so.",
    "source_domain": "one.example",
    "title": "Harbour rebuilt",
    "url": "https://one.example/1",
}
FUNDUS = {
    "title": "Harbour rebuilt",
    "authors": ["Ana Lima"],
    "publishing_date": "2026-10-01 08:00:00+02:00",
    "topics": ["Ports"],
    "free_access": True,
    "body": {"summary": ["In short."], "sections": [{"headline": ["Costs"], "paragraphs": ["Some.", "More."]}]},
}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(NEWS_PLEASE).encode(),
        json.dumps(NEWS_PLEASE, indent=4).encode(),
        json.dumps([NEWS_PLEASE]).encode(),
        json.dumps(NEWS_PLEASE).encode() + b"\n",
    ],
)
def test_articles_of_news_please(content: bytes) -> None:
    (article,) = articles(found(content))
    assert (article.url, article.title, article.source) == ("https://one.example/1", "Harbour rebuilt", "one.example")
    assert article.text == "Harbour rebuilt\n\nThe council said so."
    assert article.fetched_at.isoformat() == "2026-10-02T08:00:00+00:00"
    assert str(article.published_at) == "2026-10-01 08:00:00+00:00"
    assert article.meta == {"news_please": {"description": "In short", "image_url": "https://one.example/1.jpg"}}


def test_articles_of_fundus() -> None:
    page = {"content": PAGE, "requested_url": "https://one.example/", "crawl_date": "2026-10-02 08:00:00"}
    bare, with_page = articles(found(json.dumps([FUNDUS, {**FUNDUS, "html": page}]).encode()))
    assert bare.text == "Harbour rebuilt\n\nIn short.\n\nCosts\n\nSome.\n\nMore."
    assert bare.url.startswith("urn:dateline:")
    assert bare.meta == {"fundus": {"topics": ["Ports"], "free_access": True}}
    assert str(bare.published_at) == "2026-10-01 08:00:00+02:00"
    assert (with_page.url, with_page.html, with_page.text) == ("https://one.example/", PAGE, None)
    assert with_page.fetched_at.isoformat() == "2026-10-02T08:00:00+00:00"


def test_what_other_crawlers_left_empty_or_odd_is_named() -> None:
    rows = [{**NEWS_PLEASE, "maintext": None}, {**NEWS_PLEASE, "url": 7}, 7, {**NEWS_PLEASE, "date_download": "soon"}]
    items = found("\n".join(map(json.dumps, rows)).encode(), wanted=Format.NEWS_PLEASE)
    assert reasons(items) == [(1, "no_text"), (2, "invalid"), (3, "invalid"), (4, "invalid")]
