"""The words that spoke for a topic: what each added to the topic's score, no look-up afterwards."""

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features
from pipeline.classify.topic_encoder import Reading
from pipeline.classify.topic_model import TopicModel
from pipeline.events import CleanArticle, Evidence

MAX_EVIDENCE = 5
#: 1 + ln(documents / documents with the word): what stands in more than one document of seven ("the") explains nothing.
MIN_EVIDENCE_IDF = 3.0
# The encoder spreads a text's meaning over all of its tokens; what is under this share of the strongest is noise.
_TELLING = 0.05

Floats = NDArray[np.float32]


def evidence(
    article: CleanArticle,
    features: Features,
    model: TopicModel,
    at: NDArray[np.intp],
    spoke: Floats,
    reading: Reading | None,
    passages: Floats | None,
) -> list[Evidence]:
    """The words that spoke most, strongest first, each stem once, where it stands first.

    `spoke` is what each known feature (`at`) added to the topic's log-odds, `passages` what each token that the
    encoder read added to it.
    """
    weights = _of_words(features, model.keys[at], spoke * (model.idf[at] > MIN_EVIDENCE_IDF))
    if reading is not None and passages is not None:
        weights += _of_passages(features, reading, passages)
    found: list[Evidence] = []
    stems: set[int] = set()
    # A stable sort keeps the title before the body. Ten tokens a place are enough to find others than repeats.
    for token in np.argsort(-weights, kind="stable")[: 10 * MAX_EVIDENCE].tolist():
        if weights[token] <= _TELLING * weights.max() or len(found) == MAX_EVIDENCE:
            break
        field = "title" if token < features.in_title else "body"
        start, end, stem = int(features.starts[token]), int(features.ends[token]), int(features.stems[token])
        # Character pairs of Chinese overlap.
        if stem in stems or any(e.field == field and e.start < end and start < e.end for e in found):  # type: ignore[operator]
            continue
        stems.add(stem)
        text = (article.title if field == "title" else article.body)[start:end]
        found.append(Evidence(text=text, field=field, start=start, end=end, weight=round(float(weights[token]), 3)))
    return found


def _of_words(features: Features, known: NDArray[np.uint32], spoke: Floats) -> Floats:
    """What each token added as a word, as a stem, and as half of the pairs with its neighbours."""
    weights = np.zeros(len(features.words), dtype=np.float32)
    if len(known):
        weights += _spoke(features.words, known, spoke) + _spoke(features.stems, known, spoke)
        pairs = _spoke(features.pairs, known, spoke) / 2
        weights[:-1] += pairs
        weights[1:] += pairs
    return weights


def _spoke(hashes: NDArray[np.uint32], known: NDArray[np.uint32], spoke: Floats) -> Floats:
    place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: Floats = (known[place] == hashes) * spoke[place]
    return found


def _of_passages(features: Features, reading: Reading, passages: Floats) -> Floats:
    """What each token added in the encoder: the sum of its pieces. Pieces outside all tokens (signs) are left out."""
    weights = np.zeros(len(features.words), dtype=np.float32)
    for first, after, here in (
        (0, features.in_title, reading.in_title),
        (features.in_title, len(weights), ~reading.in_title),
    ):
        starts, ends = features.starts[first:after], features.ends[first:after]
        if len(starts) == 0:
            continue
        place = np.maximum(np.searchsorted(starts, reading.starts[here], side="right") - 1, 0)
        inside = (starts[place] <= reading.starts[here]) & (reading.starts[here] < ends[place])
        np.add.at(weights, first + place[inside], passages[here][inside])
    return weights
