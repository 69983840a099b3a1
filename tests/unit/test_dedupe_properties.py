"""Dedupe under what nobody thought of: idempotence, bounds, expiry, hostile texts, eight languages."""

# ruff: noqa: S311 - seeded, so that a failure comes again; what is held lies inside

import random
from datetime import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dedupe import Deduplicator, tables
from pipeline.dedupe.entry import ENTRY
from pipeline.dedupe.index import COMPARED
from pipeline.dedupe.reading import MOST_WORDS, Reading, digest
from pipeline.events import CleanArticle, Relation
from pipeline.urls import canonical_url
from tests.unit.texts import prose, reworded

FEW = settings(max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
#: A stream: which text (of a few), reworded by how much, how long after the one before.
RECORDS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 0.03, 0.2]), st.integers(0, 50)), max_size=25)


def records(plan: list[tuple[int, float, int]]) -> list[tuple[CleanArticle, str, int, float]]:
    log, now = [], 0.0
    for number, (text, share, pause) in enumerate(plan):
        now += pause
        body = reworded(prose(text, 80), share, number)
        log.append((CleanArticle(url=f"https://s{number}.example/a", body=body), f"r/0/{number}", number, now))
    return log


@FEW
@given(RECORDS, st.integers(1, 8), st.data())
def test_a_redelivery_gets_its_first_answer_and_changes_nothing(
    plan: list[tuple[int, float, int]], remember: int, data: st.DataObject
) -> None:
    plain, again = Deduplicator(remember), Deduplicator(remember)
    log = records(plan)
    for at, record in enumerate(log):
        expected = plain.judge(*record).to_bytes()
        assert again.judge(*record).to_bytes() == expected
        # The memory holds at least itself and what came right before it.
        back = data.draw(st.integers(max(0, at - remember + 1), at))
        article, origin, _, stamp = log[back]
        first = plain.judge(*log[back]).to_bytes()
        assert again.judge(article, origin, at, stamp).to_bytes() == first


@FEW
@given(RECORDS, st.integers(1, 8))
def test_the_memory_is_bounded_and_restarts_change_nothing(plan: list[tuple[int, float, int]], remember: int) -> None:
    whole, written = Deduplicator(remember, keep=60), []
    for record in records(plan):
        restarted = Deduplicator(remember, keep=60)
        restarted.remember(written)
        fingerprint = whole.judge(*record)
        assert restarted.judge(*record).to_bytes() == fingerprint.to_bytes()
        written.append(fingerprint.to_bytes())
        assert len(whole) == len(restarted) <= remember


@FEW
@given(st.floats(0, 1e9), st.floats(1, 1e6), st.floats(0, 2e6))
def test_expiry_by_age(start: float, keep: float, later: float) -> None:
    index = Deduplicator(keep=keep)
    one, two = (CleanArticle(url=f"https://{n}.example/a", body=prose(1)) for n in "ab")
    index.judge(one, "a", 0, start)
    relation = index.judge(two, "b", 1, start + later).verdict.relation
    assert relation is (Relation.ORIGINAL if start < start + later - keep else Relation.EXACT)


@FEW
@given(st.text(max_size=400), st.text(min_size=1, max_size=40))
def test_no_text_is_too_strange(body: str, title: str) -> None:
    index = Deduplicator(4)
    one, two = (CleanArticle(url=f"https://{n}.example/a", body=body, title=title) for n in "ab")
    assert index.check(one).relation is Relation.ORIGINAL
    assert index.check(two).relation is Relation.EXACT


@FEW
@given(st.integers(0, 1000), st.floats(0, 0.3))
def test_passages_lie_in_the_body_in_order(seed: int, share: float) -> None:
    index = Deduplicator(4)
    body = reworded(prose(seed), share, seed)
    index.check(CleanArticle(url="https://a.example/a", body=prose(seed)))
    verdict = index.check(CleanArticle(url="https://b.example/a", body=body))
    ends = [place for passage in verdict.passages for place in (passage.start, passage.end)]
    assert ends == sorted(set(ends))
    assert all(0 <= place <= len(body) for place in ends)
    assert bool(ends) == (verdict.relation in (Relation.NEAR, Relation.SPUN, Relation.PARTIAL))


# ------------------------------------------------------------------------------------------ hostile input


def held(index: Deduplicator) -> int:
    """Bytes of the arrays of an index."""
    return sum(part.nbytes for part in index._index._ring if isinstance(part, np.ndarray))


@pytest.mark.parametrize(
    "body",
    ["word " * 200_000, prose(1, 20_000) * 8, "港" * 1_000_000, "\U0001f600" * 1_000_000, "1,2.3" * 200_000],
    ids=["one word", "long", "one ideograph", "no words", "one number"],
)
def test_a_body_of_a_megabyte_is_read_as_far_as_the_bound(body: str) -> None:
    reading = Reading(body)
    assert len(reading.shingles) <= MOST_WORDS
    assert len(reading.table) <= 4 * MOST_WORDS
    index = Deduplicator(16)
    before = held(index)
    first = CleanArticle(url="https://1.example/a", title="A picture", body=body)
    assert index.check(first).relation is Relation.ORIGINAL
    again = index.judge(first.model_copy(update={"url": "https://2.example/a"}), "again", 1)
    assert again.verdict.duplicate_of == first.id
    assert len(again.to_bytes()) == ENTRY.itemsize
    assert held(index) == before


@pytest.mark.parametrize("body", ["", " \n\t", "…", "a", "one two", "港"])
def test_texts_too_short_to_compare_are_told_apart_by_all_they_have(body: str) -> None:
    index = Deduplicator(16)
    pages = [CleanArticle(url=f"https://{n}.example/a", title=f"Title {n % 2}", body=body) for n in range(4)]
    relations = [index.check(page).relation for page in pages]
    copies = Relation.ORIGINAL if not Reading(body).count else Relation.EXACT
    assert relations == [Relation.ORIGINAL, copies, Relation.EXACT, Relation.EXACT]


def test_a_template_that_fills_every_list_stays_bounded() -> None:
    index = Deduplicator(600)
    before, template = held(index), prose(2, 120)
    verdicts = [
        index.check(CleanArticle(url=f"https://{n}.example/a", body=prose(1000 + n, 120) + "\n" + template))
        for n in range(700)
    ]
    merged = sum(verdict.relation is not Relation.ORIGINAL for verdict in verdicts[100:])
    assert merged == 0, "what recurs over many articles does not make a copy"
    assert len(index) == 600
    assert held(index) == before


def test_pages_of_nothing_but_boilerplate_are_one_cluster_however_many() -> None:
    index = Deduplicator(500)
    wall = prose(3, 60)
    verdicts = [index.check(CleanArticle(url=f"https://{n % 7}.example/{n}", body=wall)) for n in range(2000)]
    assert {verdict.relation for verdict in verdicts[1:]} == {Relation.EXACT}
    assert [verdict.copies for verdict in verdicts] == list(range(2000)), "the count goes on though the first is gone"
    assert {verdict.outlets for verdict in verdicts[100:]} == {len({digest(b"%d.example" % n) % 64 for n in range(7)})}
    assert len(index) == 500


def test_however_many_look_alike_few_are_compared() -> None:
    index = Deduplicator(2000)
    parts = prose(4, 200).split("\n")
    for n in range(1500):
        order = random.Random(n).sample(parts, k=len(parts))
        body = "\n".join([*order, prose(5000 + n, 20)])
        found = index._index.candidates(Reading(body))
        assert len(found) <= COMPARED
        index.check(CleanArticle(url=f"https://{n}.example/a", body=body))
    assert len(found) > 0


def test_hashes_chosen_to_lie_together_fill_no_more_than_a_run() -> None:
    lists, bits, sketch = np.zeros(200_000, np.uint32), 16, 56
    # The inverse of the multiplier gives values whose lists all start in the first place.
    chosen = [value * pow(2654435769, -1, 2**32) % 2**32 for value in range(1, 20_000)]
    posted = 0
    for slot in range(300):
        values = np.array(chosen[slot * sketch : (slot + 1) * sketch], np.uint32)
        posted += int(tables.post(values, np.arange(sketch), slot, bits, lists, sketch, 16)).bit_count()
    assert posted == np.count_nonzero(lists) == tables.RUN
    slots, scores = np.zeros(4096, np.int64), np.zeros(4096, np.float32)
    found = tables.candidates(np.array(chosen, np.uint32), bits, lists, slots, scores)
    assert 0 < found <= -(-tables.RUN // sketch) + 1
    for slot in range(300):
        values = np.array(chosen[slot * sketch : (slot + 1) * sketch], np.uint32)
        tables.unpost(values, np.uint64(2**sketch - 1), slot, bits, lists, np.tile(values, (300, 1)))
    assert posted > np.count_nonzero(lists)


# ---------------------------------------------------------------------------------------- order and expiry


@FEW
@given(RECORDS, st.integers(1, 8), st.integers(1, 100))
def test_what_is_remembered_are_the_newest_within_both_bounds(
    plan: list[tuple[int, float, int]], remember: int, keep: int
) -> None:
    index, log = Deduplicator(remember, keep), records(plan)
    for at, record in enumerate(log):
        index.judge(*record)
        young = [old for old in log[: at + 1] if old[3] >= record[3] - keep]
        names = [old[1] for old in young[-remember:]]
        entries = index._index.entries
        kept = [old[1] for old in log[: at + 1] if index._index.find("origin", digest(old[1].encode())) >= 0]
        assert kept == names
        assert sorted(entries["position"][index._index.at(old[2])] for old in young[-remember:]) == [
            old[2] for old in young[-remember:]
        ]


@FEW
@given(RECORDS, st.integers(1, 40), st.data())
def test_expiry_by_age_survives_a_restart(plan: list[tuple[int, float, int]], keep: int, data: st.DataObject) -> None:
    whole, log = Deduplicator(50, keep), records(plan)
    written = [whole.judge(*record).to_bytes() for record in log]
    cut = data.draw(st.integers(0, len(log)))
    restarted = Deduplicator(50, keep)
    restarted.remember(written)
    # Recovery repeats: the first record after it comes twice.
    again = [*log[cut : cut + 1], *log[cut:]]
    expected = [*written[cut : cut + 1], *written[cut:]]
    assert [restarted.judge(*record).to_bytes() for record in again] == expected
    assert not again or len(restarted) == len(whole)


# --------------------------------------------------------------------------------------- pages, languages

PAGE = "https://www.outlet.example/world/2026/pier"


@pytest.mark.parametrize(
    "variant",
    [
        "https://amp.outlet.example/world/2026/pier",
        f"{PAGE}/amp",
        f"{PAGE}?outputType=amp",
        "https://m.outlet.example/world/2026/pier",
        "http://mobile.outlet.example/world/2026/pier/",
        f"{PAGE}/print",
        f"{PAGE}?print=1",
        f"{PAGE}?utm_source=feed&fbclid=1#top",
        f"{PAGE}?hp=t1_3",
    ],
)
@pytest.mark.parametrize("canonical", ["", PAGE], ids=["by its address", "by what cleaning found"])
def test_variants_of_a_page_are_one_page(variant: str, canonical: str) -> None:
    index = Deduplicator(16)
    first = CleanArticle(url=PAGE, body=prose(1))
    index.check(first)
    verdict = index.check(CleanArticle(url=variant, canonical_url=canonical_url(canonical), body=prose(2)))
    assert (verdict.relation, verdict.duplicate_of, verdict.revision) == (Relation.REVISION, first.id, 1)
    assert verdict.evidence == ["url"]


@pytest.mark.parametrize("other", [f"{PAGE}?id=2", f"{PAGE}-2", "https://www.other.example/world/2026/pier"])
def test_another_page_is_another_article(other: str) -> None:
    index = Deduplicator(16)
    index.check(CleanArticle(url=PAGE, body=prose(1)))
    assert index.check(CleanArticle(url=other, body=prose(2))).relation is Relation.ORIGINAL


def test_a_verdict_tells_when_both_were_published() -> None:
    index = Deduplicator(16)
    late, early = "2026-10-02T12:00:00+02:00", "2026-10-01T08:00:00Z"
    index.check(CleanArticle(url="https://quick.example/a", body=prose(1), published_at=late))
    agency = CleanArticle(url="https://agency.example/a", body=prose(1), published_at=early)
    for _ in range(2):  # the second time it is a redelivery
        verdict = index.check(agency, ("news.raw", 0, 7))
        assert verdict.published_at == datetime.fromisoformat(early)
        assert verdict.original_published_at == datetime.fromisoformat(late)
        assert verdict.relation is Relation.EXACT


@pytest.mark.parametrize(
    ("source", "title", "ending", "relation"),
    [
        ("Agency", "UPDATE 1-A pier", "", Relation.REVISION),
        ("Agency", "A pier (updated)", "", Relation.REVISION),
        ("Agency", "A pier", "\nEditor's note: this story has been updated.", Relation.REVISION),
        ("Agency", "A pier", "\nUPDATED: the mayor did not comment.", Relation.REVISION),
        ("Agency", "A pier", "", Relation.NEAR),
        ("Another", "UPDATE: A pier", "", Relation.NEAR),
    ],
)
def test_a_feed_files_an_article_again(source: str, title: str, ending: str, relation: Relation) -> None:
    index = Deduplicator(16)
    index.check(CleanArticle(url="https://one.example/a", title="A pier", body=prose(1), source="Agency"))
    again = CleanArticle(url="https://one.example/b", title=title, body=reworded(prose(1), 0.02, 1) + ending)
    assert index.check(again.model_copy(update={"source": source})).relation is relation


def test_a_verdict_is_about_the_original_that_it_names() -> None:
    index = Deduplicator(16)
    first = CleanArticle(url="https://one.example/a", body=prose(1, 100))
    longer = CleanArticle(url="https://two.example/a", body=prose(1, 100) + "\n" + prose(2, 140))
    index.check(first)
    assert index.check(longer).relation is Relation.PARTIAL
    same = longer.model_copy(update={"url": "https://three.example/a"})
    like = longer.model_copy(update={"url": "https://four.example/a", "body": reworded(longer.body, 0.02, 1)})
    for copy in (same, like):
        verdict = index.check(copy)
        assert (verdict.relation, verdict.duplicate_of) == (Relation.PARTIAL, first.id)


SENTENCES = {
    "en": "the council voted to rebuild the old pier before the storms of winter arrive in {}",
    "de": "der Gemeinderat beschloss, die alte Brücke über die Oder vor {} für Fußgänger zu schließen",
    "fr": "le conseil a décidé de rouvrir l’école du village avant la rentrée des élèves de {}",
    "ru": "городской совет решил восстановить старый причал до начала зимних штормов в {}",
    "ar": "قرر المجلس إعادة بناء الرصيف القديم قبل وصول عواصف الشتاء إلى {}",
    "zh": "镇议会决定在冬季风暴到来之前重建旧码头并通知{}的渔民",
    "ja": "町議会は冬の嵐が来る前に古い桟橋を再建し{}の漁師に知らせることを決めた",
    "th": "สภาเมืองลงมติให้สร้างท่าเรือเก่าขึ้นใหม่ก่อนที่พายุฤดูหนาวจะมาถึง{}",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_copies_are_found_in_eight_languages(language: str) -> None:
    index = Deduplicator(16)
    places = ["Oslo", "Рига", "北京市", "東京都", "กรุงเทพ", "القاهرة", "Łódź"]
    body = "\n".join(SENTENCES[language].format(place) for place in places)
    other = "\n".join(sentence.format(7) for name, sentence in SENTENCES.items() if name != language)
    first = CleanArticle(url="https://one.example/a", body=body)
    assert index.check(first).relation is Relation.ORIGINAL
    assert index.check(CleanArticle(url="https://two.example/a", body=other)).relation is Relation.ORIGINAL
    assert index.check(CleanArticle(url="https://three.example/a", body=f"“{body.upper()}”")).relation is Relation.EXACT
    cut = CleanArticle(url="https://four.example/a", body=body[: len(body) * 4 // 5])
    assert index.check(cut).duplicate_of == first.id


def test_a_page_that_never_stops_changing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.dedupe.MOST_TEXTS", 3)
    index = Deduplicator(4)
    verdicts = [index.check(CleanArticle(url="https://one.example/a", body=prose(n))) for n in range(6)]
    assert [verdict.revision for verdict in verdicts] == [0, 1, 2, 2, 2, 2]
