"""Training in small: the word model learns what is no news, and calibration what each depth is worth."""

import numpy as np
import pytest

from pipeline.classify.features import extract
from pipeline.classify.topic_calibration import HeldOut, calibrate, cascade, report
from pipeline.classify.topic_documents import NO_NEWS, Document, Term, keyword_documents
from pipeline.classify.topic_fit import fit_words, matrix
from pipeline.classify.topic_model import joint_shares, log_shares
from pipeline.classify.topic_sections import reread
from pipeline.classify.topics import UNSURE

CODES = ["04000000", "15000000"]


@pytest.fixture
def answers() -> list[HeldOut]:
    """Four parts of 200 articles: words are right in half, the depths in most, the third best."""
    chance, parts = np.random.default_rng(1), []
    for _ in range(4):
        main = chance.integers(2, size=200)
        truth = np.where(np.arange(2) == main[:, None], 1.0, -1.0)
        noise = chance.normal(size=(4, 200, 2))
        depths = np.stack([truth + 3 * noise[1], truth + 3 * noise[2], truth + 1.3 * noise[3]], axis=1)
        topics = [[CODES[place]] for place in main]
        parts.append(
            HeldOut(noise[0].astype(np.float32), depths.astype(np.float32), topics, np.array(["en", "de"] * 100))
        )
    return parts


def test_calibration_finds_out_which_depth_knows(answers: list[HeldOut], capsys: pytest.CaptureFixture[str]) -> None:
    fitted = calibrate(answers, CODES)
    assert abs(fitted["mix"][0, 0]) < 0.3
    assert fitted["mix"][3, 3] > fitted["mix"][3, 0]
    assert not np.triu(fitted["mix"], 1).any()
    assert fitted["curves_main"].shape == fitted["curves_further"].shape == (4, 2)
    report(answers, CODES, fitted)
    assert "withheld: kept" in capsys.readouterr().out


def test_the_cascade_ends_where_it_is_sure(answers: list[HeldOut]) -> None:
    mix = np.tril(np.ones((4, 4), dtype=np.float32))
    shares, stage = cascade(answers[0], mix)
    sure = np.exp(shares.max(axis=1)) >= UNSURE
    assert {0, 1, 2} <= set(stage.tolist())
    assert sure[stage < 3].all()
    first = log_shares(answers[0].margins)
    assert ((stage == 0) == (np.exp(first.max(axis=1)) >= UNSURE)).all()


def test_words_and_depths_are_added_by_their_weights() -> None:
    margins, depths = np.array([1.0, 0.0], dtype=np.float32), np.array([[0.0, 3.0]], dtype=np.float32)
    mix = np.array([2.0, 1.0, 9.0, 9.0], dtype=np.float32)
    assert joint_shares(mix, margins, depths) == pytest.approx(log_shares(np.array([2.0, 3.0], dtype=np.float32)))


def test_the_word_model_has_a_column_for_no_news() -> None:
    words = {"en": {"04000000": ["bank", "shares"], "15000000": ["goal", "coach"], NO_NEWS: ["cart", "shipping"]}}
    read = [
        Document(extract("", text), [code], "en", 1.0, read=True)
        for text, code in (("bank shares fell", "04000000"), ("coach and goal", "15000000"), ("cart shipping", NO_NEWS))
    ]
    model = fit_words([*read * 4, *keyword_documents(words)], CODES)
    margins = (
        matrix([Document(extract("", "add to cart, shipping"), [], "en", 1.0)], model.keys, model.idf) @ model.weights
    )
    assert (margins + model.bias).argmax() == len(CODES)


def test_a_section_is_believed_as_far_as_it_was_right() -> None:
    """A section whose articles are half of another topic when read: what the text says decides there."""
    codes = ["04000000", "11000000", "15000000"]
    words = {code: ["of"] for code in codes} | {NO_NEWS: ["cart"]}
    chance = np.random.default_rng(1)

    def document(text: str, topic: str, section: str | None, seen: list[float], *, read: bool) -> Document:
        vectors = (np.repeat([seen], 3, axis=0) + chance.normal(0, 0.01, (3, 3))).astype(np.float32)
        return Document(extract("", text), [topic], "en", 1.0, vectors, read, section)

    read = [
        document(text, topic, section, seen, read=True)
        for _ in range(8)
        for text, topic, section, seen in (
            ("bank shares fell", codes[0], codes[2], [1, 0, 0]),
            ("minister and vote", codes[1], codes[1], [0, 1, 0]),
            ("coach and goal", codes[2], codes[2], [0, 0, 1]),
            ("cart shipping", NO_NEWS, None, [0, 0, 0]),
        )
    ]
    filed = [
        document(text, topic, None, seen, read=False)
        for text, topic, seen in (
            ("bank shares fell again", codes[2], [0.3, 0.3, 0.3]),
            ("nothing that is known", codes[2], [1, 0, 0]),
            ("nothing either", codes[1], [0.3, 0.3, 0.3]),
            ("goal of the coach", codes[2], [0, 0, 1]),
            ("cart", NO_NEWS, [0, 0, 0]),
        )
    ]
    tied = [Term(code, np.eye(3, dtype=np.float32)[[at] * 3], 1.0) for at, code in enumerate(codes)]
    found = reread([*read, *filed], keyword_documents({"en": words}), tied, codes)
    assert [d for d in found if d.read] == read
    assert [d.topics[0] for d in found if not d.read] == [codes[0], codes[0], codes[1], codes[2], NO_NEWS]
    *judged, none = [d.weight for d in found if not d.read]
    assert judged[2] < judged[3]
    assert max(judged) < none == 1.0
