"""What spoke for a country, place or body: mentions with their weights, as passages of title and body."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.classify.places import Mention
from pipeline.classify.region_prior import Prior
from pipeline.classify.region_ranker import LEAD, Layout
from pipeline.classify.region_read import Reading
from pipeline.events import Evidence

#: Weights of evidence by kind of mention: name, demonym, capital, region, institution, other city, town, body.
KIND_WEIGHT = {"n": 1.0, "w": 1.0, "c": 1.0, "r": 1.0, "i": 0.75, "t": 0.75, "s": 0.75, "b": 1.0}
#: What an event calls them.
KIND_NAME = {
    "n": "name", "w": "demonym", "c": "city", "t": "city", "s": "city", "r": "division", "i": "institution", "b": "name"
}  # fmt: skip
TITLE_WEIGHT, LEAD_WEIGHT, DATELINE_WEIGHT = 2.5, 1.5, 3.0
#: The n-th mention in the body weighs n to the minus this: ten mentions are worth five.
SATURATION = 0.75
#: Weight of the prior beside the mentions.
PRIOR_WEIGHT = 1.25
#: Wordings of a country: its names, and the places in it that a reader would look for on a map.
EVIDENCE_EACH = 8


class Weighed(NamedTuple):
    """A mention and its weight before it is scaled to a score."""

    weight: float
    mention: Mention


def weigh(mentions: Iterable[Mention], layout: Layout) -> Iterator[Weighed]:
    """Mentions with their weights: title and dateline weigh most, repetition in the body saturates."""
    times: dict[str, int] = {}
    for mention in mentions:
        weight = KIND_WEIGHT[mention.kind]
        if mention.start < layout.body_start:
            weight *= TITLE_WEIGHT
        elif mention.end <= layout.dateline_end:
            weight *= DATELINE_WEIGHT
        else:
            times[mention.iso2] = nth = times.get(mention.iso2, 0) + 1
            weight *= (LEAD_WEIGHT if mention.start < layout.body_start + LEAD else 1.0) / nth**SATURATION
        yield Weighed(weight, mention)


def evidence(parts: list[Weighed], reading: Reading, score: float, prior: Prior | None = None) -> list[Evidence]:
    """The heaviest mentions, each wording once, in the fields' own offsets, and the prior.

    The weights of one wording are added; those of all wordings and the prior add up to the score.
    """
    whole = sum(part.weight for part in parts) + (PRIOR_WEIGHT if prior else 0.0)
    wordings: dict[str, list[Weighed]] = {}
    for part in parts:
        wordings.setdefault(reading.text[part.mention.start : part.mention.end].lower(), []).append(part)
    found = []
    for own in wordings.values():
        mention = max(own, key=lambda part: (part.weight, -part.mention.start)).mention
        in_body = mention.start >= reading.layout.body_start
        shift = reading.layout.body_start if in_body else 0
        dateline = in_body and mention.end <= reading.layout.dateline_end
        found.append(
            Evidence(
                text=reading.text[mention.start : mention.end],
                kind="dateline" if dateline else KIND_NAME[mention.kind],
                field="body" if in_body else "title",
                start=mention.start - shift,
                end=mention.end - shift,
                weight=round(score * sum(part.weight for part in own) / whole, 3),
            )
        )
    found.sort(key=lambda item: -(item.weight or 0.0))
    if prior:
        weight = round(score * PRIOR_WEIGHT / whole, 3)
        text = f"home country of the {prior.source}: {prior.iso2}"
        return [*found[:EVIDENCE_EACH], Evidence(text=text, kind="prior", weight=weight)]
    return found[:EVIDENCE_EACH]
