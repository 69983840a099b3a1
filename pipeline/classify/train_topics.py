"""Train the topic model: `python -m pipeline.classify.train_topics --shared ../shared` (some five minutes).

Reads labelled articles, the IPTC vocabulary and the keyword table `data/topic_words.json`; writes `data/topics.npz`,
which holds hashes and weights alone, no text. Seeded: the same data give the same file.
"""

import argparse
import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pipeline.classify.features import Features, extract, weigh

DATA = Path(__file__).parent / "data"
SEED = 17
# Articles labelled by reading count eight times: the others carry the sections of their outlets as labels.
LABELLED_WEIGHT = 8.0
# The second topic of such an article is a topic too, but not the one to say first.
SECOND_WEIGHT = 1.0
# Names and keywords: pseudo-articles of 20 words. Twelve a language and topic show each word some six times, enough
# for MIN_DOCUMENTS.
PSEUDO_ARTICLES, PSEUDO_WORDS, PSEUDO_WEIGHT = 12, 20, 1.0
NAMES_WEIGHT = 0.5
# A feature of fewer documents is mostly somebody's name; 2**17 features of 22 bytes make a file under 3 MB.
MIN_DOCUMENTS = 4
MAX_FEATURES = 2**17
# Chosen on the development sets among 0.1, 0.2 and 0.3.
SVM_C = 0.2
FOLDS = 3


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
    """Articles by section (topic/train) and articles by reading (labelled/train)."""
    documents = [
        Document(extract(row["title"], row["text"]), [row["label"]], row["lang"], 1.0)
        for row in read_lines(shared / "data/topic/train.jsonl.gz")
    ]
    documents += [
        Document(extract(row["title"], row["text"]), row["topics"], row["lang"], LABELLED_WEIGHT, read=True)
        for row in read_lines(shared / "data/labelled/train.jsonl.gz")
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
    """Pseudo-articles of sampled keywords, for languages without training articles."""
    chance = random.Random(SEED)
    return [
        Document(
            extract("", "\n".join(chance.sample(words, min(PSEUDO_WORDS, len(words))))), [code], language, PSEUDO_WEIGHT
        )
        for language, topics in languages.items()
        for code, words in topics.items()
        for _ in range(PSEUDO_ARTICLES)
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
    examples = [(d, d.topics[0], d.weight) for d in documents]
    examples += [(d, d.topics[1], SECOND_WEIGHT) for d in documents if len(d.topics) > 1]
    machine = LinearSVC(C=SVM_C, random_state=SEED)
    machine.fit(
        matrix([d for d, _, _ in examples], keys, idf), [t for _, t, _ in examples], [w for _, _, w in examples]
    )
    assert list(machine.classes_) == list(codes), "every topic needs documents"
    weights = machine.coef_.T.astype(np.float32)
    # What a feature can do at most, times how many documents it can do it to.
    use = np.ptp(weights, axis=1) * idf * np.sqrt(counts[keep])
    best = np.sort(np.argsort(-use)[:MAX_FEATURES])
    return Linear(keys[best], idf[best], weights[best], machine.intercept_.astype(np.float32))


def margins(model: Linear, documents: Sequence[Document]) -> NDArray[np.float32]:
    """Decision values, one row a document."""
    return np.asarray(matrix(documents, model.keys, model.idf) @ model.weights + model.bias, dtype=np.float32)
