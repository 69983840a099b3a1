"""Areas of a story: the M49 regions that its countries lie in, and the bodies of many countries that it speaks of."""

from pipeline.classify.places import gazetteer
from pipeline.classify.region_evidence import Weighed, evidence
from pipeline.classify.region_read import Reading
from pipeline.events import AreaScore, CountryScore

#: Codes of bodies are ours: letters, so that no M49 number and no country code is like them.
BODIES = {
    "org-african-union": "African Union",
    "org-arab-league": "Arab League",
    "org-asean": "ASEAN",
    "org-brics": "BRICS",
    "org-council-of-europe": "Council of Europe",
    "org-ecowas": "ECOWAS",
    "org-g20": "G20",
    "org-g7": "G7",
    "org-imf": "International Monetary Fund",
    "org-mercosur": "Mercosur",
    "org-nato": "NATO",
    "org-opec": "OPEC",
    "org-osce": "OSCE",
    "org-un": "United Nations",
    "org-who": "World Health Organization",
}
#: A body is an area of the story from this weight of evidence: in the title, or in the lead and once more.
LEAST_WEIGHT = 2.0


def m49_areas(countries: list[CountryScore]) -> list[AreaScore]:
    """The areas of the focus countries, each with the score that one of its countries at least is right."""
    wrong: dict[tuple[str, str], float] = {}
    for country in countries:
        for area in gazetteer().countries[country.iso2].areas:
            wrong[area] = wrong.get(area, 1.0) * (1 - country.score)
    ranked = sorted(wrong.items(), key=lambda item: item[1])
    return [AreaScore(m49=code, name=name, score=round(1 - rest, 4)) for (code, name), rest in ranked]


def bodies(parts: list[Weighed], reading: Reading) -> list[AreaScore]:
    """The bodies that the story speaks of, best first. A score is w / (w + 1), w the weight of evidence."""
    by_code: dict[str, list[Weighed]] = {}
    for part in parts:
        by_code.setdefault(part.mention.iso2, []).append(part)
    found = []
    for code, own in by_code.items():
        weight = sum(part.weight for part in own)
        if weight >= LEAST_WEIGHT:
            score = round(weight / (weight + 1), 4)
            found.append(AreaScore(m49=code, name=BODIES[code], score=score, evidence=evidence(own, reading, score)))
    return sorted(found, key=lambda area: (-area.score, area.m49))
