"""Which countries an article is about: a dictionary scan, a ranker over what it found, M49 areas.

Every mention weighs by what it is and where it stands, which is the evidence; a logistic ranker over all mentions says
which countries are the focus, or that there is none. The feed's home country is a prior that the text can outvote.
"""

import re

from pipeline.classify.guards import resolve
from pipeline.classify.places import Gazetteer, Mention, gazetteer
from pipeline.classify.region_money import money
from pipeline.classify.region_ranker import LEAD, Judgement, Layout, Ranker, ranker
from pipeline.events import AreaScore, CleanArticle, CountryScore, Evidence, Regions

REGIONS_VERSION = "regions-2"

#: Code points of the body that are read: the countries of a story are named early, and the tail holds links.
BODY_READ = 6000
#: Weights of evidence by kind of mention: name, demonym, capital, region of a country, institution, other city.
KIND_WEIGHT = {"n": 1.0, "w": 1.0, "c": 1.0, "r": 1.0, "i": 0.75, "t": 0.75}
TITLE_WEIGHT, LEAD_WEIGHT, DATELINE_WEIGHT = 2.5, 1.5, 3.0
#: The n-th mention in the body weighs n to the minus this: ten mentions are worth five.
SATURATION = 0.75
#: Weight of the home country as evidence where the text does not name it.
PRIOR_WEIGHT = 1.25
#: Further countries are a focus from this probability; in cross-validation F1 is the same from here to 0.5.
FOCUS_FROM = 0.38
#: More focus countries than this make a story about the world; the readers named four at most.
MOST_COUNTRIES = 4
#: A text that names so many countries, none in the title nor this share of the mentions, is a list.
LIST_COUNTRIES, LIST_SHARE = 15, 0.2
EVIDENCE_EACH = 3
#: Languages of the press of one country: its home prior where the caller gives none.
LANGUAGE_HOME = {
    "bg": "BG", "cs": "CZ", "da": "DK", "fi": "FI", "hu": "HU", "he": "IL", "is": "IS", "ja": "JP", "ka": "GE",
    "lt": "LT", "lv": "LV", "mk": "MK", "nb": "NO", "nn": "NO", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI",
    "sv": "SE", "th": "TH", "uk": "UA", "hy": "AM", "et": "EE", "hr": "HR", "id": "ID", "it": "IT", "vi": "VN",
}  # fmt: skip

_DATELINE_END = re.compile(r"\s?[—–]\s|\s--?\s|\)\s?[:.]?\s")
_DATELINE_SIGN = re.compile(r"\d|\([^)]*[A-Z][^)]*\)?$")
#: Longest dateline: two cities, a date, an agency.
DATELINE_READ = 80


def classify_regions(article: CleanArticle) -> Regions:
    """The focus countries of an article, best first, with evidence, and the M49 areas they roll up to.

    Reads the title and the first 6,000 code points of the body. Scores are in 0..1: the ranker's probability that the
    country is a focus. No country: `abstained` says why (`no_text`, `no_place_named`, `no_focus`). Raises OSError or
    ValueError on first use where the place table or the ranker is missing or damaged.
    """
    return judge_regions(article, ranker())


def judge_regions(article: CleanArticle, judge: Ranker) -> Regions:
    """`classify_regions` by the ranker that is given."""
    places = gazetteer()
    title, body = article.title, article.body[:BODY_READ]
    if not title and not body:
        return Regions(abstained="no_text", version=REGIONS_VERSION)
    text = f"{title}\n\n{body}" if title else body
    mentions, layout, home = read(title, body, article.language, article.home_country)
    if not mentions and not home:
        return Regions(abstained="no_place_named", version=REGIONS_VERSION)
    judgement = judge.judge(mentions, text, layout, home)
    focus = [] if _is_list(mentions, layout) or _is_aside(mentions, layout, home) else _focus(judgement)
    if not focus:
        return Regions(abstained="no_focus", version=REGIONS_VERSION)
    weighed = _weigh(mentions, layout)
    prior = f"home country of the {'feed' if home == article.home_country else 'language'}: {home}"
    countries = [
        CountryScore(
            iso2=iso2,
            name=places.countries[iso2].name,
            score=round(score, 4),
            evidence=_evidence(weighed.get(iso2, []), text, layout.body_start, prior if iso2 == home else ""),
        )
        for iso2, score in focus
    ]
    return Regions(countries=countries, areas=_areas(countries, places), version=REGIONS_VERSION)


def read(title: str, body: str, language: str, given: str | None) -> tuple[list[Mention], Layout, str | None]:
    """What title and body name, as code points of both with a blank line between, and the home country that counts."""
    places = gazetteer()
    text = f"{title}\n\n{body}" if title else body
    body_start = len(text) - len(body)
    home = given if given in places.countries else None
    found = sorted([*places.scan(text, language), *money(text)])
    mentions = resolve(found, text, len(title), language, home)
    layout = Layout(body_start, _dateline_end(text, body_start, mentions), len(text))
    if home is None and not any(mention.start < layout.dateline_end + LEAD for mention in mentions):
        home = LANGUAGE_HOME.get(language[:2])
    return mentions, layout, home


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


def _weigh(mentions: list[Mention], layout: Layout) -> dict[str, list[tuple[float, Mention]]]:
    """Each country's mentions with their weights. Repetition in the body saturates."""
    weighed: dict[str, list[tuple[float, Mention]]] = {}
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
        weighed.setdefault(mention.iso2, []).append((weight, mention))
    return weighed


def _is_list(mentions: list[Mention], layout: Layout) -> bool:
    """A table of countries is about none of them."""
    counts: dict[str, int] = {}
    for mention in mentions:
        counts[mention.iso2] = counts.get(mention.iso2, 0) + 1
    many = len(counts) >= LIST_COUNTRIES and max(counts.values()) < LIST_SHARE * len(mentions)
    return many and mentions[0].start >= layout.body_start


def _is_aside(mentions: list[Mention], layout: Layout, home: str | None) -> bool:
    """One place in the whole text, once, below the lead, is where somebody happens to be."""
    return home is None and len(mentions) == 1 and mentions[0].start >= layout.dateline_end + LEAD


def _focus(judgement: Judgement) -> list[tuple[str, float]]:
    """The first country and those surely beside it, with scores that fall; none where "no country" is likelier."""
    first = max(judgement.first, key=lambda iso2: (judgement.first[iso2], iso2))
    if judgement.nothing > judgement.first[first]:
        return []
    best = max(judgement.first[first], judgement.focus[first])
    rest = [(iso2, score) for iso2, score in judgement.focus.items() if iso2 != first and score >= FOCUS_FROM]
    rest.sort(key=lambda pair: (-pair[1], pair[0]))
    return [(first, best), *((iso2, min(score, best)) for iso2, score in rest)][:MOST_COUNTRIES]


def _evidence(parts: list[tuple[float, Mention]], text: str, body_start: int, prior: str) -> list[Evidence]:
    """The heaviest mentions, each wording once, in the fields' own offsets; the home country where nothing is named."""
    if not parts and prior:
        return [Evidence(text=prior, weight=PRIOR_WEIGHT)]
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
