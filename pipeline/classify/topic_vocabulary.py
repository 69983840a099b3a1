"""The IPTC Media Topics: names in ten languages, paths, and the deepest topic that a text names."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features, extract

#: A name has to stand three times in a text, or once in its title and once below, before it says what a story is about.
MIN_SUPPORT = 3
_TITLE_SUPPORT = 2
# How far a branch has to be ahead of the next one; else the text speaks of both and the level above is the answer.
_CLEAR = 1.5
#: Words of the longest names that are looked for.
_LONGEST_NAME = 4
# Letters of a word that count, a last s aside, so that inflected forms are found; with seven, democrats are democracy.
_LETTERS = 8
_NAME_WORD = re.compile(r"\w+")


class Concept(NamedTuple):
    """A Media Topic that is in use; names by language ("en", "de" …)."""

    parent: str | None
    names: dict[str, str]


class Vocabulary(NamedTuple):
    """All of it, with its version."""

    version: str
    concepts: dict[str, Concept]
    successors: dict[str, str]
    """Retired codes: the concept of the same name, or the nearest one above, that is in use."""

    def path(self, code: str) -> list[str]:
        """Codes from the top to `code`, retired codes replaced."""
        at: str | None = self.successors.get(code, code)
        found: list[str] = []
        while at is not None:
            found.insert(0, at)
            at = self.concepts[at].parent
        return found

    def label(self, code: str, language: str = "en") -> str:
        """Name of a topic, in English where the IPTC gives none in the language."""
        names = self.concepts[self.successors.get(code, code)].names
        return names.get(language, names["en"])


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, from data/topic_vocabulary.json.gz."""
    content = files("pipeline.classify").joinpath("data/topic_vocabulary.json.gz").read_bytes()
    rows = json.loads(gzip.decompress(content))
    concepts = {code: Concept(*row) for code, row in rows["concepts"].items()}
    return Vocabulary(rows["version"], concepts, rows["successors"])


def deepest(support: Counter[str], top: str) -> str:
    """The deepest topic under `top` that a text with this support bears."""
    code = top
    while True:
        below = sorted(((n, c) for c, n in support.items() if vocabulary().concepts[c].parent == code), reverse=True)
        if not below or below[0][0] < MIN_SUPPORT or (len(below) > 1 and below[0][0] < _CLEAR * below[1][0]):
            return code
        code = below[0][1]


def named_topics(title: str, body: str, features: Features, language: str = "") -> Counter[str]:
    """How often a text names each topic or one under it; a title counts twice.

    In a language that the vocabulary has, its names alone count: French stocks are inventories. In another, all do.
    """
    support: Counter[str] = Counter()
    for token, code in _named(title, body, features, language if language in _languages() else ""):
        support.update(dict.fromkeys(vocabulary().path(code), _TITLE_SUPPORT if token < features.in_title else 1))
    return support


@cache
def _languages() -> frozenset[str]:
    """Languages that the vocabulary has names in."""
    return frozenset(language for concept in vocabulary().concepts.values() for language in concept.names)


class _Names(NamedTuple):
    """Names of topics below the top."""

    codes: dict[str, dict[tuple[str, ...], list[str]]]
    """Codes by the words of a name, by its first word."""
    stems: NDArray[np.uint32]
    """Stems that a first word may have in a text, ascending."""


@cache
def _names(language: str) -> _Names:
    """Names of one language or ("") of all."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for code, concept in vocabulary().concepts.items():
        names = {name for spoken, name in concept.names.items() if language in ("", spoken)}
        for name in names if concept.parent else ():
            features = extract("", name)
            words = tuple(map(_words("", name, features), range(len(features.words))))
            # Single letters are no tokens, and e-sport is not sport.
            if len(_NAME_WORD.findall(name)) <= len(words) <= _LONGEST_NAME:
                codes = found.setdefault(words[0], {}).setdefault(words, [])
                if code not in codes:
                    codes.append(code)
    return _Names(found, np.unique(np.concatenate([extract("", f"{word} {word}s").stems for word in found])))


def _words(title: str, body: str, features: Features) -> Callable[[int], str]:
    """Gives the first letters of a token by its number, and nothing behind the last."""
    starts, ends = features.starts.tolist(), features.ends.tolist()

    def word(token: int) -> str:
        if token >= len(starts):
            return ""
        text = (title if token < features.in_title else body)[starts[token] : ends[token]]
        return text.casefold().removesuffix("s")[:_LETTERS]

    return word


def _named(title: str, body: str, features: Features, language: str) -> list[tuple[int, str]]:
    """Names in the text: first token and code. A name inside a longer one does not count."""
    names, word = _names(language), _words(title, body, features)
    at = np.minimum(np.searchsorted(names.stems, features.stems), len(names.stems) - 1)
    found: list[tuple[int, str]] = []
    after = 0
    # Most words begin no name, and their stems say so without a look at the text.
    for token in np.flatnonzero(names.stems[at] == features.stems).tolist():
        if token < after or (phrases := names.codes.get(word(token))) is None:
            continue
        words = tuple(word(token + place) for place in range(_LONGEST_NAME))
        for length in range(_LONGEST_NAME, 0, -1):
            if codes := phrases.get(words[:length]):
                found += [(token, code) for code in codes]
                after = token + length
                break
    return found
