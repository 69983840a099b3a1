"""Topics: the right one for plain cases in several scripts, silence where the text bears none, evidence that holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.classify.features import BODY_LIMIT, extract
from pipeline.classify.topic_given import GIVEN_LIMIT, given_words
from pipeline.classify.topic_vocabulary import vocabulary
from pipeline.classify.topics import MAX_TOPICS, classify_topics, judge_topics
from pipeline.events import CleanArticle, TopicsAbstained

TOP_LEVEL = {f"{number:02}000000" for number in range(1, 18)}

FOOTBALL = CleanArticle(
    url="https://example.org/cup",
    title="Late goal sends the home side into the cup final",
    body="The striker scored in the last minute of the match, and the goalkeeper saved a penalty.\n"
    "The coach praised his players after the victory in front of 40,000 fans.",
)
SHOP = (
    "Add to cart. Free shipping on orders over 40 pounds. In stock, delivery time 2 to 4 days. Product description: "
    "soft velvet cushion with zip. Customer reviews: five stars. Sign up for our newsletter and get a discount code. "
    "Terms and conditions, privacy policy, contact us. All rights reserved."
)
PLAIN_CASES = {
    "en": ("15000000", FOOTBALL.title, FOOTBALL.body),
    "de": (
        "11000000",
        "Koalition streitet vor der Bundestagswahl",
        "Der Bundeskanzler und die Opposition streiten. Die Partei stellt ihren Kandidaten für die Wahl vor.",
    ),
    "ru": (
        "15000000",
        "Сборная выиграла матч чемпионата",
        "Нападающий забил два гола, вратарь отбил пенальти. Тренер команды доволен игрой футболистов.",
    ),
    "zh": (
        "07000000",
        "医院报告新的流感病例",
        "医生说，患者的症状很轻，疫苗接种可以预防感染。卫生部门呼吁老人接种疫苗。",
    ),
    "ar": (
        "15000000",
        "المنتخب يفوز بالمباراة",
        "سجل المهاجم هدفين في المباراة، وتصدى الحارس لركلة جزاء. وأشاد المدرب باللاعبين.",
    ),
    "hi": (
        "17000000",
        "कई राज्यों में बारिश का अलर्ट",
        "मौसम विभाग ने भारी बारिश और तूफान की चेतावनी दी। तापमान गिरकर दस डिग्री हो गया।",
    ),
}


@pytest.mark.parametrize("language", PLAIN_CASES)
def test_a_plain_case_gets_its_topic(language: str) -> None:
    expected, title, body = PLAIN_CASES[language]
    topics = classify_topics(CleanArticle(url="https://example.org/a", title=title, body=body, language=language))
    assert [topic.top for topic in topics][:1] == [expected]


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("", " \n", TopicsAbstained.TOO_SHORT),
        ("", "2024 1 2 3", TopicsAbstained.TOO_SHORT),
        ("", "qzxv wkjq", TopicsAbstained.TOO_SHORT),
        ("Velvet cushion, grey", SHOP, TopicsAbstained.NOT_NEWS),
    ],
)
def test_silence_has_a_reason(title: str, body: str, reason: TopicsAbstained) -> None:
    assert judge_topics(CleanArticle(url="https://example.org/a", title=title, body=body)) == ([], reason)


def test_words_that_nobody_knows_are_a_reason_without_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classify.topics.encoder", lambda: None)
    article = CleanArticle(url="https://example.org/a", body="qzxv wkjq xqzw zzkj vvqx kkzx")
    assert judge_topics(article) == ([], TopicsAbstained.UNKNOWN_WORDS)


def test_an_unlikely_topic_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classify.topics.MIN_SCORE", 1.0)
    assert judge_topics(FOOTBALL) == ([], TopicsAbstained.NOTHING_LIKELY)


@pytest.mark.parametrize("said", [{"section": "Politics"}, {"meta": {"categories": ["Politics", "Elections"]}}])
def test_a_given_category_is_evidence_and_never_the_answer(said: dict[str, Any]) -> None:
    plain, wrong = judge_topics(FOOTBALL)[0], judge_topics(FOOTBALL.model_copy(update=said))[0]
    assert wrong[0].top == plain[0].top
    assert wrong[0].score < plain[0].score
    alone = CleanArticle(url="https://example.org/a", **said)
    assert judge_topics(alone) == ([], TopicsAbstained.TOO_SHORT)


def test_a_given_category_that_spoke_is_named() -> None:
    first = judge_topics(FOOTBALL.model_copy(update={"section": "Football"}))[0][0]
    assert first.top == "15000000"
    told = [evidence for evidence in first.evidence if evidence.field is None]
    assert [evidence.text for evidence in told] == ["Football"]


@given(st.one_of(st.text(), st.lists(st.one_of(st.text(), st.integers(), st.none())), st.integers(), st.none()))
def test_categories_of_any_shape_are_read_in_bounds(value: Any) -> None:
    article = CleanArticle.model_construct(section=value if isinstance(value, str) else None, meta={"tags": value})
    assert len(given_words(article)) <= GIVEN_LIMIT


@pytest.mark.parametrize("language", PLAIN_CASES)
def test_scores_fall_and_evidence_slices_to_its_text(language: str) -> None:
    _, title, body = PLAIN_CASES[language]
    # A character outside the first plane: offsets count code points, not UTF-16 units.
    article = CleanArticle(url="https://example.org/a", title="🏟 " + title, body=body)
    topics, abstained = judge_topics(article)
    assert abstained is None
    assert 1 <= len(topics) <= MAX_TOPICS
    scores = [topic.score for topic in topics]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    for topic in topics:
        assert vocabulary().path(topic.code)[0] == topic.top
        assert topic.top in TOP_LEVEL
        assert topic.label
        assert topic.evidence
        for evidence in topic.evidence:
            field = article.title if evidence.field == "title" else article.body
            assert field[evidence.start : evidence.end] == evidence.text
            assert evidence.weight is not None
            assert evidence.weight > 0


@pytest.mark.parametrize(
    ("title", "body", "language"),
    [
        ("", FOOTBALL.body, "en"),
        (FOOTBALL.title, "", "en"),
        (FOOTBALL.title.upper(), FOOTBALL.body.upper(), "en"),
        (FOOTBALL.title, FOOTBALL.body, "zh"),
        (FOOTBALL.title, FOOTBALL.body, ""),
        ("⚽🏆🎉 " + FOOTBALL.title, FOOTBALL.body + " 😀" * 500, "en"),
        (FOOTBALL.title, FOOTBALL.body + " слово" * 150_000, "en"),
        (FOOTBALL.title, "Der Torwart hielt den Elfmeter. L'entraîneur salue ses joueurs. " + FOOTBALL.body, "fr"),
        ("Sbornaya vyigrala match chempionata", "Futbolisty zabili dva gola, trener dovolen komandoy.", "ru"),
    ],
    ids=[
        "no title",
        "no body",
        "capitals",
        "wrong language",
        "no language",
        "emoji",
        "1 MB",
        "mixed",
        "transliterated",
    ],
)
def test_a_football_story_stays_one_however_it_comes(title: str, body: str, language: str) -> None:
    article = CleanArticle(url="https://example.org/a", title=title, body=body, language=language)
    assert [topic.top for topic in judge_topics(article)[0]][:1] == ["15000000"]


def test_what_is_read_of_a_text_is_bounded() -> None:
    assert len(extract("t" * 9 + " a" * 999_999, "wort " * 200_000).words) <= 2 * BODY_LIMIT


def test_the_same_article_gets_the_same_answer() -> None:
    assert classify_topics(FOOTBALL) == classify_topics(FOOTBALL.model_copy())


@pytest.mark.parametrize(
    "text", ["\ud800 lone surrogate", "\x00\x00", "ß" * 5000, "雪", "ก", "٣٤٥", "_" * 50, "\u0301"]
)
def test_odd_text_never_raises(text: str) -> None:
    judge_topics(CleanArticle.model_construct(title=text, body=text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("война", "войны"),  # Russian case endings
        ("κυβέρνηση", "κυβερνήσεις"),  # Greek accent that wanders
        ("الحكومة", "حكومة"),  # Arabic article
        ("대통령은", "대통령이"),  # Korean particle
        ("Fußballverein", "FUSSBALLVEREINE"),  # case folding, compound
    ],
)
def test_inflected_forms_share_a_stem(one: str, other: str) -> None:
    assert extract("", one).stems.tolist() == extract("", other).stems.tolist()


def test_vowel_signs_do_not_cut_a_word() -> None:
    body = "सरकार की नीति"
    found = extract("", body)
    assert [body[start:end] for start, end in zip(found.starts, found.ends, strict=True)] == ["सरकार", "की", "नीति"]
