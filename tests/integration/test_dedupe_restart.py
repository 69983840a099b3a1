"""Dedupe killed in mid-stream, on a broker: every verdict is that of a run that nothing disturbed."""

# ruff: noqa: S311 - seeded, so that a failure comes again

import asyncio
import random
from collections.abc import Callable

import pytest

from dateline.feed import producer
from pipeline.dedupe import Deduplicator
from pipeline.events import CleanArticle, Origin, Verdict
from tests.integration.conftest import BOTH
from tests.integration.house import House, wait_until
from tests.unit.texts import prose, reworded

pytestmark = pytest.mark.timeout(240)

KILLS, ARTICLES = 3, 150


def stream() -> list[CleanArticle]:
    """Originals, copies of several kinds and revisions."""
    rng = random.Random(5)
    made: list[CleanArticle] = []
    for number in range(ARTICLES):
        model, kind = rng.choice(made or [None]), rng.choice(["new", "new", "copy", "revision"])
        url, body = f"https://outlet{number}.example/a", prose(number, rng.randint(60, 200))
        if model and kind != "new":
            body = reworded(model.body, rng.choice([0, 0.03, 0.1, 0.2]), number)
            url = model.url if kind == "revision" else url
        made.append(CleanArticle(url=url, body=body, origin=Origin("news.raw", 0, number)))
    return made


@pytest.mark.parametrize("kind", BOTH)
def test_kills_change_no_verdict(house: Callable[..., House], kind: str) -> None:
    it = house(kind, window_records=16)
    articles = stream()

    async def publish() -> None:
        async with producer(it.settings) as client:
            for one in articles:
                await client.send_and_wait(it.settings.topic("clean"), one.model_dump_json().encode(), one.id.encode())

    def verdicts() -> dict[int, Verdict]:
        events = [event for topic in ("unique", "duplicates") for event in it.events(topic)]
        return {event["origin"][2]: Verdict.model_validate(event["verdict"]) for event in events}

    asyncio.run(publish())
    for killed in range(KILLS):
        worker = it.start("dedupe", module="tests.integration.faulty")
        wait_until(lambda known=killed: len(verdicts()) > 20 * (known + 1), "verdicts")  # type: ignore[misc]
        assert it.kill_in_flight("dedupe", worker) > 0, "dedupe was killed with nothing in flight"
    it.start("dedupe")
    wait_until(lambda: len(verdicts()) == ARTICLES, "all verdicts")
    undisturbed = Deduplicator()
    expected = [undisturbed.judge(one, f"news.raw/0/{at}", at).verdict for at, one in enumerate(articles)]
    assert [verdict for _, verdict in sorted(verdicts().items())] == expected
    assert len({verdict.relation for verdict in expected}) >= 4, "the stream has copies of several kinds"
