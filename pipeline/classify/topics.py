"""What an article is about: IPTC Media Topics, by a linear model over hashed words and, where it is unsure, an encoder.

Runs on numpy alone. `data/TOPICS.md` is the model card; `train_topics.py` builds `data/topics.npz`.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features, extract, weigh
from pipeline.classify.topic_encoder import Reading, encoder
from pipeline.classify.topic_evidence import evidence
from pipeline.classify.topic_given import given_words
from pipeline.classify.topic_model import (
    TOPICS_VERSION,
    TopicModel,
    joint_shares,
    log_odds,
    log_shares,
    probability,
    topic_model,
)
from pipeline.classify.topic_vocabulary import deepest, named_topics, vocabulary
from pipeline.events import CleanArticle, Evidence, TopicsAbstained, TopicScore

__all__ = ["MAX_TOPICS", "TOPICS_VERSION", "UNSURE", "classify_topics", "judge_topics"]

#: Below this share for the best topic the next stage is asked: see TOPICS.md for accuracy and speed by it.
UNSURE = 0.6
#: Below, four answers in five are wrong by the calibration.
MIN_SCORE = 0.2
#: Two or three words give about five features (word, stem, pair); with fewer, one chance word decides.
MIN_KNOWN = 5
#: Words that the encoder needs where the word model knows none.
MIN_WORDS = 5
#: Column of the word model, after the 17 topics, that speaks for "no news at all".
NOT_NEWS = 17
#: Above, most of what is held back was read as no news; it is a fifth of such texts and one article in 250.
NOT_NEWS_MARGIN = -0.6
#: Of section and categories beside the text, whose features have length 1. On headlines a true section is worth ten
#: points, a false one changes one answer in twenty; with .3 one in six, with .5 one in three.
GIVEN_WEIGHT = 0.2
MAX_TOPICS = 3
#: Cut for further topics, the best by F1 on held-out articles: one a text, of which two in five are labelled as a topic
#: of it; half of what is labelled is given.
MIN_FURTHER = 0.2


class Judgement(NamedTuple):
    """What the models say of a text."""

    features: Features
    at: NDArray[np.intp]
    """Positions of the known features in the model's keys; those of the text first, then those of what was given."""
    of_text: int
    """How many of them are the text's."""
    spoke: NDArray[np.float32]
    """(known features, 17) what each added to the margins of the word model."""
    reading: Reading | None
    """What the encoder made of it, where it was asked."""
    stage: int
    """0 where the words decided alone, else how many depths of the encoder took part."""
    shares: NDArray[np.float32]
    """(17,) logarithm of each topic's share."""


def classify_topics(article: CleanArticle) -> list[TopicScore]:
    """Topics of an article, best first, at most three; none where the text does not bear one. Never raises."""
    return judge_topics(article)[0]


def judge_topics(
    article: CleanArticle, model: TopicModel | None = None
) -> tuple[list[TopicScore], TopicsAbstained | None]:
    """Topics as in `classify_topics`, by another model if one is given; where there are none, why."""
    model = model or topic_model()
    features = extract(article.title, article.body)
    at, value = weigh(features, model.keys, model.idf)
    if len(at) < MIN_KNOWN and len(features.words) < MIN_WORDS:
        return [], TopicsAbstained.TOO_SHORT
    if len(at) < MIN_KNOWN and encoder() is None:
        return [], TopicsAbstained.UNKNOWN_WORDS
    found = judge(article, model, features, at, value)
    if found is None:
        return [], TopicsAbstained.NOT_NEWS
    order = np.argsort(-found.shares, kind="stable")[:MAX_TOPICS]
    odds = log_odds(found.shares)[order]
    curves = model.curves[found.stage]
    scores = [probability(curves.main, odds[0])]
    scores += [min(probability(curves.further, o), scores[0]) for o in odds[1:]]
    if scores[0] < MIN_SCORE:
        return [], TopicsAbstained.NOTHING_LIKELY
    kept = [(int(topic), score) for topic, score in zip(order, scores, strict=True) if score >= MIN_FURTHER]
    support = named_topics(article.title, article.body, features, article.language)
    return [_score(article, model, found, support, topic, score) for topic, score in kept], None


def judge(
    article: CleanArticle,
    model: TopicModel,
    features: Features,
    at: NDArray[np.intp],
    value: NDArray[np.float32],
) -> Judgement | None:
    """The word model's judgement, joined with the encoder's as long as it is unsure; None where the text is no news."""
    spoke, of_text = _spoke(model, at, value), len(at)
    if spoke[:, NOT_NEWS].sum() + model.bias[NOT_NEWS] > NOT_NEWS_MARGIN:
        return None
    if given := given_words(article):
        more, value = weigh(extract(given, ""), model.keys, model.idf)
        at, spoke = np.concatenate([at, more]), np.concatenate([spoke, _spoke(model, more, GIVEN_WEIGHT * value)])
    spoke = spoke[:, :NOT_NEWS]
    margins = spoke.sum(axis=0) + model.bias[:NOT_NEWS]
    stage, reading, shares = 0, None, log_shares(model.mix[0, 0] * margins)
    if np.exp(shares.max()) < UNSURE and (reader := encoder()) is not None:
        for reading in reader.read(article.title, article.body):
            stage = len(reading.states)
            depths = np.einsum("di,dic->dc", reading.vectors, model.head[:stage]) + model.head_bias[:stage]
            shares = joint_shares(model.mix[stage], margins, depths)
            if np.exp(shares.max()) >= UNSURE:
                break
    return Judgement(features, at, of_text, spoke, reading, stage, shares)


def _spoke(model: TopicModel, at: NDArray[np.intp], value: NDArray[np.float32]) -> NDArray[np.float32]:
    """(features, 18) what features of these values add to the margins."""
    spoke: NDArray[np.float32] = model.weights[at] * model.scale * value[:, None]
    return spoke


def _score(
    article: CleanArticle, model: TopicModel, found: Judgement, support: Counter[str], topic: int, score: float
) -> TopicScore:
    """A topic with the deepest code that the text bears, and what spoke for it.

    What counts for a topic is what is added to it above the mean of its rivals, the topics less likely than it,
    weighted by their shares: for the first topic, the derivative of its log-odds.
    """
    code = deepest(support, str(model.codes[topic]))
    rivals = np.exp(found.shares)
    rivals[found.shares >= found.shares[topic]] = 0
    rivals /= max(float(rivals.sum()), 1e-9)
    mix, passages = model.mix[found.stage], None
    spoke = mix[0] * (found.spoke[:, topic] - found.spoke @ rivals)
    if found.reading is not None:
        towards = model.head[: found.stage, :, topic] - model.head[: found.stage] @ rivals
        passages = np.einsum("dti,di->t", found.reading.states, mix[1 : 1 + found.stage, None] * towards)
    words, n = spoke[: found.of_text], found.of_text
    told = evidence(article, found.features, model, found.at[:n], words, found.reading, passages)
    if (given := float(spoke[n:].sum())) > 0:
        told.append(Evidence(text=given_words(article), weight=round(given, 3)))
    return TopicScore(
        code=code,
        top=str(model.codes[topic]),
        label=vocabulary().label(code),
        score=round(score, 4),
        evidence=told,
    )
