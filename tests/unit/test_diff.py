"""Comparing two runs."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dateline.diff import FIELDS, Outcome, changes, compare, read
from pipeline.events import Origin

KINDS = ("enriched", "duplicate", "rejected", "dead letter")
origins = st.builds(Origin, st.just("news.raw"), st.integers(0, 2), st.integers(0, 20))
outcomes = st.builds(Outcome, st.sampled_from(KINDS), st.just("u"), **{name: st.sampled_from("ab") for name in FIELDS})
runs = st.dictionaries(origins, outcomes, max_size=20)


def enriched(**fields: Any) -> Outcome:
    event = {
        "url": "https://a.example/1",
        "title": "T",
        "body": "Body.",
        "language": "en",
        "verdict": {"relation": "original"},
        "topics": [{"code": "16000000", "top": "16000000"}, {"top": "11000000"}],
        "regions": {"countries": [{"iso2": "PT"}, {"iso2": "ES"}]},
        **fields,
    }
    return read("enriched", event)


@given(runs, runs)
def test_the_counts_add_up(before: dict[Origin, Outcome], after: dict[Origin, Outcome]) -> None:
    found = compare(before, after, examples=2)
    assert found.compared + found.only_before == len(before)
    assert found.compared + found.only_after == len(after)
    assert found.same == sum(before[o] == after[o] for o in before.keys() & after.keys())
    assert set(found.examples) == set(found.changes)
    assert all(len(some) == min(2, found.changes[kind]) for kind, some in found.examples.items())


@given(runs)
def test_a_run_does_not_differ_from_itself(run: dict[Origin, Outcome]) -> None:
    found = compare(run, run, 3)
    assert (found.same, found.only_before, found.only_after, found.changes) == (len(run), 0, 0, {})


def test_what_is_read_of_an_event() -> None:
    one = enriched()
    assert (one.outcome, one.relation, one.main_topic, one.first_country) == ("enriched", "original", "16000000", "PT")
    assert one.body.startswith("5 characters, ")
    assert read("deadletter", {"reason": "timeout"})[:3] == ("dead letter", "", "timeout")
    assert read("enriched", {"verdict": 3, "topics": [1], "regions": {"countries": {}}}).main_topic == ""


def test_each_change_is_named() -> None:
    was = enriched()
    now = enriched(title="U", body="Bodx.", topics=[], regions={"countries": [{"iso2": "ES"}]})
    assert [(kind, old, new) for kind, old, new in changes(was, now) if kind != "body"] == [
        ("main topic", "16000000", ""),
        ("first country", "PT", "ES"),
        ("title", "T", "U"),
    ]
    assert "body" in {kind for kind, _, _ in changes(was, now)}
    rejected = read("rejected", {"url": "u", "reason": "too_short"})
    assert changes(was, rejected) == [("enriched → rejected", "original", "too_short")]
    assert changes(rejected, rejected._replace(reason="empty")) == [("reason", "too_short", "empty")]


def test_examples_are_the_first_by_origin() -> None:
    before = {Origin("news.raw", 0, n): enriched(title=str(n)) for n in range(5)}
    after = {origin: enriched(title="new") for origin in before}
    found = compare(before, after, 2)
    assert [example.origin for example in found.examples["title"]] == ["news.raw/0/0", "news.raw/0/1"]
    assert found.examples["title"][1][1:] == ("https://a.example/1", "1", "new")
