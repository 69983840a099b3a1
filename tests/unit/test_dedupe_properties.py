"""Dedupe under what nobody thought of: idempotence, bounds, expiry, hostile texts, eight languages."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dedupe import Deduplicator
from pipeline.events import CleanArticle, Relation
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


@pytest.mark.parametrize(
    "body",
    ["word " * 200_000, prose(1, 20_000) * 8, "港" * 1_000_000, "\U0001f600" * 1_000_000, "1,2.3" * 200_000],
    ids=["one word", "long", "one ideograph", "no words", "one number"],
)
def test_a_body_of_a_megabyte_takes_bounded_time(body: str) -> None:
    index = Deduplicator(16)
    index.check(CleanArticle(url="https://warm.example/", body=prose(1)))
    started = time.process_time()
    for number in range(3):
        index.check(CleanArticle(url=f"https://{number}.example/a", body=body))
    assert (time.process_time() - started) / 3 < 1


def test_a_template_that_fills_every_list_stays_bounded() -> None:
    index = Deduplicator(600)
    template = prose(2, 120)
    verdicts = [
        index.check(CleanArticle(url=f"https://{n}.example/a", body=prose(1000 + n, 120) + "\n" + template))
        for n in range(700)
    ]
    merged = sum(verdict.relation is not Relation.ORIGINAL for verdict in verdicts[100:])
    assert merged == 0, "what recurs over many articles does not make a copy"
    assert len(index) == 600


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
