"""Trends: each article counts once, whatever is delivered again and wherever the worker dies."""

import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import chain

import pytest

from pipeline.events import CountryScore, EnrichedArticle, Regions, Relation, TopicScore, TrendCount, Verdict
from pipeline.trends import Shard, dimensions, event_time, trend_key

NOW = datetime(2026, 10, 6, 12, 30, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
KEEP = 4


def article(
    n: int = 0, published: datetime | None = NOW, topics: tuple[str, ...] = ("11000000",), **fields: object
) -> EnrichedArticle:
    return EnrichedArticle.model_validate(
        {
            "url": f"https://site{n % 3}.example/{n}",
            "published_at": published,
            "verdict": Verdict(relation=Relation.ORIGINAL),
            "topics": [TopicScore(code=code, top=code, label="x", score=0.9) for code in topics],
            "regions": Regions(countries=[CountryScore(iso2="DK", name="x", score=0.9)]),
            **fields,
        }
    )


def new_shard(memory: int = 1000) -> Shard:
    return Shard("news.enriched-0", window=3600, keep=KEEP, memory=memory)


def totals(*shards: Shard) -> dict[str, int]:
    found: Counter[str] = Counter()
    for shard in shards:
        for count in shard.take_changed():
            found[f"{count.window_start:%H} {count.dimension} {count.value}"] = count.count
    return dict(found)


def test_counts_by_window_topic_country_outlet_and_relation() -> None:
    shard = new_shard()
    shard.count(article(0, topics=("11000000", "04000000", "11000000")), "a", 0, NOW)
    shard.count(article(3, NOW - HOUR), "b", 1, NOW)
    shard.count(article(1, source="Harbour Post"), "c", 2, NOW)
    assert totals(shard) == {
        "11 topic 11000000": 1,
        "11 country DK": 1,
        "11 outlet site0.example": 1,
        "11 relation original": 1,
        "12 topic 11000000": 2,
        "12 topic 04000000": 1,
        "12 country DK": 2,
        "12 outlet site0.example": 1,
        "12 outlet Harbour Post": 1,
        "12 relation original": 2,
    }
    assert totals(shard) == {}, "only what changed"


def test_a_duplicate_counts_for_outlet_and_relation() -> None:
    copy = article(0, topics=(), regions=Regions(), verdict=Verdict(relation=Relation.NEAR, duplicate_of="a"))
    assert dimensions(copy) == [("outlet", "site0.example"), ("relation", "near")]
    assert dimensions(article(url="urn:x", topics=(), regions=Regions()))[0] == ("outlet", "unknown")


@pytest.mark.parametrize("later", [1, 7])
def test_an_origin_counts_once(later: int) -> None:
    shard = new_shard()
    shard.count(article(0), "a", 0, NOW)
    shard.count(article(0), "a", 0, NOW)
    shard.count(article(0), "a", later, NOW)
    shard.count(article(0), "b", 8, NOW)
    assert totals(shard)["12 topic 11000000"] == 2


def test_memory_of_origins_is_bounded() -> None:
    shard = new_shard(memory=2)
    for offset, origin in enumerate("abca"):
        shard.count(article(0), origin, offset, NOW)
    assert totals(shard)["12 topic 11000000"] == 4, "the first is forgotten, what is within memory is not"
    shard.count(article(0), "c", 9, NOW)
    assert totals(shard) == {}


@pytest.mark.parametrize(
    ("published", "fetched", "time"),
    [
        (NOW - HOUR, None, NOW - HOUR),
        (NOW + HOUR, None, NOW + HOUR),
        (NOW + 2 * HOUR, None, NOW),
        (NOW - timedelta(days=7), None, NOW - timedelta(days=7)),
        (NOW - timedelta(days=8), NOW - HOUR, NOW - HOUR),
        (datetime(1, 1, 1, tzinfo=timezone(14 * HOUR)), None, NOW),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-14 * HOUR)), NOW - 900 * HOUR, NOW),
        (None, NOW - HOUR, NOW - HOUR),
        (None, None, NOW),
    ],
)
def test_time_of_an_article(published: datetime | None, fetched: datetime | None, time: datetime) -> None:
    assert event_time(article(published=published, fetched_at=fetched), NOW) == time


def test_windows_that_are_over_grow_no_more() -> None:
    shard = new_shard()
    shard.count(article(0, NOW - (KEEP - 1) * HOUR), "a", 0, NOW)
    shard.count(article(0, NOW), "b", 1, NOW)
    shard.count(article(0, NOW - (KEEP - 1) * HOUR), "c", 2, NOW)
    shard.count(article(0, NOW - KEEP * HOUR), "d", 3, NOW)
    found = totals(shard)
    assert found["09 topic 11000000"] == 2
    assert not any(key.startswith("08") for key in found)


def test_old_windows_are_let_go_once_published() -> None:
    shard = new_shard()
    for hour in range(50):
        shard.count(article(0, NOW + hour * HOUR), str(hour), hour, NOW + hour * HOUR)
        shard.take_changed()
    assert len(shard._counts) <= (KEEP + 1) * 4
    assert shard.position == 49


def test_keys_tell_window_dimension_value_and_shard() -> None:
    shard = new_shard()
    shard.count(article(0), "a", 0, NOW)
    keys = {trend_key(count) for count in shard.take_changed()}
    assert "2026-10-06T12:00Z|topic|11000000|news.enriched-0" in keys
    assert len(keys) == 4


# ---------------------------------------------------------------------------------------------- restarts

Log = list[tuple[EnrichedArticle, str]]


def log(seed: int, length: int = 24) -> Log:
    """Articles of some hours in any order; some origins come again."""
    rng = random.Random(seed)  # noqa: S311 - seeded, so that a failure comes again
    entries: Log = []
    for n in range(length):
        if entries and rng.random() < 0.25:
            entries.append(rng.choice(entries))
            continue
        published = NOW - rng.randint(0, KEEP - 2) * HOUR
        entries.append((article(n, published, (rng.choice(["11000000", "04000000", "15000000"]),)), f"o{n}"))
    return entries


def flat(batches: list[list[TrendCount]]) -> list[TrendCount]:
    return list(chain.from_iterable(batches))


def final(published: list[TrendCount]) -> dict[str, int]:
    """What a reader of the compacted topic sees: the newest record of a key."""
    return {trend_key(count): count.count for count in published}


def run(entries: Log, start: int, end: int, shard: Shard, every: int) -> list[list[TrendCount]]:
    """Count from an offset to another and publish after every so many records, as intervals do."""
    batches = []
    for offset in range(start, end):
        shard.count(*entries[offset], offset, NOW)
        if (offset - start) % every == every - 1 or offset == end - 1:
            batches.append(shard.take_changed())
    return batches


def restarted(entries: Log, published: list[TrendCount]) -> Shard:
    """The shard of a new worker: published counts, and the origins of the records that they cover."""
    shard = new_shard()
    for count in published:
        shard.restore(count)
    for offset in range(shard.position + 1):
        shard.remember(entries[offset][1], offset)
    return shard


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_at_any_point_gives_the_same_counts(seed: int) -> None:
    entries, every = log(seed), 5
    expected = final(flat(run(entries, 0, len(entries), new_shard(), every)))
    for died_at in range(1, len(entries) + 1):
        batches = run(entries, 0, died_at, new_shard(), every)
        # All but the last batch are delivered and acknowledged; of the last any part is delivered, none acknowledged.
        acknowledged = (died_at - 1) // every * every
        before, last = flat(batches[:-1]), batches[-1]
        for delivered in range(len(last) + 1):
            published = before + last[:delivered]
            shard = restarted(entries, published)
            after = run(entries, acknowledged, len(entries), shard, every)
            assert final(published + flat(after)) == expected, (died_at, delivered)


def test_a_restart_around_the_end_of_a_window_gives_the_same_counts() -> None:
    """The second article closes the window of the first; the worker dies having published some counts of both."""
    late = NOW - (KEEP - 1) * HOUR
    entries = [(article(9, NOW), "o0"), (article(0, late), "o1"), (article(1, NOW + HOUR), "o2")]
    expected = final(flat(run(entries, 0, 3, new_shard(), 3)))
    batch = run(entries, 0, 3, new_shard(), 3)[0]
    rng = random.Random(1)  # noqa: S311 - seeded, so that a failure comes again
    for delivered in range(len(batch) + 1):
        # Deliveries run side by side: any of them may be the ones that arrived.
        published = rng.sample(batch, k=delivered)
        shard = restarted(entries, published)
        assert final(published + flat(run(entries, 0, 3, shard, 3))) == expected, delivered
