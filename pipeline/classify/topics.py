"""What an article is about: the 17 top-level IPTC Media Topics, by a linear model over hashed words.

Runs on numpy alone. `data/TOPICS.md` is the model card; `train_topics.py` builds `data/topics.npz`.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features, extract, weigh
from pipeline.events import CleanArticle, Evidence, TopicScore

TOPICS_VERSION = "topics-6"

#: Below, four answers in five are wrong by the calibration.
MIN_SCORE = 0.2
#: Two or three words give about five features (word, stem, pair); with fewer, one chance word decides.
MIN_KNOWN = 5
MAX_TOPICS = 3
#: Where the cut for further topics lies: see TOPICS.md for how many were right on labelled/dev.
MIN_FURTHER = 0.15
MAX_EVIDENCE = 5
#: 1 + ln(documents / documents with the word): what stands in more than one document of seven ("the") explains nothing.
MIN_EVIDENCE_IDF = 3.0


class Model(NamedTuple):
    """The content of topics.npz: F features, 17 topics."""

    codes: NDArray[np.str_]
    labels: NDArray[np.str_]
    """Names in British English, as the IPTC gives them."""
    keys: NDArray[np.uint32]
    """(F,) feature hashes, ascending."""
    idf: NDArray[np.float32]
    weights: NDArray[np.int8]
    """(F, 17), in units of `scale`."""
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    """Factor of the margins before the softmax."""
    main: NDArray[np.float32]
    """Platt calibration of the first topic: intercept, log-odds, known share."""
    further: NDArray[np.float32]
    """The same of the second and third."""


@cache
def _model() -> Model:
    with files("pipeline.classify").joinpath("data/topics.npz").open("rb") as file, np.load(file) as arrays:
        return Model(**{name: arrays[name] for name in Model._fields})


def classify_topics(article: CleanArticle) -> list[TopicScore]:
    """Topics of an article, best first, at most three; none where the text does not bear one. Never raises."""
    return judge_topics(article)[0]


def judge_topics(article: CleanArticle) -> tuple[list[TopicScore], str | None]:
    """Topics as in `classify_topics`; where there are none, why."""
    if not article.title.strip() and not article.body.strip():
        return [], "no text"
    model = _model()
    features = extract(article.title, article.body)
    at, value = weigh(features, model.keys, model.idf)
    if len(at) < MIN_KNOWN:
        return [], f"too few known words: {len(at)} of {len(features.keys)} features"
    margins = value @ model.weights[at].astype(np.float32) * model.scale + model.bias
    order = np.argsort(-margins)[:MAX_TOPICS]
    likely = log_odds(margins, float(model.sharpness))[order]
    share = len(at) / len(features.keys)
    scores = [platt(model.main, likely[0], share)]
    scores += [min(platt(model.further, odds, share), scores[0]) for odds in likely[1:]]
    if scores[0] < MIN_SCORE:
        return [], f"no topic is likely: best is {model.labels[order[0]]} with {scores[0]:.2f}"
    kept = [topic for rank, topic in enumerate(order) if rank == 0 or scores[rank] >= MIN_FURTHER]
    telling = model.idf[at] > MIN_EVIDENCE_IDF
    return [
        TopicScore(
            code=str(model.codes[topic]),
            top=str(model.codes[topic]),
            label=str(model.labels[topic]),
            score=round(score, 4),
            evidence=_evidence(
                article, features, model.keys[at], value * telling * model.weights[at, topic] * model.scale[topic]
            ),
        )
        for topic, score in zip(kept, scores, strict=False)
    ], None


def log_odds(margins: NDArray[np.float32], sharpness: float) -> NDArray[np.float32]:
    """Log-odds of each class under a softmax; `margins` is (..., classes)."""
    raised = np.exp(sharpness * (margins - margins.max(axis=-1, keepdims=True)))
    # Far from the boundary the rest underflows; 1e-6 keeps the logarithm finite.
    rest = np.maximum(raised.sum(axis=-1, keepdims=True) - raised, 1e-6)
    odds: NDArray[np.float32] = np.log(np.maximum(raised, 1e-6) / rest)
    return odds


def platt(curve: NDArray[np.float32], odds: float, share: float) -> float:
    """Probability by a logistic curve over the log-odds and the share of the text's features that are known."""
    return float(1 / (1 + np.exp(-(curve[0] + curve[1] * odds + curve[2] * share))))


def _evidence(
    article: CleanArticle, features: Features, known: NDArray[np.uint32], spoke: NDArray[np.float32]
) -> list[Evidence]:
    """The words that spoke most for a topic, each stem once, where it stands first.

    `known` are feature hashes, ascending, and `spoke` what each added to the topic's margin.
    """
    weights = np.zeros(len(features.words), dtype=np.float32)
    for hashes in (features.words, features.stems):
        at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        weights += (known[at] == hashes) * spoke[at]
    evidence: list[Evidence] = []
    stems: set[int] = set()
    # A stable sort keeps the title before the body. Ten tokens a place are enough to find others than repeats.
    for token in np.argsort(-weights, kind="stable")[: 10 * MAX_EVIDENCE]:
        if weights[token] <= 0 or len(evidence) == MAX_EVIDENCE:
            break
        field = "title" if token < features.in_title else "body"
        start, end, stem = int(features.starts[token]), int(features.ends[token]), int(features.stems[token])
        # Character pairs of Chinese overlap.
        if stem in stems or any(e.field == field and e.start < end and start < e.end for e in evidence):  # type: ignore[operator]
            continue
        stems.add(stem)
        text = (article.title if field == "title" else article.body)[start:end]
        evidence.append(Evidence(text=text, field=field, start=start, end=end, weight=round(float(weights[token]), 3)))
    return evidence
