"""Fits the two parts of the topic model: the word model, and the heads on the encoder's vectors."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from pipeline.classify.features import weigh
from pipeline.classify.topic_documents import HEAD_SECTION_WEIGHT, NO_NEWS, SEED, Document, Term

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


def vectors(documents: Sequence[Document]) -> Floats:
    """(documents, 3, 384) vectors of documents that have them."""
    return np.stack([d.vectors for d in documents if d.vectors is not None])


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
