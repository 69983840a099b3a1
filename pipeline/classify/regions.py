"""Which countries an article is about: a dictionary scan, a ranker over what it found, and the areas they lie in.

`region_read.py` finds what the text names, `region_ranker.py` says how sure each country is the focus, and here the
focus is chosen. Priors (home country, domain, language) can be outvoted by the text. The evidence is weighed apart, in
`region_evidence.py`, and scaled to the score.
"""

from pipeline.classify.places import Mention, gazetteer
from pipeline.classify.region_areas import bodies, m49_areas
from pipeline.classify.region_evidence import Weighed, evidence, weigh
from pipeline.classify.region_places import places_of
from pipeline.classify.region_prior import prior_of
from pipeline.classify.region_ranker import LEAD, Judgement, Layout, Ranker, ranker
from pipeline.classify.region_read import Reading, read
from pipeline.events import CleanArticle, CountryScore, Regions

REGIONS_VERSION = "regions-3"

#: Further countries are a focus from this probability; in cross-validation F1 is the same from here to 0.5.
FOCUS_FROM = 0.38
#: More focus countries than this make a story about the world; the readers named four at most.
MOST_COUNTRIES = 4
#: A text that names so many countries, none in the title nor this share of the mentions, is a list.
LIST_COUNTRIES, LIST_SHARE = 15, 0.2
#: So is one of fewer countries, none with more than this share, where names fill so much of the text: stories fill 0.1.
TABLE_COUNTRIES, TABLE_SHARE, TABLE_FILLED = 5, 0.35, 0.25


def classify_regions(article: CleanArticle) -> Regions:
    """The focus countries of an article, best first, with evidence, places and areas.

    Reads the title and the first 6,000 code points of the body. Scores are in 0..1: the ranker's probability that the
    country is a focus. No country: `abstained` says why (`no_text`, `no_place_named`, `no_focus`). Raises OSError or
    ValueError on first use where the place table, the policy or the ranker is missing or damaged.
    """
    return judge_regions(article, ranker())


def judge_regions(article: CleanArticle, judge: Ranker) -> Regions:
    """`classify_regions` by the ranker that is given."""
    if not article.title and not article.body:
        return Regions(abstained="no_text", version=REGIONS_VERSION)
    known = gazetteer().countries
    reading = read(article.title, article.body, article.language, prior_of(article, known.keys()))
    spoken_of = bodies(list(weigh(reading.bodies, reading.layout)), reading)
    focus = _focus_of(reading, judge)
    if not focus:
        reason = "no_focus" if reading.mentions or reading.prior else "no_place_named"
        return Regions(areas=spoken_of, abstained=reason, version=REGIONS_VERSION)
    parts = list(weigh(reading.mentions, reading.layout))
    by_country: dict[str, list[Weighed]] = {}
    for part in parts:
        by_country.setdefault(part.mention.iso2, []).append(part)
    countries = []
    for iso2, score in focus:
        prior = reading.prior if iso2 == reading.home else None
        why = evidence(by_country.get(iso2, []), reading, score, prior)
        countries.append(CountryScore(iso2=iso2, name=known[iso2].name, score=round(score, 4), evidence=why))
    return Regions(
        countries=countries,
        places=places_of(parts, countries, reading),
        areas=[*m49_areas(countries), *spoken_of],
        version=REGIONS_VERSION,
    )


def _focus_of(reading: Reading, judge: Ranker) -> list[tuple[str, float]]:
    """Focus countries with scores; none for a list, an aside, or a text that is likelier about no country."""
    mentions, layout, home = reading.mentions, reading.layout, reading.home
    if (not mentions and not home) or _is_list(mentions, layout) or _is_aside(mentions, layout, home):
        return []
    return _focus(judge.judge(mentions, reading.text, layout, home))


def _is_list(mentions: list[Mention], layout: Layout) -> bool:
    """A table of countries is about none of them."""
    counts: dict[str, int] = {}
    for mention in mentions:
        counts[mention.iso2] = counts.get(mention.iso2, 0) + 1
    most = max(counts.values(), default=0) / max(len(mentions), 1)
    filled = sum(mention.end - mention.start for mention in mentions) / layout.length
    if len(counts) >= TABLE_COUNTRIES and most <= TABLE_SHARE and filled >= TABLE_FILLED:
        return True
    return len(counts) >= LIST_COUNTRIES and most < LIST_SHARE and mentions[0].start >= layout.body_start


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
