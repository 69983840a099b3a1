"""Hashed words, word pairs and stems of an article: what the topic model sees, in training and at run time."""

import re
import zlib
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Code points of the body that are read: 3,000 gained one point in cross-validation for a third more time.
BODY_LIMIT = 2000
# The title counts twice: it is the shortest summary there is.
_TITLE_WEIGHT = 2

# Scripts that write without spaces (Thai, Lao, Burmese, Khmer, kana, Han): character pairs stand for words.
_RUN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Python's \w leaves out vowel signs and points, which would cut Hindi, Hebrew and Arabic words to pieces.
_LETTER = r"\w\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff\u200c\u200d"
_SPACELESS = re.compile(f"[{_RUN}]")
_WORD = re.compile(f"[{_LETTER}]{{2,}}")
_WORD_OR_RUN = re.compile(f"[{_RUN}]+|(?:(?![{_RUN}])[{_LETTER}]){{2,}}")

# Letters of a stem. Five keep German compounds and Slavic nouns together; Korean writes a noun in two syllables, and
# Arabic and Hebrew are shorter without vowels.
_STEM, _STEM_SEMITIC, _STEM_KOREAN = 5, 4, 2
_ARABIC_ARTICLE = re.compile("^[وفبك]?ال(?=...)|^لل(?=...)")
_HEBREW_PREFIX = re.compile("^ו?[הבלמשכ](?=...)")
# Greek accents wander when a word is inflected.
_GREEK = str.maketrans("άέήίόύώϊϋΐΰς", "αεηιουωιυιυσ")
# Mixes the hashes of two neighbours into one (Knuth's multiplicative constant for 32 bits).
_PAIR = np.uint32(2654435761)


class Features(NamedTuple):
    """What the model sees (`keys`, `tf`) and where each token stands (the other arrays, one entry a token)."""

    keys: NDArray[np.uint32]
    """Distinct feature hashes, ascending."""
    tf: NDArray[np.float32]
    """1 + ln(occurrences) of each key."""
    words: NDArray[np.uint32]
    stems: NDArray[np.uint32]
    starts: NDArray[np.int32]
    """Offset of a token in its field, in code points."""
    ends: NDArray[np.int32]
    in_title: int
    """How many of the tokens, from the first, stand in the title."""

    @property
    def pairs(self) -> NDArray[np.uint32]:
        """Hash of each token with the next."""
        return pairs(self.words)


# Half of an English text are the same few hundred words; 65,536 entries are some 10 MB.
@lru_cache(maxsize=65536)
def _hashes(token: str) -> tuple[int, int] | None:
    """Hash of a word and of its stem; none for a bare number, which says nothing about the topic."""
    if token.isdigit():
        return None
    word = token.casefold()
    stem, length = word, _STEM
    first = word[0]
    if "\u0370" <= first <= "\u03ff":
        word = stem = word.translate(_GREEK)
    elif "\u0590" <= first <= "\u05ff":
        stem, length = _HEBREW_PREFIX.sub("", word), _STEM_SEMITIC
    elif "\u0600" <= first <= "\u06ff":
        stem, length = _ARABIC_ARTICLE.sub("", word), _STEM_SEMITIC
    elif "\uac00" <= first <= "\ud7a3":
        length = _STEM_KOREAN
    if length == _STEM:
        # One letter less than the word, so that война and войны meet.
        length = min(_STEM, max(len(stem) - 1, 3))
    return _crc(word), _crc("^" + stem[:length])


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _tokens(text: str) -> list[tuple[int, int, int, int]]:
    """Word hash, stem hash, start and end of each token."""
    if _SPACELESS.search(text):
        spans = []
        for match in _WORD_OR_RUN.finditer(text):
            start, end = match.span()
            if _SPACELESS.match(match.group()):
                spans += [(i, i + 2) for i in range(start, end - 1)]
            else:
                spans.append((start, end))
    else:
        spans = [match.span() for match in _WORD.finditer(text)]
    return [(*hashes, start, end) for start, end in spans if (hashes := _hashes(text[start:end]))]


def pairs(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Hashes of neighbours, one less than there are words."""
    found: NDArray[np.uint32] = words[:-1] * _PAIR + words[1:]
    return found


def extract(title: str, body: str) -> Features:
    """Features of an article: words of two letters or more, pairs of neighbours, stems. Never raises on any text."""
    head = _tokens(title[:BODY_LIMIT])
    found = head + _tokens(body[:BODY_LIMIT])
    table = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=4 * len(found)).reshape(-1, 4)
    words, stems = table[:, 0].astype(np.uint32), table[:, 1].astype(np.uint32)
    both = pairs(words)
    titles = [words[: len(head)], stems[: len(head)], both[: max(len(head) - 1, 0)]] * (_TITLE_WEIGHT - 1)
    keys, counts = np.unique(np.concatenate([words, stems, both, *titles]), return_counts=True)
    tf = 1 + np.log(counts.astype(np.float32))
    return Features(keys, tf, words, stems, table[:, 2].astype(np.int32), table[:, 3].astype(np.int32), len(head))


def weigh(
    features: Features, keys: NDArray[np.uint32], idf: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Positions in `keys` (ascending) of the features that it knows, and their tf-idf, scaled to length 1."""
    at = np.minimum(np.searchsorted(keys, features.keys), len(keys) - 1)
    known = keys[at] == features.keys
    at = at[known]
    value = features.tf[known] * idf[at]
    return at, value / max(float(np.sqrt(value @ value)), 1e-9)
