"""The topic model's file: weights of the word model, of the encoder's head, and the curves that make probabilities."""

import hashlib
import io
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TOPICS_VERSION = "topics-9"
#: SHA-256 of data/topics.npz; `make train-topic` prints the new one.
TOPICS_DIGEST = "1e17fe36d97b02509eb4dc3860ae14852841e4d1dde574c9c80d151d18921384"

Floats = NDArray[np.float32]


class Curves(NamedTuple):
    """Logistic curves over log-odds: intercept and slope."""

    main: Floats
    """Of the first topic."""
    further: Floats
    """Of the second and third."""


class TopicModel(NamedTuple):
    """The content of topics.npz: F features, 17 topics, 384 dimensions of the encoder."""

    version: str
    codes: NDArray[np.str_]
    labels: NDArray[np.str_]
    """Names in British English, as the IPTC gives them."""
    keys: NDArray[np.uint32]
    """(F,) feature hashes, ascending."""
    idf: Floats
    weights: NDArray[np.int8]
    """(F, 18), in units of `scale`: the last column speaks for "no news at all"."""
    scale: Floats
    bias: Floats
    head: Floats
    """(3, 384, 17) weights of the encoder's vectors, and (3, 17) biases: one linear model a depth."""
    head_bias: Floats
    mix: Floats
    """(4, 4) weights of words and depths 1 to 3 in the judgement, a row a stage: words, then a depth more each."""
    curves: list[Curves]
    """One a stage."""


class UnknownModelError(Exception):
    """The model's file is not the one that this version of the code was released with."""


@cache
def topic_model() -> TopicModel:
    """The model beside this file, if it is the one that the code knows."""
    content = files("pipeline.classify").joinpath("data/topics.npz").read_bytes()
    if hashlib.sha256(content).hexdigest() != TOPICS_DIGEST:
        raise UnknownModelError("data/topics.npz has another digest than TOPICS_DIGEST")
    with np.load(io.BytesIO(content)) as arrays:
        model = unpack({name: arrays[name] for name in arrays.files})
    if model.version != TOPICS_VERSION:
        raise UnknownModelError(f"data/topics.npz is {model.version}, not {TOPICS_VERSION}")
    return model


def unpack(arrays: dict[str, NDArray[Any]]) -> TopicModel:
    """The model from the arrays of its file."""
    parts: dict[str, Any] = dict(arrays)
    parts["curves"] = [
        Curves(*rows) for rows in zip(parts.pop("curves_main"), parts.pop("curves_further"), strict=True)
    ]
    return TopicModel(**(parts | {"version": str(parts["version"])}))


def joint_shares(mix: Floats, margins: Floats, depths: Floats) -> Floats:
    """Logarithms of the topics' shares, (…, 17): words (…, 17) and depths (…, D, 17) weighted by a row of `mix`."""
    return log_shares(mix[0] * margins + np.einsum("d,...dc->...c", mix[1 : 1 + depths.shape[-2]], depths))


def log_shares(scores: Floats) -> Floats:
    """Logarithm of a softmax; `scores` is (..., classes)."""
    less = scores - scores.max(axis=-1, keepdims=True)
    shares: Floats = less - np.log(np.exp(less).sum(axis=-1, keepdims=True))
    return shares


def log_odds(shares: Floats) -> Floats:
    """Log-odds of each class against the rest, from logarithms of shares, between -13.8 and 13.8."""
    share = np.clip(np.exp(shares), 1e-6, 1 - 1e-6)
    odds: Floats = np.log(share / (1 - share))
    return odds


def probability(curve: Floats, odds: float) -> float:
    """Point of a logistic curve."""
    return float(1 / (1 + np.exp(-(curve[0] + curve[1] * odds))))
