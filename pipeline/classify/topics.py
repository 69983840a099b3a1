"""What an article is about: IPTC Media Topics, by a linear model over hashed words and, where it is unsure, an encoder.

Runs on numpy alone. `data/TOPICS.md` is the model card; `train_topics.py` builds `data/topics.npz`.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features, extract, weigh
from pipeline.classify.topic_encoder import TOKENS, TOKENS_UNKNOWN, Reading, encoder
from pipeline.classify.topic_evidence import evidence
from pipeline.classify.topic_model import TOPICS_VERSION, TopicModel, log_odds, log_shares, probability, topic_model
from pipeline.classify.topic_vocabulary import deepest, named_topics, vocabulary
from pipeline.events import CleanArticle, TopicScore

__all__ = ["MAX_TOPICS", "TOPICS_VERSION", "UNSURE", "classify_topics", "judge_topics"]

#: Below this share for its best topic the word model asks the encoder: see TOPICS.md for accuracy and speed by it.
UNSURE = 0.6
#: Share of known features below which a text counts as unknown: articles of languages that have articles have .73 on
#: average, of languages that have keywords alone .35.
UNKNOWN = 0.5
#: Of the joint judgement; by held-out articles anything from .3 to .7 is as good within a point.
ENCODER_SHARE = 0.5
#: Below, four answers in five are wrong by the calibration.
MIN_SCORE = 0.2
#: Two or three words give about five features (word, stem, pair); with fewer, one chance word decides.
MIN_KNOWN = 5
#: Words that the encoder needs where the word model knows none.
MIN_WORDS = 5
MAX_TOPICS = 3
#: Cut for further topics, the best by F1 on held-out articles: a quarter of what is given was labelled, a third of what
#: was labelled is given.
MIN_FURTHER = 0.15


class Judgement(NamedTuple):
    """What the models say of a text."""

    features: Features
    at: NDArray[np.intp]
    """Positions of the known features in the model's keys."""
    value: NDArray[np.float32]
    """Their tf-idf."""
    reading: Reading | None
    """What the encoder made of it, where it was asked."""
    shares: NDArray[np.float32]
    """(17,) logarithm of each topic's share."""


def classify_topics(article: CleanArticle) -> list[TopicScore]:
    """Topics of an article, best first, at most three; none where the text does not bear one. Never raises."""
    return judge_topics(article)[0]


def judge_topics(article: CleanArticle, model: TopicModel | None = None) -> tuple[list[TopicScore], str | None]:
    """Topics as in `classify_topics`, by another model if one is given; where there are none, why."""
    if not article.title.strip() and not article.body.strip():
        return [], "no text"
    model = model or topic_model()
    features = extract(article.title, article.body)
    at, value = weigh(features, model.keys, model.idf)
    if len(at) < MIN_KNOWN and (encoder() is None or len(features.words) < MIN_WORDS):
        return [], f"too few known words: {len(at)} of {len(features.keys)} features"
    found = judge(article, model, features, at, value)
    order = np.argsort(-found.shares, kind="stable")[:MAX_TOPICS]
    odds = log_odds(found.shares)[order]
    curves = model.alone if found.reading is None else model.joint
    scores = [probability(curves.main, odds[0])]
    scores += [min(probability(curves.further, o), scores[0]) for o in odds[1:]]
    if scores[0] < MIN_SCORE:
        return [], f"no topic is likely: best is {model.labels[order[0]]} with {scores[0]:.2f}"
    kept = [(int(topic), score) for topic, score in zip(order, scores, strict=True) if score >= MIN_FURTHER]
    support = named_topics(article.title, article.body, features)
    return [_score(article, model, found, support, topic, score) for topic, score in kept], None


def judge(
    article: CleanArticle,
    model: TopicModel,
    features: Features,
    at: NDArray[np.intp],
    value: NDArray[np.float32],
) -> Judgement:
    """The word model's judgement, joined with the encoder's where it is unsure."""
    margins = value @ model.weights[at].astype(np.float32) * model.scale + model.bias
    shares = log_shares(model.sharpness * margins)
    reader = encoder() if np.exp(shares.max()) < UNSURE else None
    if reader is None:
        return Judgement(features, at, value, None, shares)
    known = len(at) / len(features.keys)
    reading = reader.read(article.title, article.body, TOKENS if known >= UNKNOWN else TOKENS_UNKNOWN)
    return Judgement(features, at, value, reading, joint_shares(shares, reading.vector, model.head, model.head_bias))


def joint_shares(
    shares: NDArray[np.float32], vector: NDArray[np.float32], head: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Weighted mean of both models' logarithms of shares, as such again; (…, 17)."""
    slow = log_shares(vector @ head + bias)
    return log_shares((1 - ENCODER_SHARE) * shares + ENCODER_SHARE * slow)


def _score(
    article: CleanArticle, model: TopicModel, found: Judgement, support: Counter[str], topic: int, score: float
) -> TopicScore:
    """A topic with the deepest code that the text bears, and what spoke for it."""
    top = str(model.codes[topic])
    code = deepest(support, top)
    words = model.weights[found.at, topic] * model.scale[topic] * found.value * model.sharpness
    reading, passages = found.reading, None
    if reading is not None:
        words *= 1 - ENCODER_SHARE
        passages = reading.states @ (model.head[:, topic] - model.head.mean(axis=1)) * ENCODER_SHARE
    return TopicScore(
        code=code,
        top=top,
        label=vocabulary().label(code),
        score=round(score, 4),
        evidence=evidence(article, found.features, model, found.at, words, reading, passages),
    )
