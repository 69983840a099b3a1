"""Train the topic model: `python -m pipeline.classify.train_topics --shared ../shared` (some five minutes).

Reads labelled articles, the IPTC vocabulary and the keyword table `data/topic_words.json`; writes `data/topics.npz`,
which holds hashes and weights alone, no text. Seeded: the same data give the same file.
"""

import argparse
import gzip
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

from pipeline.classify.features import Features, extract, weigh
from pipeline.classify.topics import MAX_TOPICS, log_odds

DATA = Path(__file__).parent / "data"
SEED = 17
# Articles labelled by reading count twelve times: the others carry the sections of their outlets as labels.
LABELLED_WEIGHT = 12.0
# Keywords: each list is shuffled and cut into pseudo-articles of some twenty words, six times over, so that every word
# has more than MIN_DOCUMENTS.
PASSES, PSEUDO_WORDS, PSEUDO_WEIGHT = 6, 20, 4.0
NAMES_WEIGHT = 1.0
# The read articles are a quarter politics and a hundredth religion; a stream of news is not. Logit adjustment (Menon et
# al., 2021) by this much of the log prior costs nothing in cross-validation and gains a point of macro-F1, three where
# the language has no articles; the floor keeps a class of five articles from a bonus that its articles cannot bear.
PRIOR_WEIGHT, PRIOR_FLOOR = 0.1, 0.02
# A feature of fewer documents is mostly somebody's name; four leave a file under 3 MB.
MIN_DOCUMENTS = 4
# Chosen among 0.05, 0.1 and 0.2 on labelled/dev and a third of labelled/train; 0.2 gains a point on topic/dev.
SVM_C = 0.1
FOLDS = 3
# Languages that have read articles besides English; see held_out.
BLIND = ("de", "fr")


class Document(NamedTuple):
    """A training document; `topics` has the main topic first."""

    features: Features
    topics: list[str]
    language: str
    weight: float
    read: bool = False
    """Labelled by reading: fit for calibration."""


class Linear(NamedTuple):
    """A fitted linear model over the features `keys` (ascending); `weights` has one row a feature."""

    keys: NDArray[np.uint32]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Objects of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def articles(shared: Path) -> list[Document]:
    """Articles by section (topic/train) and articles by reading (all of labelled: `held_out` measures on them)."""
    documents = [
        Document(extract(row["title"], row["text"]), [row["label"]], row["lang"], 1.0)
        for row in read_lines(shared / "data/topic/train.jsonl.gz")
    ]
    documents += [
        Document(extract(row["title"], row["text"]), row["topics"], row["lang"], LABELLED_WEIGHT, read=True)
        for part in ("train", "dev")
        for row in read_lines(shared / f"data/labelled/{part}.jsonl.gz")
        if row["topics"]
    ]
    return documents


def vocabulary_documents(vocabulary: dict[str, Any]) -> list[Document]:
    """One document a concept and language: its name, and its definition where there is one."""
    documents = []
    for concept in vocabulary["concepts"]:
        for language, name in concept["name"].items():
            definition = concept["definition"].get(language) or ""
            documents.append(
                Document(extract("", f"{name}. {definition}"), [concept["top"]], language[:2], NAMES_WEIGHT)
            )
    return documents


def keyword_documents(languages: dict[str, dict[str, list[str]]]) -> list[Document]:
    """Pseudo-articles of shuffled keywords, for languages without training articles."""
    chance = np.random.default_rng(SEED)
    return [
        Document(extract("", "\n".join(part)), [code], language, PSEUDO_WEIGHT)
        for language, topics in languages.items()
        for code, words in topics.items()
        for _ in range(PASSES)
        for part in np.array_split(chance.permutation(words), max(1, round(len(words) / PSEUDO_WORDS)))
    ]


def matrix(documents: Sequence[Document], keys: NDArray[np.uint32], idf: NDArray[np.float32]) -> csr_matrix:
    """tf-idf of the known features, each row of length 1."""
    rows = [weigh(document.features, keys, idf) for document in documents]
    columns = np.concatenate([at for at, _ in rows])
    values = np.concatenate([value for _, value in rows])
    indptr = np.cumsum([0] + [len(at) for at, _ in rows])
    return csr_matrix((values, columns, indptr), shape=(len(documents), len(keys)))


def fit(documents: Sequence[Document], codes: Sequence[str]) -> Linear:
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


def margins(model: Linear, documents: Sequence[Document]) -> NDArray[np.float32]:
    """Decision values, one row a document."""
    return np.asarray(matrix(documents, model.keys, model.idf) @ model.weights + model.bias, dtype=np.float32)


class HeldOut(NamedTuple):
    """Answers about articles that a model has not seen."""

    margins: NDArray[np.float32]
    share: NDArray[np.float32]
    topics: list[list[str]]


def held_out(articles: Sequence[Document], pseudo: Sequence[Document], codes: Sequence[str]) -> list[HeldOut]:
    """Cross-validation on the articles labelled by reading, then German and French without their articles.

    The last part shows what the keyword table alone can do, and calibrates the languages that have no more.
    """
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(articles))
    splits = [
        (
            [d for d, k in zip(articles, fold, strict=True) if not (d.read and k == part)],
            [d for d, k in zip(articles, fold, strict=True) if d.read and k == part],
        )
        for part in range(FOLDS)
    ]
    splits.append(
        ([d for d in articles if d.language not in BLIND], [d for d in articles if d.read and d.language in BLIND])
    )
    results = []
    for train, test in splits:
        model = fit([*train, *pseudo], codes)
        share = [len(weigh(d.features, model.keys, model.idf)[0]) / len(d.features.keys) for d in test]
        found = HeldOut(margins(model, test), np.array(share, dtype=np.float32), [d.topics for d in test])
        right = np.array([codes[row.argmax()] == t[0] for row, t in zip(found.margins, found.topics, strict=True)])
        languages = np.array([d.language if d.language in {"en", "de"} else "other" for d in test])
        shown = {str(k): f"{right[languages == k].mean():.3f} of {sum(languages == k)}" for k in np.unique(languages)}
        print(f"held out: {len(test)} articles, {right.mean():.3f} right {shown}, known share {np.mean(share):.2f}")
        results.append(found)
    return results


def calibrate(answers: Sequence[HeldOut], codes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Sharpness of the softmax by likelihood, then a logistic curve for the first topic and one for further ones."""
    scores = np.concatenate([a.margins for a in answers])
    share = np.concatenate([a.share for a in answers])
    topics = [t for a in answers for t in a.topics]
    main = np.array([codes.index(t[0]) for t in topics])
    rows = np.arange(len(main))

    def loss(sharpness: float) -> float:
        return float(np.logaddexp(0, -log_odds(scores, sharpness))[rows, main].mean())

    sharpness = min(np.arange(1.0, 8.0, 0.25), key=loss)
    order = np.argsort(-scores, axis=1)[:, :MAX_TOPICS]
    odds = np.take_along_axis(log_odds(scores, sharpness), order, axis=1)
    labelled = np.array([[codes[c] in t[1:] for c in row] for row, t in zip(order, topics, strict=True)])
    curves = {"main": (odds[:, 0], share, order[:, 0] == main)}
    curves["further"] = (odds[:, 1:].ravel(), np.repeat(share, MAX_TOPICS - 1), labelled[:, 1:].ravel())
    found = {"sharpness": np.array(sharpness, dtype=np.float32)}
    for name, (x, known, hit) in curves.items():
        machine = LogisticRegression(C=1e3).fit(np.column_stack([x, known]), hit)
        found[name] = np.array([machine.intercept_[0], *machine.coef_[0]], dtype=np.float32)
        print(f"calibration {name}: {found[name]}, base rate {hit.mean():.3f}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="Folder that holds data/topic and data/labelled.")
    shared = parser.parse_args().shared
    vocabulary = json.loads((shared / "data/topic/iptc_mediatopics.json").read_text(encoding="utf-8"))
    words = json.loads((DATA / "topic_words.json").read_text(encoding="utf-8"))
    labels = vocabulary["top_level_used"]
    codes = sorted(labels)
    seen = articles(shared)
    pseudo = vocabulary_documents(vocabulary) + keyword_documents(words)
    model = fit([*seen, *pseudo], codes)
    scale = np.abs(model.weights).max(axis=0) / 127
    arrays: dict[str, Any] = dict(
        codes=np.array(codes),
        labels=np.array([labels[code] for code in codes]),
        keys=model.keys,
        idf=model.idf,
        weights=np.round(model.weights / scale).astype(np.int8),
        scale=scale,
        bias=model.bias,
        **calibrate(held_out(seen, pseudo, codes), codes),
    )
    np.savez_compressed(DATA / "topics.npz", **arrays)
    print(f"{len(model.keys)} features, {(DATA / 'topics.npz').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
