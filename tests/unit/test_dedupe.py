"""Dedupe: relations, and that a verdict depends on nothing but what stood before the article in the log."""

# ruff: noqa: S311 - seeded, so that a failure comes again

import random
import struct

import pytest

from pipeline.dedupe import Deduplicator
from pipeline.dedupe.entry import Fingerprint, unpack
from pipeline.dedupe.reading import Reading
from pipeline.events import CleanArticle, Origin, Relation, Verdict
from tests.unit.texts import prose, reworded

TEXT = prose(7)
CHINESE = (
    "海港委员会周二晚间投票决定在冬季风暴来临之前重建旧渡轮码头。镇长对会议表示修缮工程将耗资四百万克朗并持续约十一个月。"
    "旁听席上的渔民对这一决定表示欢迎但有几位询问在此期间船只应当停靠在哪里。镇上聘请的工程师说木桩在水线以下已经腐烂无法保留。"
)


def article(url: str, body: str, title: str = "A pier") -> CleanArticle:
    return CleanArticle(url=url, title=title, body=body, language="en")


@pytest.mark.parametrize(
    ("copy", "relation"),
    [
        (TEXT, Relation.EXACT),
        (TEXT.upper().replace(".", " —"), Relation.EXACT),
        (reworded(TEXT, 0.03, 1), Relation.NEAR),
        (TEXT + "\n" + prose(8, 25), Relation.NEAR),
        (reworded(TEXT, 0.13, 1), Relation.SPUN),
        ("\n".join(TEXT.split("\n")[:2]), Relation.PARTIAL),
        (TEXT.split("\n")[0] + "\n" + prose(9, 160), Relation.ORIGINAL),
        (" ".join(random.Random(3).sample(TEXT.split(), k=200)), Relation.ORIGINAL),
        (prose(10), Relation.ORIGINAL),
    ],
    ids=[
        "same",
        "re-set",
        "few words changed",
        "paragraph added",
        "reworded",
        "cut",
        "one paragraph quoted",
        "same words, other order",
        "another text",
    ],
)
def test_relation_of_a_text_on_another_page(copy: str, relation: Relation) -> None:
    index = Deduplicator()
    first = article("https://one.example/a", TEXT)
    assert index.check(first).relation is Relation.ORIGINAL
    verdict = index.check(article("https://two.example/b", copy))
    assert verdict.relation is relation
    assert verdict.duplicate_of == (None if relation is Relation.ORIGINAL else first.id)
    assert (verdict.similarity > 0) == (relation is not Relation.ORIGINAL)


def test_the_longer_text_is_partial_too() -> None:
    index = Deduplicator()
    index.check(article("https://one.example/a", "\n".join(TEXT.split("\n")[:2])))
    assert index.check(article("https://two.example/b", TEXT)).relation is Relation.PARTIAL


def test_relation_of_chinese_texts() -> None:
    index = Deduplicator()
    first = article("https://one.example/a", CHINESE)
    index.check(first)
    near = index.check(article("https://two.example/b", CHINESE.replace("周二", "周三").replace("四百万", "五百万")))
    other = index.check(article("https://two.example/c", "".join(reversed(CHINESE))))
    assert (near.relation, near.duplicate_of) == (Relation.NEAR, first.id)
    assert other.relation is Relation.ORIGINAL


def test_revisions_of_a_page_are_counted_by_their_texts() -> None:
    index = Deduplicator()
    first = article("https://one.example/a", TEXT)
    texts = [TEXT, reworded(TEXT, 0.1, 1), reworded(TEXT, 0.1, 2), reworded(TEXT, 0.1, 1), prose(11)]
    urls = ["https://one.example/a", "http://www.one.example/a/?utm_source=x", "https://one.example/a#top"] + [
        "https://one.example/a"
    ] * 2
    verdicts = [index.check(article(url, text)) for url, text in zip(urls, texts, strict=True)]
    relations = [Relation.ORIGINAL, Relation.REVISION, Relation.REVISION, Relation.EXACT, Relation.REVISION]
    assert [v.relation for v in verdicts] == relations
    assert [v.revision for v in verdicts] == [0, 1, 2, 0, 3]
    assert {v.duplicate_of for v in verdicts[1:]} == {first.id}


def test_a_copy_of_a_copy_belongs_to_the_original_of_the_cluster() -> None:
    index = Deduplicator()
    first = article("https://one.example/a", TEXT)
    index.check(first)
    middle = reworded(TEXT, 0.12, 1)
    index.check(article("https://two.example/b", middle))
    last = index.check(article("https://three.example/c", reworded(middle, 0.12, 2)))
    assert last.duplicate_of == first.id


def test_articles_without_words_are_told_apart_by_title() -> None:
    index = Deduplicator()
    titles = ["Pictures of the day", "Pictures of the week", "Pictures of the day"]
    verdicts = [index.check(article(f"https://one.example/{n}", "…", title)) for n, title in enumerate(titles)]
    assert [v.relation for v in verdicts] == [Relation.ORIGINAL, Relation.ORIGINAL, Relation.EXACT]


def test_an_origin_is_not_a_duplicate_of_itself() -> None:
    index = Deduplicator()
    one, origin = article("https://one.example/a", TEXT), Origin("news.raw", 0, 5)
    assert index.check(one, origin) == index.check(one, tuple(origin))
    assert index.check(one.model_copy(update={"origin": origin})).relation is Relation.ORIGINAL
    assert index.check(one, ("news.raw", 0, 6)).relation is Relation.EXACT
    assert index.check(one, ("news.raw", 1, 5)).relation is Relation.EXACT


def test_what_was_judged_later_waits_until_the_log_comes_to_it() -> None:
    before = Deduplicator()
    early, late = (article(f"https://{n}.example/a", TEXT) for n in ("one", "two"))
    before.judge(early, "early", position=4)
    written = before.judge(late, "late", position=9).to_bytes()
    index = Deduplicator()
    index.remember([written])
    assert index.judge(early, "early", position=4).verdict.relation is Relation.ORIGINAL
    assert index.judge(late, "late", position=9).to_bytes() == written
    assert index.judge(article("https://three.example/a", TEXT), "third", position=12).verdict.copies == 2


def test_bounded_memory_forgets_the_oldest() -> None:
    index = Deduplicator(remember=3)
    texts = [prose(seed) for seed in range(20, 24)]
    for n, text in enumerate(texts):
        index.check(article(f"https://one.example/{n}", text))
    assert len(index) == 3
    # The copy of the second is judged first: remembering it costs the memory the next oldest, not a newer one.
    assert index.check(article("https://two.example/1", texts[1])).relation is Relation.EXACT
    assert index.check(article("https://two.example/3", texts[3])).relation is Relation.EXACT
    assert index.check(article("https://two.example/0", texts[0])).relation is Relation.ORIGINAL
    assert index.check(article("https://one.example/2", prose(30))).relation is Relation.ORIGINAL, (
        "its page is forgotten"
    )
    assert len(index) == 3


def test_a_forgotten_origin_is_judged_again_by_what_is_left() -> None:
    index = Deduplicator(remember=2)
    one = article("https://one.example/a", TEXT)
    index.check(one, ("news.raw", 0, 0))
    index.check(article("https://two.example/b", TEXT), ("news.raw", 0, 1))
    index.check(article("https://two.example/c", prose(31)), ("news.raw", 0, 2))
    again = index.check(one, ("news.raw", 0, 0))
    assert again.relation is Relation.EXACT
    assert again.duplicate_of == one.id, "the cluster's original, though it is forgotten"


# ---------------------------------------------------------------------------- a function of the position


def stream(seed: int, length: int = 80) -> list[tuple[CleanArticle, str]]:
    """Articles with their origins: new ones, copies, revisions, quotations, and origins delivered again."""
    rng = random.Random(seed)
    log: list[tuple[CleanArticle, str]] = []
    for n in range(length):
        kind = rng.choice(["new", "new", "copy", "copy", "revision", "again"]) if n > 3 else "new"
        if kind == "again":
            log.append(rng.choice(log))
            continue
        url, body = f"https://site{n}.example/a", prose(1000 * seed + n, rng.randint(60, 200))
        if kind != "new":
            model, _ = rng.choice(log)
            share = rng.choice([0, 0.03, 0.08, 0.15, 0.25])
            body = reworded(model.body, share, seed + n)
            url = model.url if kind == "revision" else url
        log.append((article(url, body), f"news.raw/0/{n}"))
    return log


def judge_all(index: Deduplicator, log: list[tuple[CleanArticle, str]], start: int = 0) -> list[Fingerprint]:
    return [index.judge(one, origin, position) for position, (one, origin) in enumerate(log[start:], start)]


def without_evidence(fingerprints: list[Fingerprint]) -> list[Verdict]:
    """Verdicts as the changelog keeps them."""
    return [f.verdict.model_copy(update={"evidence": []}) for f in fingerprints]


def restored(written: list[bytes], rng: random.Random) -> Deduplicator:
    index = Deduplicator()
    index.remember(rng.sample(written, k=len(written)))
    return index


@pytest.mark.parametrize("seed", range(4))
def test_replay_over_what_was_remembered_gives_the_same_verdicts(seed: int) -> None:
    rng, log = random.Random(seed), stream(seed)
    first = judge_all(Deduplicator(), log)
    assert len({v.verdict.relation for v in first}) >= 4, "the stream has copies of several kinds"
    written = [f.to_bytes() for f in {f.position: f for f in first}.values()]
    # A worker that dies has written some and not others; all that is missing is judged again, with later ones there.
    for kept in (len(written), len(written) // 2, 5, 0):
        index = restored(rng.sample(written, k=kept), rng)
        assert without_evidence(judge_all(index, log)) == without_evidence(first)


@pytest.mark.parametrize("seed", range(4))
def test_restarts_change_no_verdict(seed: int) -> None:
    rng, log = random.Random(100 + seed), stream(seed)
    first = judge_all(Deduplicator(), log)
    written: dict[int, bytes] = {}
    again: dict[int, Fingerprint] = {}
    acknowledged = 0
    while acknowledged < len(log):
        index = restored(list(written.values()), rng)
        end = min(len(log), acknowledged + rng.randint(1, 25))
        for position in range(acknowledged, end):
            fingerprint = again[position] = index.judge(*log[position], position)
            if rng.random() < 0.8:  # the others were not delivered when the worker died
                written[fingerprint.position] = fingerprint.to_bytes()
        undelivered = [p for p in range(acknowledged, end) if again[p].position not in written]
        acknowledged = min([*undelivered, end])
    assert without_evidence(list(again.values())) == without_evidence(first)


# ------------------------------------------------------------------------------------------ fingerprints


@pytest.mark.parametrize(
    "body", [TEXT, CHINESE, "two words", "", "ü" * 50], ids=["long", "cjk", "short", "empty", "one word"]
)
@pytest.mark.parametrize("name", ["", "ab" * 16, "id of another kind ä"], ids=["hash", "hexadecimal", "text"])
def test_fingerprint_bytes_round_trip(body: str, name: str) -> None:
    index = Deduplicator()
    one = CleanArticle(id=name, url="https://one.example/ä", title="A pier", body=body)
    first = index.judge(one, "news.räw/3/99", 1 << 40)
    again = index.judge(article("https://two.example/b", body), "news.räw/3/100", (1 << 40) + 1)
    for written in (first, again):
        entries, odd = unpack([written.to_bytes()])
        ids = odd.get(0) or (bytes(entries["id"][0]).hex(), bytes(entries["root_id"][0]).hex())
        back = Fingerprint(entries, *ids, written.version)
        assert (back.id, back.original, back.verdict) == (written.id, one.id, written.verdict)
        assert back.to_bytes() == written.to_bytes()
        assert len(written.to_bytes()) < 1024, "what the retention of the changelog counts on"


GOOD = Deduplicator().judge(article("u", TEXT), "o", 1).to_bytes()


@pytest.mark.parametrize(
    "data",
    [b"", b"short", GOOD[:40], GOOD[:-10], GOOD + b"x", b"\xff" + GOOD[1:], GOOD[:4] + b"\xff" + GOOD[5:]],
    ids=["empty", "short", "head only", "cut", "longer", "another layout", "unknown relation"],
)
def test_bytes_that_are_no_fingerprint_are_refused(data: bytes) -> None:
    with pytest.raises((struct.error, ValueError)):
        Deduplicator().remember([data])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("“The ﬁrst” — STRASSE, straße_3", "the first strasse Strasse 3"),
        ("Don’t pay 4,000.5", "DON'T  pay 4000.5"),
        ("Café naïve", "Cafe\u0301 nai\u0308ve"),
        ("港口 １２", "港口 12"),
        ("МОСКВА Київ", "москва київ"),
        ("ΑΘΉΝΑ", "αθηνα"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("الْكِتَاب", "الكتاب"),
    ],
)
def test_words_are_without_case_and_typography(one: str, two: str) -> None:
    assert Reading(one).words.tolist() == Reading(two).words.tolist()
