"""Topics: the right one for plain cases in several scripts, silence where the text bears none, evidence that holds."""

import pytest

from pipeline.classify.features import extract
from pipeline.classify.topic_vocabulary import vocabulary
from pipeline.classify.topics import MAX_TOPICS, classify_topics, judge_topics
from pipeline.events import CleanArticle

TOP_LEVEL = {f"{number:02}000000" for number in range(1, 18)}

FOOTBALL = CleanArticle(
    url="https://example.org/cup",
    title="Late goal sends the home side into the cup final",
    body="The striker scored in the last minute of the match, and the goalkeeper saved a penalty.\n"
    "The coach praised his players after the victory in front of 40,000 fans.",
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
        ("", " \n", "no text"),
        ("", "2024 1 2 3", "too few known words"),
        ("", "qzxv wkjq", "too few known words"),
    ],
)
def test_silence_has_a_reason(title: str, body: str, reason: str) -> None:
    topics, abstained = judge_topics(CleanArticle(url="https://example.org/a", title=title, body=body))
    assert topics == []
    assert abstained is not None
    assert abstained.startswith(reason)


def test_an_unlikely_topic_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classify.topics.MIN_SCORE", 1.0)
    topics, abstained = judge_topics(FOOTBALL)
    assert topics == []
    assert abstained is not None
    assert abstained.startswith("no topic is likely: best is sport")


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
