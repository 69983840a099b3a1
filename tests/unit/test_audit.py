"""The ledger of the audit: every raw record has exactly one outcome, or is named."""

import pytest

from dateline.audit import _DUPLICATE, _ENRICHED, _REJECTED, NAMED, Audit, _Ledger
from pipeline.events import Origin

DEAD = "dead letter"
#: An event of a record: an outcome and the time when it was written.
Seen = list[tuple[object, int]]


def at(offset: int, partition: int = 0) -> Origin:
    return Origin("news.raw", partition, offset)


def audited(*records: Seen, raw: bool = True) -> Audit:
    """The ledger over one raw record each with what became of it; dead letters are read first, as the audit does."""
    ledger = _Ledger()
    for offset, seen in enumerate(records):
        for what, time in seen:
            if what is DEAD:
                ledger.dead(at(offset), time)
    for offset, seen in enumerate(records):
        if raw:
            ledger.raw(at(offset))
        for what, time in seen:
            if isinstance(what, int):
                ledger.outcome(at(offset), what, time)
    return ledger.result()


def test_a_balanced_sheet() -> None:
    audit = audited([(_ENRICHED, 1)], [(_DUPLICATE, 1)], [(_REJECTED, 1)], [(DEAD, 1)], [(_ENRICHED, 2)])
    assert audit.balanced
    assert (audit.raw, audit.enriched, audit.duplicates, audit.rejected, audit.dead_letters) == (5, 2, 1, 1, 1)
    assert audit.raw == audit.enriched + audit.duplicates + audit.rejected + audit.dead_letters
    assert (audit.missing, audit.conflicting, audit.repeated, audit.recovered) == (0, 0, 0, 0)


def test_nothing_is_balanced() -> None:
    assert _Ledger().result() == Audit()
    assert Audit().balanced


def test_what_is_missing_is_named() -> None:
    audit = audited([(_ENRICHED, 1)], [], [])
    assert not audit.balanced
    assert (audit.missing, audit.missing_origins) == (2, ["news.raw/0/1", "news.raw/0/2"])


def test_no_more_than_some_are_named_and_all_are_counted() -> None:
    audit = audited(*[[] for _ in range(NAMED + 30)])
    assert (audit.missing, len(audit.missing_origins)) == (NAMED + 30, NAMED)


@pytest.mark.parametrize(
    ("seen", "named"),
    [
        ([(_ENRICHED, 1), (_DUPLICATE, 2)], "news.raw/0/0: enriched and duplicates"),
        ([(_REJECTED, 1), (_ENRICHED, 2), (_DUPLICATE, 3)], "news.raw/0/0: enriched and duplicates and rejected"),
        ([(_ENRICHED, 1), (DEAD, 2)], "news.raw/0/0: enriched and dead letter"),
        ([(DEAD, 1), (_REJECTED, 2), (DEAD, 3)], "news.raw/0/0: rejected and dead letter"),
    ],
)
def test_two_outcomes_are_a_conflict(seen: Seen, named: str) -> None:
    audit = audited(seen)
    assert not audit.balanced
    assert (audit.conflicting, audit.conflicting_origins, audit.recovered) == (1, [named], 0)


def test_the_same_outcome_again_is_counted_and_no_conflict() -> None:
    audit = audited([(_ENRICHED, 1), (_ENRICHED, 2), (_ENRICHED, 3)], [(_DUPLICATE, 1)])
    assert audit.balanced
    assert (audit.enriched, audit.repeated) == (1, 1)


@pytest.mark.parametrize(
    "seen", [[(DEAD, 1), (_ENRICHED, 2)], [(DEAD, 1), (DEAD, 4), (_ENRICHED, 5)], [(DEAD, 3), (_ENRICHED, 3)]]
)
def test_a_later_outcome_recovers_a_dead_letter(seen: Seen) -> None:
    audit = audited(seen)
    assert audit.balanced
    assert (audit.enriched, audit.dead_letters, audit.recovered) == (1, 0, 1)


def test_the_last_word_counts_where_an_outcome_is_repeated_after_a_dead_letter() -> None:
    """Enriched, delivered again and dead, replayed and enriched again: the later outcome supersedes the dead letter."""
    audit = audited([(_ENRICHED, 1), (DEAD, 2), (_ENRICHED, 3)])
    assert audit.balanced
    assert (audit.enriched, audit.repeated, audit.recovered) == (1, 1, 1)


def test_several_dead_letters_of_a_record_are_one() -> None:
    assert audited([(DEAD, 1), (DEAD, 2)]).dead_letters == 1


def test_partitions_and_topics_are_kept_apart() -> None:
    ledger = _Ledger()
    for origin in (at(5), at(5, 1), Origin("other.raw", 0, 5)):
        ledger.raw(origin)
    ledger.outcome(at(5, 1), _ENRICHED, 1)
    audit = ledger.result()
    assert (audit.raw, audit.enriched) == (3, 1)
    assert audit.missing_origins == ["news.raw/0/5", "other.raw/0/5"]


def test_high_offsets_in_any_order() -> None:
    ledger = _Ledger()
    for offset in (100_000, 3, 50_000):
        ledger.raw(at(offset))
    assert ledger.result().missing_origins == ["news.raw/0/3", "news.raw/0/50000", "news.raw/0/100000"]


def test_a_forged_origin_far_away_does_not_take_all_memory() -> None:
    """Anybody who may write to the raw topic may write the header of a replay."""
    ledger = _Ledger()
    ledger.raw(at(2**62))
    assert ledger.result().missing_origins == [f"news.raw/0/{2**62}"]
