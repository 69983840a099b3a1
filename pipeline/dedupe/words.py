"""Words of a text as numbers: case, accents, quotes and typographic variants do not count, and no string is built.

A text is read as its code points; a table says what each is to a word. Chinese, Japanese, Thai and their kin write no
spaces: there each character with the one after it is a word, so that a shingle of three spans four characters.
"""

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.dedupe.compiled import compiled, inlined

#: Code points with an entry: the two planes that hold letters. Beyond them lie rare ideographs, each a word.
_PLANES = 0x20000
_SEPARATOR, _IGNORED, _DIGIT, _LETTER, _IDEOGRAPH = range(5)
# Scripts without spaces: Thai, Lao, Burmese, Khmer, kana, ideographs, half-width kana.
_UNSPACED = ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
# Joiners, soft hyphens and direction marks stand inside words; apostrophes do between letters ("don’t" is "dont").
_INVISIBLE = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xAD, 0xFEFF)
_APOSTROPHES = (0x27, 0x2019, 0x2BC, 0xFF07)
_POINTS = (0x2C, 0x2E, 0x66B, 0x66C, 0xFF0C, 0xFF0E)
_LONGEST = 4


def _folded(code: int) -> str:
    """A code point without case, accent and typographic form; Hangul stays composed."""
    char = chr(code)
    if 0xAC00 <= code <= 0xD7A3:  # noqa: PLR2004 - Hangul syllables
        return char
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me"))


def _table() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """What each code point is, and the up to four code points that it reads as. Takes about a tenth of a second."""
    kinds, reads = np.zeros(_PLANES, np.uint8), np.zeros((_PLANES, _LONGEST), np.uint32)
    for code in range(0x30, _PLANES):
        category = unicodedata.category(chr(code))
        if category in ("Mn", "Me", "Mc"):
            kinds[code] = _IGNORED
        elif category[0] in "LN":
            text = _folded(code)[:_LONGEST]
            if not text.isalnum():
                continue
            digit = category == "Nd"
            unspaced = any(low <= code <= high for low, high in _UNSPACED)
            kinds[code] = _DIGIT if digit else _IDEOGRAPH if unspaced else _LETTER
            values = [0x30 + unicodedata.digit(chr(code))] if digit else list(map(ord, text))
            reads[code, : len(values)] = values
    kinds[list(_INVISIBLE)] = _IGNORED
    return kinds, reads


KINDS, READS = _table()


@inlined
def mix(value: Any) -> Any:
    """Finaliser of MurmurHash3 for 64 bits: each bit of the input changes each bit of the output half the time."""
    value = np.uint64(value)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compiled
def tokenise(codes: Any, kinds: Any, reads: Any, hashes: Any, spans: Any, numeric: Any) -> int:
    """Fill `hashes` (uint64), `spans` (start and end, code points) and `numeric` with the words; gives how many."""
    count, at, length = 0, 0, len(codes)
    while at < length:
        code = codes[at]
        kind = kinds[code] if code < kinds.shape[0] else _IDEOGRAPH
        if kind in (_SEPARATOR, _IGNORED):
            at += 1
            continue
        value, start, digits = np.uint64(0x9E3779B97F4A7C15), at, False
        if kind == _IDEOGRAPH:
            value = mix(value ^ np.uint64(code))
            at += 1
            if at < length and (codes[at] >= kinds.shape[0] or kinds[codes[at]] == _IDEOGRAPH):
                value = mix(value ^ np.uint64(codes[at]))
        else:
            while at < length:
                code = codes[at]
                kind = kinds[code] if code < kinds.shape[0] else _IDEOGRAPH
                if kind in (_LETTER, _DIGIT):
                    digits |= kind == _DIGIT
                    for part in reads[code]:
                        if part:
                            value = (value ^ np.uint64(part)) * np.uint64(0x100000001B3)
                elif kind != _IGNORED and not _within(codes, kinds, at, length):
                    break
                at += 1
        hashes[count] = mix(value)
        spans[count, 0], spans[count, 1] = start, at
        numeric[count] = digits
        count += 1
    return count


@inlined
def _within(codes: Any, kinds: Any, at: int, length: int) -> Any:
    """Whether a mark stands inside a word: an apostrophe between letters, a point or comma between digits."""
    if at == 0 or at + 1 >= length or codes[at - 1] >= kinds.shape[0] or codes[at + 1] >= kinds.shape[0]:
        return False
    before, after, code = kinds[codes[at - 1]], kinds[codes[at + 1]], codes[at]
    if code in _APOSTROPHES:
        return before == _LETTER and after == _LETTER
    return code in _POINTS and before == _DIGIT and after == _DIGIT
