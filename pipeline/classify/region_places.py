"""The cities and divisions that carry a story: those in its title, dateline or lead, or named again and again."""

from pipeline.classify.places import gazetteer
from pipeline.classify.region_evidence import Weighed, evidence
from pipeline.classify.region_read import Reading
from pipeline.events import CountryScore, PlaceScore

MOST_PLACES = 5
#: Evidence from which a place carries a story: once in the lead and once more.
LEAST_WEIGHT = 1.5


def places_of(parts: list[Weighed], countries: list[CountryScore], reading: Reading) -> list[PlaceScore]:
    """Places of the focus countries, best first.

    A score is that of its country times w / (w + 1), w the weight of its evidence: none is surer than its country.
    """
    scores = {country.iso2: country.score for country in countries}
    by_place: dict[tuple[str, str], list[Weighed]] = {}
    for part in parts:
        if part.mention.place and part.mention.iso2 in scores:
            by_place.setdefault((part.mention.place, part.mention.iso2), []).append(part)
    found = []
    for (key, iso2), own in by_place.items():
        weight = sum(part.weight for part in own)
        if weight < LEAST_WEIGHT:
            continue
        score = round(scores[iso2] * weight / (weight + 1), 4)
        place = gazetteer().place(key)
        found.append(PlaceScore(**place._asdict(), iso2=iso2, score=score, evidence=evidence(own, reading, score)))
    return sorted(found, key=lambda place: (-place.score, place.name))[:MOST_PLACES]
