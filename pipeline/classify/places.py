"""The place table and the scanner: which countries, peoples, governments and cities a text names, and where.

The table `data/places.json.gz` is written by `build_places.py`. Two automata read a text in one pass each: one over
words, where a name begins at a word boundary and ends at one (or before a few letters of inflection), and one without
boundaries for the scripts that write none or glue endings on.
"""

import gc
import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import ahocorasick  # type: ignore[import-not-found,unused-ignore]  # C extension, ships no stubs

from pipeline.classify.place_text import normalise, spellings
from pipeline.classify.region_policy import policy

DATA = Path(__file__).parent / "data" / "places.json.gz"

#: Tail of a form that ends in "*": longer than any word.
ANY_TAIL = 99
#: "U.S.A." in full; a longer form in capitals is a name.
LONGEST_ACRONYM = 6
#: Chinese, kana, Hangul, Thai, Lao, Burmese, Khmer, Devanagari to Malayalam: no spaces, or vowel signs outside `\w`.
UNSPACED = re.compile("[\u0900-\u0d7f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]")
#: Hangul and the scripts of India put spaces before words and endings on to them.
_GLUED = re.compile("[\u0900-\u0d7f\uac00-\ud7af]")


class Entry(NamedTuple):
    """What a form means in one language.

    `kind`: n name, w demonym, c capital, t city, s town, i institution or leader, r region of a country, b body of
    many countries, x no country. `tail`: letters that may follow. `case`: see `_case`. `place`: see `Gazetteer.place`.
    """

    iso2: str
    kind: str
    tail: int
    case: str
    place: str


class Mention(NamedTuple):
    """A form found at code points [start, end) of the scanned text."""

    start: int
    end: int
    iso2: str
    kind: str
    place: str = ""


class Place(NamedTuple):
    """A city or division; degrees north and east, the GeoNames id where it is known."""

    name: str
    kind: str
    latitude: float
    longitude: float
    geonames_id: int | None


class Country(NamedTuple):
    """English name, and the (M49 code, name) of its areas from the finest to the region."""

    name: str
    areas: tuple[tuple[str, str], ...]


def _case(form: str) -> str:
    """How a form must be written to count: `upper` for acronyms, `title` for proper names, else `any`."""
    if form.upper() == form != form.lower() and len(form) <= LONGEST_ACRONYM:
        return "upper"
    return "title" if form[0].isupper() else "any"


class Gazetteer:
    """The table in memory. Raises OSError without its file, ValueError or KeyError where the file is damaged."""

    def __init__(self, path: Path = DATA) -> None:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            table = json.load(lines)
        self.countries = {
            iso2: Country(name, tuple((code, area) for code, area in areas))
            for iso2, (name, areas) in table["countries"].items()
        }
        self.languages = frozenset(table["forms"])
        #: Cities of one name by the division that may follow it: Paris, then US.TX.
        self.namesakes: dict[str, dict[str, str]] = table["namesakes"]
        self._places: dict[str, tuple[str, float, float]] = table["places"]
        self._state_ids: dict[str, int] = table["state_ids"]
        counts_as = policy()
        words: dict[str, dict[str, Entry]] = {}
        runs: dict[str, dict[str, Entry]] = {}
        for language, rows in table["forms"].items():
            for owner, own_kind, forms in rows:
                iso2 = counts_as.get(owner, owner)
                kind = own_kind if iso2 else "x"
                for form in forms.split("\t"):
                    written, _, place = form.partition("#")
                    name, _, tail = written.partition("~")
                    if name.endswith("*"):
                        name, tail = name[:-1], str(ANY_TAIL)
                    entry = Entry(iso2, kind, int(tail or 0), _case(name), place)
                    if UNSPACED.search(name):
                        runs.setdefault(name, {}).setdefault(language, entry)
                        continue
                    for spelling in spellings(name, language):
                        words.setdefault(f" {normalise(spelling).strip()}", {}).setdefault(language, entry)
        self._words, self._runs = _automaton(words), _automaton(runs)

    def place(self, key: str) -> Place:
        """The city (a GeoNames id) or division (GeoNames' code: `US.TX`) of a key. Raises KeyError without it."""
        name, latitude, longitude = self._places[key]
        if key.isdigit():
            return Place(name, "city", latitude, longitude, int(key))
        return Place(name, "division", latitude, longitude, self._state_ids.get(key))

    def scan(self, text: str, language: str) -> list[Mention]:
        """All mentions in `text` in order, the longest at each place, none overlapping.

        `language`: ISO 639-1 or empty; offsets: code points.
        """
        language = {"no": "nb", "nn": "nb"}.get(language[:2], language[:2])
        flat = f" {normalise(text)} "
        found: list[Mention] = []
        for last, (size, meanings) in self._words.iter(flat):
            # The automaton's text has one space before, so [start, end) below are offsets into `text`.
            start, end = last - size + 1, last
            entry = self._meaning(meanings, language)
            if entry is None or (flat[last + 1] != " " and not _ends(flat, last + 1, entry.tail)):
                continue
            if entry.case == "any" or (
                text[start].isupper() if entry.case == "title" else (piece := text[start:end]).upper() == piece
            ):
                if entry.tail:
                    end = flat.index(" ", last + 1) - 1
                found.append(Mention(start, end, entry.iso2, entry.kind, entry.place))
        if not text.isascii() and UNSPACED.search(text):
            found += self._scan_runs(text, language)
        found.sort(key=lambda mention: (mention.start, -mention.end))
        kept: list[Mention] = []
        edge = 0
        for mention in found:
            if mention.start >= edge:
                kept.append(mention)
                edge = mention.end
        return kept

    def _scan_runs(self, text: str, language: str) -> list[Mention]:
        found = []
        for last, (size, meanings) in self._runs.iter(text):
            start, end = last - size + 1, last + 1
            before, after = text[start - 1 : start], text[end : end + 1]
            # Katakana words, and Korean and Hindi beginnings, are boundaries: タイ, Thailand, is in タイトル, title.
            if any(script.match(text[start]) and script.match(before) for script in (_KATAKANA, _GLUED)):
                continue
            if _KATAKANA.match(text[last]) and _KATAKANA.match(after):
                continue
            if entry := self._meaning(meanings, language):
                found.append(Mention(start, end, entry.iso2, entry.kind, entry.place))
        return found

    def _meaning(self, meanings: dict[str, Entry], language: str) -> Entry | None:
        """The language's own meaning, else the common one; English, then any, where the language is not known."""
        entry = meanings.get(language) or meanings.get("*")
        if entry is None and language not in self.languages:
            entry = meanings.get("en") or (None if language else next(iter(meanings.values())))
        return entry


def _ends(flat: str, at: int, tail: int) -> bool:
    """Whether the word goes on for at most `tail` letters."""
    return tail > 0 and flat.find(" ", at, at + tail + 1) >= 0


def _automaton(forms: dict[str, dict[str, Entry]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for form, meanings in forms.items():
        automaton.add_word(form, (len(form), meanings))
    automaton.make_automaton()
    return automaton


@cache
def gazetteer() -> Gazetteer:
    """The one table of this process, read on first use.

    Without the collector, which looks in vain through 80,000 new forms again and again: a third of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Gazetteer()
    finally:
        if collecting:
            gc.enable()
