"""Which countries an article is about: a dictionary scan, a score that can be read off the evidence, M49 areas.

Every mention weighs by what it is and where it stands; a country's mentions add up with falling returns; those near the
best are the focus. The feed's home country is a prior that decides only where the text names little.
"""

import math
import re

from pipeline.classify.guards import resolve
from pipeline.classify.places import Gazetteer, Mention, gazetteer
from pipeline.events import AreaScore, CleanArticle, CountryScore, Evidence, Regions

REGIONS_VERSION = "regions-1"

#: Code points of the body that are read: the countries of a story are named early, and the tail holds links.
BODY_READ = 6000
#: Code points that count as lead: two paragraphs of an agency story.
LEAD = 350

# The weights were chosen by coordinate descent on ../shared/data/{region,labelled}/train.jsonl.gz, in quarters.
#: By kind of mention: name, demonym, capital, region of a country, institution, other city.
KIND_WEIGHT = {"n": 1.0, "w": 1.0, "c": 1.0, "r": 1.0, "i": 0.75, "t": 0.75}
#: A Reuters editor would have 4 for the dateline; stories from a capital about elsewhere do not bear that.
TITLE_WEIGHT, LEAD_WEIGHT, DATELINE_WEIGHT = 2.5, 1.5, 3.0
#: The n-th mention in the body weighs n to the minus this: ten mentions are worth five.
SATURATION = 0.75
#: Focus: at least this share of the best country's weight.
FOCUS_SHARE = 0.5
#: Weight below which a country is no focus: a name in the lead passes, one further down does not.
LEAST = 1.25
#: The home country comes in, with `LEAST`, while the best country has less than one name in the lead.
HOME_UNTIL = 1.5
#: Weight at which the score says 0.63: a name in the title and one in the lead.
SURE = 4.0
#: More focus countries than this make a story about the world.
MOST_COUNTRIES = 6
EVIDENCE_EACH = 3

_DATELINE_END = re.compile(r"\s?[—–]\s|\s--?\s|\)\s?[:.]?\s")
_DATELINE_SIGN = re.compile(r"\d|\([^)]*[A-Z][^)]*\)?$")
#: Longest dateline: two cities, a date, an agency.
DATELINE_READ = 80


def classify_regions(article: CleanArticle) -> Regions:
    """The focus countries of an article, best first, with evidence, and the M49 areas they roll up to.

    Reads the title and the first 6,000 code points of the body. Scores are in 0..1: 1 - exp(-weight / 4), where weight
    sums the mentions. No country: `abstained` says why (`no_text`, `no_place_named`, `no_focus`). Raises OSError or
    ValueError on first use where the place table is missing or damaged.
    """
    places = gazetteer()
    title, body = article.title, article.body[:BODY_READ]
    if not title and not body:
        return Regions(abstained="no_text", version=REGIONS_VERSION)
    text = f"{title}\n\n{body}" if title else body
    body_start = len(text) - len(body)
    home = article.home_country if article.home_country in places.countries else None
    found = places.scan(text, article.language)
    mentions = resolve(found, text, len(title), article.language, home)
    weighed = _weigh(mentions, body_start, _dateline_end(text, body_start, mentions))
    totals = {iso2: sum(weight for weight, _ in parts) for iso2, parts in weighed.items()}
    if home and max(totals.values(), default=0.0) < HOME_UNTIL:
        totals[home] = totals.get(home, 0.0) + LEAST
    focus = _focus(totals)
    if not focus:
        reason = "no_focus" if totals else "no_place_named"
        return Regions(abstained=reason, version=REGIONS_VERSION)
    countries = [
        CountryScore(
            iso2=iso2,
            name=places.countries[iso2].name,
            score=_score(totals[iso2]),
            evidence=_evidence(weighed.get(iso2, []), text, body_start, home if iso2 == home else None),
        )
        for iso2 in focus
    ]
    return Regions(countries=countries, areas=_areas(countries, places), version=REGIONS_VERSION)


def _dateline_end(text: str, body_start: int, mentions: list[Mention]) -> int:
    """Where the dateline ends, or `body_start`: the body begins with a place, alone, in capitals, dated or signed."""
    first = next((m for m in mentions if m.start >= body_start), None)
    if first is None or text[body_start : first.start].strip():
        return body_start
    end = _DATELINE_END.search(text, first.end, body_start + DATELINE_READ)
    if end is None:
        return body_start
    rest = text[first.end : end.start() + text[end.start()].count(")")]
    if not rest.strip() or text[first.start : first.end].isupper() or _DATELINE_SIGN.search(rest):
        return end.end()
    return body_start


def _weigh(mentions: list[Mention], body_start: int, dateline_end: int) -> dict[str, list[tuple[float, Mention]]]:
    """Each country's mentions with their weights. Repetition in the body saturates."""
    weighed: dict[str, list[tuple[float, Mention]]] = {}
    times: dict[str, int] = {}
    for mention in mentions:
        weight = KIND_WEIGHT[mention.kind]
        if mention.start < body_start:
            weight *= TITLE_WEIGHT
        elif mention.end <= dateline_end:
            weight *= DATELINE_WEIGHT
        else:
            times[mention.iso2] = times.get(mention.iso2, 0) + 1
            weight *= (LEAD_WEIGHT if mention.start < body_start + LEAD else 1.0) / times[mention.iso2] ** SATURATION
        weighed.setdefault(mention.iso2, []).append((weight, mention))
    return weighed


def _focus(totals: dict[str, float]) -> list[str]:
    """Countries near enough to the best, best first."""
    if not totals:
        return []
    bar = max(LEAST, FOCUS_SHARE * max(totals.values()))
    ranked = sorted((iso2 for iso2, total in totals.items() if total >= bar), key=lambda iso2: (-totals[iso2], iso2))
    return ranked[:MOST_COUNTRIES]


def _score(total: float) -> float:
    return round(1 - math.exp(-total / SURE), 4)


def _evidence(parts: list[tuple[float, Mention]], text: str, body_start: int, home: str | None) -> list[Evidence]:
    """The heaviest mentions, each wording once, in the fields' own offsets; the home country where nothing is named."""
    if not parts and home:
        return [Evidence(text=f"home country of the feed: {home}", weight=LEAST)]
    evidence: dict[str, Evidence] = {}
    for weight, mention in sorted(parts, key=lambda part: (-part[0], part[1].start)):
        wording = text[mention.start : mention.end]
        if wording not in evidence:
            in_body = mention.start >= body_start
            shift = body_start if in_body else 0
            evidence[wording] = Evidence(
                text=wording,
                field="body" if in_body else "title",
                start=mention.start - shift,
                end=mention.end - shift,
                weight=round(weight, 3),
            )
            if len(evidence) == EVIDENCE_EACH:
                break
    return list(evidence.values())


def _areas(countries: list[CountryScore], places: Gazetteer) -> list[AreaScore]:
    """The areas of the focus countries, each with the score that one of its countries at least is right."""
    wrong: dict[tuple[str, str], float] = {}
    for country in countries:
        for area in places.countries[country.iso2].areas:
            wrong[area] = wrong.get(area, 1.0) * (1 - country.score)
    ranked = sorted(wrong.items(), key=lambda item: item[1])
    return [AreaScore(m49=code, name=name, score=round(1 - rest, 4)) for (code, name), rest in ranked]
