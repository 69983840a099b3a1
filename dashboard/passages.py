"""Marks in a text: evidence laid over it piece by piece, and what two texts share."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# A word, or one letter of a script that writes without spaces.
_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+")
#: Words in a row that two texts must share; three of them stand by chance in any two texts of one language.
SHARED_WORDS: Final = 5
SHARED: Final = "stands in both texts"


@dataclass(frozen=True)
class Mark:
    """A passage that means something: `kind` is topic, country or shared; `label` says what it spoke for."""

    start: int
    end: int
    kind: str
    label: str


@dataclass(frozen=True)
class Piece:
    """A stretch of text with the marks that lie on all of it."""

    text: str
    marks: tuple[Mark, ...] = ()


def paragraphs(text: str, marks: Iterable[Mark]) -> list[list[Piece]]:
    """The lines of a text, cut where a mark begins or ends. Marks may overlap and lie partly outside."""
    inside = [m for m in marks if 0 <= m.start < m.end and m.start < len(text)]
    cuts = {0, len(text)} | {m.start for m in inside} | {min(m.end, len(text)) for m in inside}
    for newline in re.finditer("\n", text):
        cuts |= {newline.start(), newline.end()}
    places = sorted(cuts)
    starting: dict[int, list[Mark]] = {}
    for mark in inside:
        starting.setdefault(mark.start, []).append(mark)
    lines: list[list[Piece]] = [[]]
    open_marks: list[Mark] = []
    for start, end in pairwise(places):
        open_marks = [m for m in open_marks if m.end > start] + starting.get(start, [])
        if text[start:end] == "\n":
            lines.append([])
        else:
            lines[-1].append(Piece(text[start:end], tuple(open_marks)))
    return [line for line in lines if line]


def shared(text: str, others: Sequence[str]) -> list[Mark]:
    """Passages of a text whose every five words in a row stand in one of the others, too."""
    known = {words for other in others for words in _runs([match[0].casefold() for match in _WORD.finditer(other)])}
    matches = list(_WORD.finditer(text))
    marks: list[Mark] = []
    for number, words in enumerate(_runs([match[0].casefold() for match in matches])):
        if words in known:
            start, end = matches[number].start(), matches[number + SHARED_WORDS - 1].end()
            if marks and marks[-1].end >= start:
                start = marks.pop().start
            marks.append(Mark(start, end, "shared", SHARED))
    return marks


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[n : n + SHARED_WORDS]) for n in range(len(words) - SHARED_WORDS + 1)]
