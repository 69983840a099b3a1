"""How sure it is that a country is a focus of the story: a logistic ranker over what the gazetteer found.

Two linear heads over the same features, written by `region_train.py`: `focus` says for each country alone whether it
belongs to the story, `first` is a softmax over the countries and the answer "no country".
"""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.classify.places import Mention

DATA = Path(__file__).parent / "data" / "region_ranker.json"

#: Code points that count as lead: two paragraphs of an agency story.
LEAD = 350
#: The body in so many equal parts: in how many a country appears is its spread.
PARTS = 5
#: Kinds of mention that name the country itself; the others stand for it.
GROUPS = {"n": "name", "w": "name", "c": "city", "t": "city", "r": "city", "i": "office", "s": "town"}


#: Code points in which the words of the answer "no country" are looked for: what a text is about shows early.
WORDS_READ = 1500
#: Weight of a word's presence as a feature: below 1, so that training holds single words small.
WORD_VALUE = 0.3
_WORD = re.compile(r"\w{3,}")


class Layout(NamedTuple):
    """Where things stand in the scanned text: code points, `dateline_end` equal to `body_start` without a dateline."""

    body_start: int
    dateline_end: int
    length: int


class Judgement(NamedTuple):
    """Probability of each country to be a focus, to be the first, and of no country at all."""

    focus: dict[str, float]
    first: dict[str, float]
    nothing: float


Features = dict[str, float]


def candidate_features(mentions: list[Mention], layout: Layout, home: str | None) -> dict[str, Features]:
    """Features of every country that is named or home, all between 0 and about 3; absent ones are 0."""
    by_country: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_country.setdefault(mention.iso2, []).append(mention)
    in_title = {m.iso2 for m in mentions if m.start < layout.body_start}
    in_lead = {m.iso2 for m in mentions if layout.dateline_end <= m.start < layout.dateline_end + LEAD}
    most = max(map(len, by_country.values()), default=0)
    if home:
        by_country.setdefault(home, [])
    leader = mentions[0].iso2 if mentions else None
    result = {}
    for iso2, own in by_country.items():
        row = _own_features(own, layout) if own else {"unnamed": 1.0}
        row |= {"bias": 1.0, "share": len(own) / max(len(mentions), 1), "relative": len(own) / max(most, 1)}
        row["opens"] = float(iso2 == leader)
        row["rivals"] = math.log(len(by_country))
        if in_title and iso2 not in in_title:
            row["others_in_title"] = 1.0
        if in_lead and iso2 not in in_lead:
            row["others_in_lead"] = 1.0
        if iso2 == "EU":
            row["union"] = 1.0
        if home:
            row["home" if iso2 == home else "abroad"] = 1.0
        if home and iso2 == home:
            row["home_unnamed"] = float(not own)
            row["home_others"] = math.log1p(len(mentions) - len(own))
            row["home_others_in_title"] = float(bool(in_title - {home}))
            row["home_others_in_lead"] = float(bool(in_lead - {home}))
        result[iso2] = row
    return result


def _own_features(own: list[Mention], layout: Layout) -> Features:
    row: Features = {}
    parts = set()
    for mention in own:
        group = GROUPS[mention.kind]
        if mention.start < layout.body_start:
            row["title_" + group] = 1.0
        elif mention.end <= layout.dateline_end:
            row["dateline"] = 1.0
        else:
            row["body_" + group] = row.get("body_" + group, 0.0) + 1.0
            parts.add((mention.start - layout.body_start) * PARTS // max(layout.length - layout.body_start, 1))
            if mention.start < layout.dateline_end + LEAD:
                row["lead_" + group] = 1.0
    for group in ("body_name", "body_city", "body_town", "body_office"):
        if group in row:
            row[group] = math.log1p(row[group])
    row["total"] = math.log1p(len(own))
    row["spread"] = len(parts) / PARTS
    row["begins"] = 1.0 - max(own[0].start - layout.body_start, 0) / max(layout.length - layout.body_start, 1)
    row["wordings"] = math.log(len({mention.kind for mention in own}))
    return row


def nothing_features(mentions: list[Mention], layout: Layout, home: str | None) -> Features:
    """Features of the answer "no country": how little is named; the words of the text come beside them."""
    body = max(layout.length - layout.body_start, 1)
    counts: dict[str, int] = {}
    for mention in mentions:
        counts[mention.iso2] = counts.get(mention.iso2, 0) + 1
    most = max(counts.values(), default=0)
    return {
        "none_bias": 1.0,
        "none_home": float(home is not None),
        "none_length": math.log(body) / 3,
        "none_dense": min(1000 * most / (body + 200), 3.0),
        "none_most": math.log1p(most),
        "none_early": float(any(m.start < layout.dateline_end + LEAD for m in mentions)),
        "none_empty": float(not mentions),
    }


def words_of(text: str) -> set[str]:
    """The words at the beginning of a text, in lower case: those of product tests and recipes speak for no country."""
    return set(_WORD.findall(text[:WORDS_READ].lower()))


class Ranker:
    """Weights of the heads by name of feature, and of words. Raises KeyError if a head is missing."""

    def __init__(self, table: dict[str, Features]) -> None:
        self._focus = table["focus"]
        self._first = table["first"]
        self._words = table["words"]

    def judge(self, mentions: list[Mention], text: str, layout: Layout, home: str | None) -> Judgement:
        rows = candidate_features(mentions, layout, home)
        focus = {iso2: 1 / (1 + math.exp(-_dot(self._focus, row))) for iso2, row in rows.items()}
        mass = {iso2: math.exp(_dot(self._first, row)) for iso2, row in rows.items()}
        words = WORD_VALUE * sum(map(self._words.__getitem__, self._words.keys() & words_of(text)))
        nothing = math.exp(_dot(self._first, nothing_features(mentions, layout, home)) + words)
        whole = sum(mass.values()) + nothing
        return Judgement(focus, {iso2: part / whole for iso2, part in mass.items()}, nothing / whole)


def _dot(weights: Features, row: Features) -> float:
    return sum([weights.get(name, 0.0) * value for name, value in row.items()])


@cache
def ranker() -> Ranker:
    """The one ranker of this process, read on first use. Raises OSError, ValueError or KeyError if damaged."""
    return Ranker(json.loads(DATA.read_text("utf-8")))
