"""The live page without a broker: what it holds, how it filters, what it marks, what it lets nobody do."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Choices, Filters
from dashboard.options import Options
from dashboard.pages import application
from dashboard.passages import Mark, paragraphs, shared
from dashboard.reader import Flow, Reader
from dashboard.security import HEADERS, host, outward
from dashboard.store import Store
from dashboard.trends import Trends
from pipeline.events import TrendCount

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
TEXT = "The ferry left Lisbon at noon with nine hundred people on board."


def event(number: int, **changes: Any) -> dict[str, Any]:
    """An enriched event."""
    return {
        "id": f"id{number}",
        "url": f"https://outlet.example/{number}",
        "source": "Outlet",
        "title": f"Headline {number}",
        "body": TEXT,
        "language": "en",
        "topics": [
            {
                "code": "20000065", "top": "16000000", "label": "business", "score": 0.7,
                "evidence": [{"text": "ferry", "field": "body", "start": 4, "end": 9}],
            }
        ],
        "regions": {
            "countries": [
                {"iso2": "PT", "name": "Portugal", "score": 0.9,
                 "evidence": [{"text": "Lisbon", "field": "body", "start": 15, "end": 21}]}
            ],
            "areas": [{"m49": "150", "name": "Europe", "score": 0.9}],
        },
        "verdict": {"relation": "original"},
        **changes,
    }  # fmt: skip


def copy(number: int, of: int, **changes: Any) -> dict[str, Any]:
    """An event of a copy."""
    verdict = {"relation": "near", "duplicate_of": f"id{of}", "similarity": 0.9, "copies": 1, "outlets": 2}
    return event(number, source="Copier", verdict=verdict, **changes)


class Shelf:
    """A store filled through the reader, as records come."""

    def __init__(self, **limits: Any) -> None:
        options = Options(client={}, **limits)
        self.store = Store(options)
        self.store.trouble = ""
        self.reader = Reader(options, self.store)
        self.app = application(options, self.store, self.reader.flow)
        self._offset = 0

    def put(self, topic: str, value: dict[str, Any] | bytes, timestamp: int | None = None) -> None:
        self._offset += 1
        record = SimpleNamespace(
            topic=f"news.{topic}",
            partition=0,
            offset=self._offset,
            timestamp=timestamp or 1_700_000_000_000 + self._offset * 1000,
            value=value if isinstance(value, bytes) else json.dumps(value).encode(),
            headers=[("dateline-ms-clean", b"12.5"), ("dateline-ms-dedupe", b"much")],
        )
        self.reader.take(topic, record)

    def found(self, **filters: str) -> list[str]:
        return [story.id for story in Filters(**filters).match(self.store.newest())]


async def get(app: web.Application, path: str, status: int = 200, **headers: str) -> str:
    async with TestClient(TestServer(app)) as client, client.get(path, headers=headers) as answer:
        assert answer.status == status
        assert HEADERS.items() <= dict(answer.headers).items()
        return await answer.text()


def test_the_newest_come_first_and_the_oldest_go() -> None:
    shelf = Shelf(stories=3)
    for number in range(5):
        shelf.put("enriched", event(number))
    assert shelf.found() == ["id4", "id3", "id2"]
    assert shelf.store.story("id0") is None


def test_bytes_are_bounded() -> None:
    shelf = Shelf(bytes=3000)
    for number in range(20):
        shelf.put("enriched", event(number))
    assert 0 < len(shelf.store) < 20


def test_what_comes_twice_is_held_once() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    version = shelf.store.version
    shelf.put("enriched", event(1))
    assert shelf.store.version == version


@pytest.mark.parametrize("order", [("enriched", "duplicates"), ("duplicates", "enriched")])
def test_a_copy_joins_its_story_whichever_comes_first(order: tuple[str, str]) -> None:
    shelf = Shelf()
    for topic in order:
        shelf.put(topic, event(1) if topic == "enriched" else copy(2, of=1))
    (story,) = shelf.store.newest()
    assert (story.head.id, [a.id for a in story.others], story.copies, story.outlets) == ("id1", ["id2"], 1, 2)
    assert story.countries == {"PT": "Portugal"}


def test_copies_of_one_story_are_bounded_and_counted_on() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(0))
    for number in range(1, 151):
        it = copy(number, of=0)
        it["verdict"]["copies"] = number
        shelf.put("duplicates", it)
    (story,) = shelf.store.newest()
    assert len(story.articles) == 100
    assert story.copies >= 99


def test_what_is_no_event_is_counted() -> None:
    shelf = Shelf()
    shelf.put("enriched", b"{")
    shelf.put("trends", b"null")
    assert (shelf.store.unreadable["enriched"], shelf.store.unreadable["trends"]) == (1, 1)


def test_times_ahead_pin_nothing() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1), timestamp=10**17)
    shelf.put("enriched", event(2, title="\ud800"))
    assert [story.seconds <= time.time() for story in shelf.store.newest()] == [True]
    assert shelf.store.unreadable["enriched"] == 1
    start = {"window_start": "2999-01-01T00:00:00Z", "window_seconds": 3600, "dimension": "topic", "value": "x"}
    shelf.put("trends", {**start, "shard": "a", "count": 1, "position": 0})
    assert shelf.store.trends.newest is None


def test_filters_all_hold() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    shelf.put("enriched", event(2, title="Überfahrt ＡＢＣ", language="de", regions={}, topics=[]))
    shelf.put("duplicates", copy(3, of=1))
    assert shelf.found(topic="16000000") == ["id1"]
    assert shelf.found(topic="20000065") == ["id1"]
    assert shelf.found(topic="15000000") == []
    assert shelf.found(country="PT", area="150", language="en") == ["id1"]
    assert shelf.found(country="PT", language="de") == []
    assert shelf.found(relation="near") == ["id1"]
    assert shelf.found(outlet="Copier") == ["id1"]
    assert shelf.found(words="überfahrt abc") == ["id2"]
    assert Choices.among(shelf.store.newest()).countries == {"PT": 1}


def test_the_address_carries_the_filters() -> None:
    filters = Filters.of({"topic": "15000000", "words": "a&b", "foreign": "x"})
    assert filters.address() == "/?topic=15000000&words=a%26b"
    assert filters.address(topic="") == "/?words=a%26b"


def test_listeners_learn_what_changed_or_that_they_lag() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    seen = shelf.store.version
    assert shelf.store.since(seen) == []
    shelf.put("duplicates", copy(2, of=1))
    assert [story.id for story in shelf.store.since(seen) or []] == ["id1"]
    for number in range(10, 1200):
        shelf.put("enriched", event(number))
    assert shelf.store.since(seen) is None
    assert shelf.store.since(shelf.store.version + 1) is None


@given(
    st.text(alphabet="ab\n𝄞", max_size=30),
    st.lists(st.tuples(st.integers(-3, 35), st.integers(-3, 35)), max_size=8),
)
def test_marks_change_no_letter(text: str, places: list[tuple[int, int]]) -> None:
    marks = [Mark(start, end, "topic", "x") for start, end in places]
    lines = paragraphs(text, marks)
    assert ["".join(piece.text for piece in line) for line in lines] == [line for line in text.split("\n") if line]
    covered = {n for s, e in places if 0 <= s < e for n in range(s, min(e, len(text)))}
    marked = sum(len(piece.text) for line in lines for piece in line if piece.marks)
    assert marked == sum(text[n] != "\n" for n in covered)


def test_marks_overlap_and_count_code_points() -> None:
    ((first, both, last),) = paragraphs("𝄞abc", [Mark(0, 3, "topic", "t"), Mark(2, 4, "country", "c")])
    assert (first.text, both.text, last.text) == ("𝄞a", "b", "c")
    assert [mark.kind for mark in both.marks] == ["topic", "country"]


def test_shared_passages_are_runs_of_five_words() -> None:
    (mark,) = shared("Before: one two three four five six. After", ["Zero one two Three four five six seven"])
    assert (mark.start, mark.end) == (8, 35)
    assert shared("one two three four", ["one two three four"]) == []
    assert len(shared("東京湾の船が出た", ["昨日東京湾の船が出たと"])) == 1


def test_trends_sum_shards_and_take_the_newest_count() -> None:
    trends = Trends()
    for hour, shard, count in ((8, "a", 1), (9, "a", 2), (9, "b", 3), (9, "a", 5)):
        start = f"2026-01-01T{hour:02}:00:00Z"
        fields = {"window_seconds": 3600, "dimension": "country", "value": "PT", "position": 1}
        trends.add(TrendCount.model_validate({"window_start": start, "shard": shard, "count": count, **fields}))
    (trend,) = trends.of("country")
    assert (trend.now, trend.usual, trend.counts[-2]) == (8, 1.0, 1)


def test_the_flow_counts_and_rates() -> None:
    flow = Flow()
    for second in range(5):
        flow.seen("raw", 0, 100 + 10 * second, first=50)
        flow.seen("raw", 1, 7, first=0)
        flow.tick(float(second))
    assert (flow.total("raw"), flow.rate("raw"), flow.rate("clean")) == (97, 10.0, 0.0)


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://a.example/x", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example", False),
        ("https://", False),
        ("http://[", False),
    ],
)
def test_links_lead_to_the_web_alone(url: str, leads: bool) -> None:  # noqa: FBT001 - a parameter of a test
    assert (outward(url) == url) is leads


def test_hosts_are_named_without_their_port() -> None:
    assert [host(h) for h in ("127.0.0.1:80", "[::1]:80", "LOCALHOST", "[")] == ["127.0.0.1", "::1", "localhost", ""]


async def test_a_foreign_name_is_refused() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    assert "Headline" not in await get(shelf.app, "/", status=421, Host="evil.example:8040")


async def test_hostile_text_is_escaped_on_every_page() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1, title=HOSTILE, body=HOSTILE, source=HOSTILE, url="javascript:alert(1)"))
    shelf.put("duplicates", copy(2, of=1, title=HOSTILE, body=HOSTILE, authors=[HOSTILE]))
    shelf.put("rejected", {"url": HOSTILE, "reason": "empty", "detail": HOSTILE})
    letter = {"stage": HOSTILE, "reason": "invalid", "error": HOSTILE, "attempts": 1, "time": "2026-01-01T00:00:00Z"}
    place = {"topic": HOSTILE, "partition": 0, "offset": 0, "size": 4, "value": "PHNjcmlwdD4="}
    shelf.put("deadletter", letter | place)
    ((name, _),) = shelf.store.failures["deadletter"].items()
    for path in (
        "/",
        "/map",
        "/trends",
        "/flow",
        f"/deadletter/{name}",
        "/article/id1",
        "/article/id2",
        "/?words=<script>",
    ):
        html = await get(shelf.app, path)
        assert "<script>" not in html, path
        assert "<img" not in html, path
        assert 'href="javascript:' not in html, path


async def test_an_article_is_explained() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1, removed=[{"rule": "byline", "count": 2}], title_from="json-ld"))
    html = await get(shelf.app, "/article/id1")
    assert '<mark class="topic" title="business">ferry</mark>' in html
    assert '<mark class="country" title="Portugal">Lisbon</mark>' in html
    assert all(word in html for word in ("byline", "json-ld", "12.5 ms"))
    assert json.loads(await get(shelf.app, "/article/id1/events.json"))["id"] == "id1"


async def test_a_copy_stands_beside_its_original() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    shelf.put("duplicates", copy(2, of=1, body=f"Lead. {TEXT}"))
    html = await get(shelf.app, "/article/id2")
    assert html.count('<mark class="shared"') == 2
    assert "arrived before this window" not in html
    shelf.put("duplicates", copy(3, of=9))
    assert "arrived before this window" in await get(shelf.app, "/article/id3")


async def test_what_is_not_here_says_what_to_do() -> None:
    shelf = Shelf()
    assert "Feed some" in await get(shelf.app, "/")
    assert "No story fits" in await get(shelf.app, "/?words=nothing")
    for path in ("/article/none", "/deadletter/none", "/nowhere"):
        assert "No such" in await get(shelf.app, path, status=404)
    shelf.store.trouble = "KafkaConnectionError"
    assert "DATELINE_BROKER" in await get(shelf.app, "/")


async def test_older_stories_go_on_where_a_page_ends() -> None:
    shelf = Shelf()
    for number in range(120):
        shelf.put("enriched", event(number))
    html = await get(shelf.app, "/")
    seen = []
    while True:
        seen += [part.split('"')[0] for part in html.split('id="s-')[1:]]
        if 'rel="next"' not in html:
            break
        address = html.split('<p class="more"><a href="')[1].split('"')[0].replace("&amp;", "&")
        html = await get(shelf.app, f"{address}&rows=1")
    assert seen == [f"id{number}" for number in range(119, -1, -1)]


async def test_a_listener_gets_what_is_new_and_goes_on_where_it_was() -> None:
    shelf = Shelf()
    shelf.put("enriched", event(1))
    async with TestClient(TestServer(shelf.app)) as client:
        page = await (await client.get("/")).text()
        since = page.split('data-version="')[1].split('"')[0]
        async with client.get(f"/live/stories?country=PT&since={since}") as stream:
            shelf.put("enriched", event(2, regions={}))
            shelf.put("enriched", event(3, title=HOSTILE))
            told = await _told(stream, "story")
        assert told["id"] == "id3"
        assert "<script>" not in told["html"]
        async with client.get("/live/stories", headers={"Last-Event-ID": since}) as stream:
            assert (await _told(stream, "story"))["id"] == "id2"
        async with client.get("/live/stories", headers={"Last-Event-ID": "another-7"}) as stream:
            await _told(stream, "reload")


async def test_listeners_are_bounded() -> None:
    await get(Shelf(listeners=0).app, "/live/flow", status=503)


async def _told(stream: Any, kind: str) -> Any:
    """Content of the next event, which must be of a kind."""
    async for line in stream.content:
        if line.startswith(b"event: "):
            assert line == f"event: {kind}\n".encode()
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")
