"""Regions: what a name means, in which language, how much it weighs, and when to say nothing."""

from pathlib import Path

import pytest

from pipeline.classify.places import gazetteer, normalise
from pipeline.classify.regions import REGIONS_VERSION, classify_regions
from pipeline.clean import clean
from pipeline.events import CleanArticle, RawArticle, Regions


def regions(title: str, body: str = "", language: str = "en", home: str | None = None) -> Regions:
    return classify_regions(
        CleanArticle(url="https://example.org/a", title=title, body=body, language=language, home_country=home)
    )


def focus(title: str, body: str = "", language: str = "en", home: str | None = None) -> list[str]:
    return [country.iso2 for country in regions(title, body, language, home).countries]


def test_a_story_of_two_countries_has_both_and_their_areas() -> None:
    found = regions(
        "Putin visits Syria air base, announces start of troop withdrawal",
        "The Russian president flew to the Hmeimim air base in Syria on Monday and ordered troops to return home. "
        "Vladimir Putin met Syrian President Bashar al-Assad. Russian forces had been fighting in Syria for two years.",
    )
    assert sorted(country.iso2 for country in found.countries) == ["RU", "SY"]
    areas = {area.m49: area.name for area in found.areas}
    assert areas["145"] == "Western Asia"
    assert areas["142"] == "Asia"
    assert areas["151"] == "Eastern Europe"
    assert found.version == REGIONS_VERSION
    assert found.abstained is None


def test_syria_alone_rolls_up_to_western_asia_and_asia() -> None:
    found = regions("Syria votes", "Polling stations opened across Syria, the state agency said in Damascus.")
    assert [country.iso2 for country in found.countries] == ["SY"]
    assert [(area.m49, area.name) for area in found.areas] == [("145", "Western Asia"), ("142", "Asia")]


@pytest.mark.parametrize(
    ("language", "title", "body", "expected"),
    [
        (
            "de",
            "Österreichs Kanzler in Ankara",
            "Der österreichische Regierungschef sprach in der Türkei.",
            {"AT", "TR"},
        ),
        (
            "de",
            "Russlands Angriff",
            "Die russischen Truppen rückten auf ukrainisches Gebiet vor, in der Ukraine.",
            {"RU", "UA"},
        ),
        (
            "ru",
            "Путин прибыл в Сирию",
            "Президент России посетил авиабазу Хмеймим, сирийские власти рады.",
            {"RU", "SY"},
        ),
        ("ru", "Выборы в Соединенных Штатах", "Американские избиратели голосуют в Вашингтоне.", {"US"}),
        ("uk", "Німеччина допоможе Україні", "Український уряд подякував німецькому.", {"UA", "DE"}),
        ("pl", "Wybory w Niemczech", "Niemiecki rząd upadł, kanclerz Niemiec zapowiedział wybory.", {"DE"}),
        ("cs", "Ruská armáda na Ukrajině", "Ruští vojáci obsadili ukrajinské město.", {"RU", "UA"}),
        ("fr", "Élections en Allemagne", "Les électeurs allemands votent dimanche.", {"DE"}),
        ("es", "Protestas en Estados Unidos", "Los estadounidenses salieron a la calle en Washington.", {"US"}),
        ("tr", "Türkiye'nin kararı", "Ankara’da açıklama yapıldı, Türkiye'de seçim var.", {"TR"}),
        ("el", "ΕΚΛΟΓΕΣ ΣΤΗΝ ΕΛΛΑΔΑ", "Η ελληνική κυβέρνηση στην Αθήνα ανακοίνωσε εκλογές.", {"GR"}),
        ("fi", "Venäjällä vaalit", "Venäläiset äänestävät Moskovassa.", {"RU"}),
        (
            "ar",
            "بوتين يزور قاعدة حميميم في سوريا",
            "وصل الرئيس الروسي إلى سوريا وأمر القوات الروسية بالعودة.",
            {"RU", "SY"},
        ),
        ("he", "הבחירות בישראל", "נתניהו אמר בכנסת כי ישראל תגיב.", {"IL"}),
        ("zh", "普京访问叙利亚", "俄罗斯总统普京周一抵达叙利亚赫梅米姆空军基地。", {"RU", "SY"}),
        ("ja", "ロシア大統領がシリア訪問", "プーチン大統領はシリアの空軍基地を訪れた。", {"RU", "SY"}),
        ("ko", "푸틴, 시리아 방문", "러시아 대통령이 시리아의 공군기지를 찾았다.", {"RU", "SY"}),
    ],
)
def test_languages_with_their_inflections(language: str, title: str, body: str, expected: set[str]) -> None:
    assert set(focus(title, body, language)) == expected


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        (
            "Georgia tightens voting law",
            "The Republican governor signed it in Atlanta; the U.S. Senate race is near.",
            ["US"],
        ),
        ("Georgia protests grow", "Crowds gathered in Tbilisi as Georgian Dream kept its pro-Russian course.", ["GE"]),
        (
            "Jordan receives refugees",
            "The kingdom of Jordan opened a camp near Amman, Jordanian officials said.",
            ["JO"],
        ),
        ("The return of a legend", "Then Michael Jordan scored. Jordan Peele cheered for Jordan from the stands.", []),
        ("Turkey votes", "Voters in Turkey went to the polls; Ankara counted the ballots.", ["TR"]),
        ("A better dinner", "Roast Turkey needs stuffing and gravy. Turkey sandwiches follow, then more turkey.", []),
        ("Chad buries its president", "Chadian troops lined the streets of N'Djamena.", ["TD"]),
        ("A new face", "The actor Chad Smith said on Monday that Chad was only a nickname.", []),
        ("Niger coup", "Soldiers took power in Niger and closed the airport of Niamey.", ["NE"]),
        ("Nigeria strikes oil", "Nigerian officials said militants in the Niger Delta had agreed to talks.", ["NG"]),
        ("Guinea votes", "Voters in Guinea went to the polls in Conakry.", ["GN"]),
        ("Guinea-Bissau votes", "Voters in Guinea-Bissau went to the polls.", ["GW"]),
        ("Equatorial Guinea votes", "Voters in Equatorial Guinea went to the polls in Malabo.", ["GQ"]),
        ("Papua New Guinea quake", "An earthquake shook Papua New Guinea.", ["PG"]),
        (
            "DR Congo army advances",
            "Troops of the Democratic Republic of Congo moved towards Goma. Congo sent more.",
            ["CD"],
        ),
        ("Congo votes", "Voters in Brazzaville, capital of the Republic of Congo, queued early. Congo counts.", ["CG"]),
        ("North Korea fires missile", "Pyongyang launched it at dawn, the North Korean agency said.", ["KP"]),
        ("South Korea's president quits", "The South Korean leader spoke in Seoul.", ["KR"]),
        ("Factory closes in London, Ontario", "The plant in London, Ontario, employed 300. Ontario will help.", ["CA"]),
        ("London mayor re-elected", "Voters in London gave the Labour Party a third term.", ["GB"]),
        ("Storm in New Mexico", "A storm hit New Mexico, the governor said in Santa Fe, N.M., on Monday.", ["US"]),
        ("Mexico sends aid", "The Mexican army brought water, Mexico City said.", ["MX"]),
        ("Paris Hilton on stage", "Paris Hilton played a set; fans love Paris Hilton.", []),
        ("Snow in New England", "New England woke up to snow, forecasters in Boston said.", ["US"]),
        ("Washington state fires", "Crews in Washington state fought fires near Seattle.", ["US"]),
        ("A fine actor", "Denzel Washington won. Mr Washington thanked the jury.", []),
        ("Moscow, Idaho, mourns", "Police in Moscow, Idaho, asked for help. Idaho mourns.", ["US"]),
        ("Northern Ireland talks", "Parties in Northern Ireland met in Belfast.", ["GB"]),
        ("South Sudan truce", "South Sudan signed in Juba.", ["SS"]),
        ("Fed up", "We told us to polish the china while the chad hung.", []),
    ],
)
def test_ambiguous_names(title: str, body: str, expected: list[str]) -> None:
    assert focus(title, body) == expected


def test_brussels_is_the_union_where_the_union_is_spoken_of() -> None:
    assert focus("EU agrees on budget", "Leaders of the European Union met in Brussels.") == ["EU"]
    assert focus("Belgium strikes", "Trains stood still in Brussels, Belgian unions said.") == ["BE"]


def test_evidence_slices_exactly() -> None:
    title, body = (
        "🌍 Précis: İran'da seçim",
        "Ἐν ἀρχῇ 😀 … İran ve Türkiye’de\nRusya, «Suriye» ile görüştü. İranlı yetkililer",
    )
    found = regions(title, body, "tr")
    fields = {"title": title, "body": body}
    evidence = [item for country in found.countries for item in country.evidence]
    assert {item.field for item in evidence} == {"title", "body"}
    for item in evidence:
        assert item.field is not None
        assert fields[item.field][item.start : item.end] == item.text


def test_normalising_keeps_the_length() -> None:
    text = "".join(map(chr, range(1, 0xD800))) + "".join(map(chr, range(0xE000, 0x11000)))
    assert len(normalise(text)) == len(text)


def test_dateline_weighs_more_than_the_same_name_later() -> None:
    plain = regions("Ministers meet", "Ministers met in Nairobi on Monday to talk about trade.")
    dateline = regions("Ministers meet", "NAIROBI, May 3 (Reuters) - Ministers met on Monday to talk about trade.")
    assert [country.iso2 for country in dateline.countries] == ["KE"]
    assert not plain.countries or dateline.countries[0].score > plain.countries[0].score
    german = regions("Minister beraten", "Wien – Die Minister haben am Montag über Handel beraten.", "de")
    assert [country.iso2 for country in german.countries] == ["AT"]


def test_a_passing_mention_is_no_focus() -> None:
    body = "The Japanese government raised its forecast. Tokyo expects growth. Japan's exports rose. " * 3
    assert focus("Japan lifts growth forecast", body + "Shipments to Brazil fell.") == ["JP"]


def test_home_country_decides_only_where_little_is_named() -> None:
    assert focus("School board meets", "The board met on Tuesday to vote on the budget.", home="US") == ["US"]
    assert focus("France votes", "French voters went to the polls in Paris.", home="US") == ["FR"]
    assert focus("School board meets", "The board met on Tuesday.", home="XX") == []


def test_nothing_named_is_said() -> None:
    assert regions("How to bake bread", "Mix flour and water.").abstained == "no_place_named"
    assert regions("", "").abstained == "no_text"
    passing = regions("How to bake bread", "Mix flour and water. " * 30 + "It is done so in Berlin.")
    assert (passing.countries, passing.areas, passing.abstained) == ([], [], "no_focus")


def test_scores_fall_and_stay_in_range() -> None:
    found = regions("China and India sign, Nepal watches", "Chinese and Indian ministers signed in Delhi. " * 50)
    scores = [country.score for country in found.countries]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in [*scores, *(area.score for area in found.areas)])


def test_every_country_of_the_table_has_a_region() -> None:
    places = gazetteer()
    assert len(places.countries) > 230
    assert all(
        country.areas and all(len(code) == 3 for code, _ in country.areas) for country in places.countries.values()
    )


def test_the_first_seed_is_syria_and_russia_and_names_the_bases() -> None:
    text = Path("seeds/articles/putin-syria.txt").read_text(encoding="utf-8")
    article = clean(RawArticle.model_validate({"url": "u", "text": text, "fetched_at": "2026-10-01T00:00:00Z"}))
    assert isinstance(article, CleanArticle)
    countries = {country.iso2: country for country in classify_regions(article).countries}
    assert countries.keys() == {"RU", "SY"}
    assert {"Hmeymim", "Latakia", "Tartus"} <= {evidence.text for evidence in countries["SY"].evidence}
