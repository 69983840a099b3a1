"""The topic model's file: weights of the word model, of the encoder's head, and the curves that make probabilities."""

import hashlib
import io
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TOPICS_VERSION = "topics-7"
#: SHA-256 of data/topics.npz; `make train-topic` prints the new one.
TOPICS_DIGEST = "a7323ef989dfe94db0084af88aea8261fc4fec612d2c532f8078f6e0dcbc43a0"

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
    """(F, 17), in units of `scale`."""
    scale: Floats
    bias: Floats
    sharpness: Floats
    """Factor of the margins before the softmax."""
    head: Floats
    """(384, 17) weights of the encoder's vector."""
    head_bias: Floats
    alone: Curves
    """Where the word model decided alone."""
    joint: Curves
    """Where the encoder was asked as well."""


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
    for name in ("alone", "joint"):
        parts[name] = Curves(parts.pop(f"{name}_main"), parts.pop(f"{name}_further"))
    return TopicModel(**(parts | {"version": str(parts["version"])}))


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
