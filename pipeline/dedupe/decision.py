"""What is a copy: the judgement of one pair, on what a person would check, apart from how the pair was found."""

import re
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final, Self

from pipeline.dedupe import kernels
from pipeline.dedupe.reading import Reading
from pipeline.events import Relation

#: Fewer distinct shingles, or fewer shared ones, say nothing.
LEAST_SHINGLES, LEAST_SHARED = 5, 3
#: A pair that shares less than this of both texts is not looked at; recall on the stream is the same without.
LEAST_SHARE = 0.2
#: Logistic regression of "copies" on the 4,576 pairs of candidates of the development stream; five-fold by remembered
#: article, F1 of pairs is .983 at .5. Features, threshold and the rules for relations below were chosen on that stream,
#: too: expect less on another.
WEIGHTS: Final[dict[str, float]] = {
    "larger": 3.54,
    "smaller": 1.54,
    "plain": 5.45,
    "lead": 3.70,
    "first": -3.74,
    "numbers": 0.18,
    "differing": -0.28,
    "template": -4.83,
    "spread": 4.23,
    "gap": -4.67,
    "clumps": 4.59,
    "length": -0.30,
}
INTERCEPT: Final = -9.14
THRESHOLD: Final = 0.5
#: Shingles below which an item whose numbers differ looks like a template.
SHORT = 200
#: Share of a lead that the other has, for it to be called evidence.
LEADS_AGREE: Final = 0.6
# Kinds of copies, from a decision tree over the copies of the development stream. Shorter against the longer one, from
# which on a copy is cut or extended; a text with so many words replaced, all over it, is reworded: there hits and
# misses change places at least half as often as by chance, where paragraphs came or went they do so seldom.
CUT, SCATTERED, REWORDED, LITTLE = 0.64, 0.5, 0.88, 0.65
#: From here on where the newcomer says itself, at its head, that it corrects or repeats an article of its feed.
AGAIN: Final = 0.2
# How agencies and outlets head a text that is filed again, at the start of the title or of the text, and the note that
# an article was corrected, in its first words.
_HEADED = re.compile(
    r"\W*(?:update[ds]?|correct(?:ed|s|ion)|refil(?:ed|es?|ing)|repeat(?:s|ed)?)\b\s*\d{0,2}\s*[-–—:()]", re.IGNORECASE
)
_NOTED = re.compile(
    r"\b(?:article|story|version|report|item)\b.{0,30}\b(?:amended|corrected|updated|refiled)\b", re.IGNORECASE
)
_ENDED = re.compile(r"[(\[](?:updated?|corrected)[)\]]\W*$", re.IGNORECASE)
_HEAD = _TAIL = 120


def says_again(title: str, body: str) -> bool:
    """Whether an article says at its head that it was filed before."""
    return bool(_HEADED.match(title) or _HEADED.match(body) or _NOTED.search(body, 0, _HEAD))


def says_changed(title: str, body: str) -> bool:
    """Whether an article notes at its end that it was changed: first texts do, too, so this makes no copy."""
    last = body[body.rfind("\n") + 1 :]
    return bool(_ENDED.search(title) or _HEADED.match(last) or _NOTED.search(body, max(0, len(body) - _TAIL)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a newcomer compares to a remembered article. Shares are estimates from the sketch of the remembered one.

    `newer` and `older`: share of the one's shingles that the other has, each shingle weighted by one over the number
    of originals that have it. `plain`: the larger share without weights. `lead`: the same as `older` for its first
    quarter. `first`: where the first shared shingle stands in the newcomer, 0 to 1. `numbers`: share of the numbers of
    the one with fewer that the other has; `differing`: how many it has not.
    """

    newer: float
    older: float
    lead: float
    first: float
    numbers: float
    differing: float
    fewer_numbers: int
    newer_shingles: int
    older_shingles: int
    shared: int
    plain_newer: float
    plain_older: float
    spread: float
    clumps: float
    hits: Any

    @classmethod
    def of(cls, reading: Reading, entry: Any, sums: list[float], own: float, hits: Any) -> Self:
        """`sums` as `kernels.overlap` gives them; `own`: mean weight of a shingle of the newcomer."""
        weight, whole, shared, kept, lead, leads, walked, met_there, changes = sums
        older_shingles, newer_shingles = int(entry["shingles"]), reading.distinct
        scale = older_shingles / max(1.0, kept) / max(1, newer_shingles)
        older = weight / max(whole, 1e-9)
        newer = min(1.0, weight * scale / own)
        kept_numbers = entry["numbers"]
        kept_numbers = kept_numbers[kept_numbers > 0]
        in_all, mine = int(entry["numbers_in_all"]), len(reading.numbers)
        fewer = min(in_all, mine)
        met = 0.0
        if fewer:
            met = kernels.in_common(kept_numbers, reading.numbers) / len(kept_numbers) * in_all
        return cls(
            newer=newer,
            older=older,
            lead=lead / leads if leads else 0.0,
            first=float(hits.min()) / max(1, len(reading.shingles)) if len(hits) else 1.0,
            numbers=min(1.0, met / fewer) if fewer else 0.0,
            differing=min(8.0, max(0.0, fewer - met)),
            fewer_numbers=fewer,
            newer_shingles=newer_shingles,
            older_shingles=older_shingles,
            shared=int(shared),
            plain_newer=met_there / max(1.0, walked),
            plain_older=shared / max(1.0, kept),
            clumps=min(2.0, changes * walked / max(1.0, 2 * met_there * (walked - met_there))),
            spread=kernels.spread(hits, len(reading.shingles)),
            hits=hits.copy(),
        )

    def features(self) -> dict[str, float]:
        """What the regression sees."""
        shorter = min(self.newer_shingles, self.older_shingles)
        return {
            "larger": max(self.newer, self.older),
            "smaller": min(self.newer, self.older),
            "plain": max(self.plain_newer, self.plain_older),
            "lead": self.lead,
            "first": self.first,
            "numbers": self.numbers,
            "differing": self.differing,
            "template": (1 - self.numbers) * (self.fewer_numbers > 1) * (shorter < SHORT),
            "spread": self.spread,
            "gap": self.spread * (1 - max(self.plain_newer, self.plain_older)),
            "clumps": self.clumps,
            "length": log(1 + shorter),
        }

    @property
    def probability(self) -> float:
        """That the two are copies."""
        if min(self.newer_shingles, self.older_shingles) < LEAST_SHINGLES or self.shared < LEAST_SHARED:
            return 0.0
        score = INTERCEPT + sum(WEIGHTS[name] * value for name, value in self.features().items())
        return 1 / (1 + exp(-score))

    @property
    def similarity(self) -> float:
        """Share of the article that is repeated more fully that the other has, too."""
        return max(self.newer, self.older)

    @property
    def numbers_agree(self) -> bool:
        return self.fewer_numbers > 0 and self.differing == 0

    @property
    def lead_agrees(self) -> bool:
        return self.lead >= LEADS_AGREE

    @property
    def relation(self) -> Relation:
        """Which kind of copy, if it is one."""
        shorter, longer = sorted((self.newer_shingles, self.older_shingles))
        scattered, share = self.clumps > SCATTERED, max(self.plain_newer, self.plain_older)
        if shorter <= CUT * longer and not (scattered and share <= LITTLE):
            return Relation.PARTIAL
        reworded = scattered and share <= REWORDED
        return Relation.SPUN if reworded else Relation.NEAR
