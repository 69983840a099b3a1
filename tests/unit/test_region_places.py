"""Places, areas, bodies, priors and the policy of disputed territories."""

from pathlib import Path

import pytest

from pipeline.classify.place_text import normalise
from pipeline.classify.places import Gazetteer
from pipeline.classify.region_areas import BODIES
from pipeline.classify.region_policy import policy
from pipeline.classify.regions import classify_regions
from pipeline.events import CleanArticle, PlaceScore, Regions


def regions(
    title: str, body: str, language: str = "en", home: str | None = None, url: str = "https://example.org/a"
) -> Regions:
    return classify_regions(CleanArticle(url=url, title=title, body=body, language=language, home_country=home))


def places(title: str, body: str, language: str = "en") -> dict[str, PlaceScore]:
    return {place.name: place for place in regions(title, body, language).places}


def test_a_city_carries_the_story_with_its_place_on_the_map() -> None:
    found = places("Brand in Kiel", "Kiel (dpa) - Bei einem Brand in Kiel in Schleswig-Holstein starben zwei.", "de")
    city = found["Kiel"]
    assert (city.kind, city.iso2, city.geonames_id) == ("city", "DE", 2891122)
    assert (round(city.latitude), round(city.longitude)) == (54, 10)
    assert 0 < city.score < 1
    assert city.evidence[0].text == "Kiel"


def test_a_namesake_is_the_city_of_its_state() -> None:
    found = places("Fire in Paris, Texas", "PARIS, Texas (AP) - A fire destroyed a plant in Paris, Texas, on Monday.")
    assert found["Paris"].geonames_id == 4717560
    assert found["Texas"].kind == "division"
    assert found["Texas"].geonames_id == 4736286
    assert {place.iso2 for place in found.values()} == {"US"}


def test_a_place_in_passing_does_not_carry_the_story() -> None:
    assert "Lyon" not in places("France votes", "French voters went to the polls. " * 20 + "It rained in Lyon.")


def test_evidence_has_its_kind_and_its_weights_add_up_to_the_score() -> None:
    found = regions("Riga acts", "RIGA, May 3 (Reuters) - The Saeima met. Latvian deputies of Latvia spoke.", home="LV")
    (country,) = found.countries
    kinds = {item.kind for item in country.evidence}
    assert {"dateline", "prior"} <= kinds
    assert sum(item.weight or 0 for item in country.evidence) <= country.score + 0.01
    alone = regions("Bread is dearer", "A council voted on Monday, and parents protested at the school.", home="LV")
    (country,) = alone.countries
    assert [item.kind for item in country.evidence] == ["prior"]
    assert country.evidence[0].weight == pytest.approx(country.score, abs=0.001)


def test_a_body_is_an_area_of_its_own() -> None:
    found = regions("NATO ministers meet", "NATO ministers met on Monday. NATO said that it would decide later.")
    assert [(area.m49, area.name) for area in found.areas] == [("org-nato", "NATO")]
    assert found.areas[0].evidence[0].text == "NATO"
    assert found.countries == []


def test_every_body_of_the_table_has_a_name() -> None:
    table = Path("pipeline/classify/data/place_words.json").read_text("utf-8")
    assert {code for code in BODIES if f'"{code}"' in table} == set(BODIES)
    assert table.count('"org-') == sum(table.count(f'"{code}"') for code in BODIES)


def test_the_union_is_a_country_of_its_own() -> None:
    found = regions("EU agrees on budget", "The European Union agreed. The European Commission was glad.")
    assert [(c.iso2, c.name) for c in found.countries] == [("EU", "European Union")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.zeitung.at/a", ["AT"]),
        ("https://news.co.uk/a", ["GB"]),
        ("https://startup.io/a", []),
        ("https://news.com/a", []),
        ("https://[broken/a", []),
        ("urn:x", []),
    ],
)
def test_the_domain_of_the_outlet_is_a_prior(url: str, expected: list[str]) -> None:
    found = regions("School to close", "The council voted on Monday to close the school. Parents protested.", url=url)
    assert [c.iso2 for c in found.countries] == expected
    if expected:
        assert found.countries[0].evidence[0].text == f"home country of the domain: {expected[0]}"


def test_the_feed_knows_better_than_the_domain() -> None:
    found = regions("School to close", "The council voted on Monday.", home="IE", url="https://news.co.uk/a")
    assert [c.iso2 for c in found.countries] == ["IE"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crimea", "UA"),
        ("Kosovo", "XK"),
        ("Taiwan", "TW"),
        ("the West Bank", "PS"),
        ("Hong Kong", "HK"),
        ("Western Sahara", "EH"),
        ("Abkhazia", "GE"),
        ("Northern Cyprus", "CY"),
        ("Sevastopol", "UA"),
        ("Greenland", "GL"),
    ],
)
def test_disputed_territories_follow_the_policy(text: str, expected: str) -> None:
    found = regions(f"Vote in {text}", f"People in {text} went to the polls on Monday, officials in {text} said.")
    assert [c.iso2 for c in found.countries] == [expected]


def test_another_policy_changes_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "policy.toml"
    own.write_text('[XK]\ncounts_as = "RS"\n[crimea]\ncounts_as = ""\n', encoding="utf-8")
    monkeypatch.setenv("DATELINE_REGION_POLICY", str(own))
    table = Gazetteer()
    assert [m.iso2 for m in table.scan("Kosovo and Taiwan", "en")] == ["RS", "TW"]
    assert [m.kind for m in table.scan("Crimea", "en")] == ["x"]


@pytest.mark.parametrize("text", ['[atlantis]\ncounts_as = "GR"\n', '[XK]\ncounts_as = "Serbia"\n', "[XK\n"])
def test_a_damaged_policy_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "policy.toml"
    own.write_text(text, encoding="utf-8")
    monkeypatch.setenv("DATELINE_REGION_POLICY", str(own))
    with pytest.raises(ValueError, match=r"Atlantis|atlantis|Serbia|Expected"):
        policy()


@pytest.mark.parametrize(
    ("body", "language", "expected"),
    [
        ("MOSKAU (dpa) – Der Rat hat am Montag getagt.", "de", "RU"),
        ("PARIS, 3 mars (AFP) - Le conseil a voté lundi.", "fr", "FR"),
        ("【ワシントン=共同】会議は月曜日に始まった。", "ja", "US"),
        ("新华社北京3月3日电 会议星期一开始。", "zh", "CN"),
        ("(서울=연합뉴스) 회의가 월요일에 시작되었다.", "ko", "KR"),
        ("МОСКВА, 3 мар - РИА Новости. Совет собрался.", "ru", "RU"),
    ],
)
def test_wire_datelines(body: str, language: str, expected: str) -> None:
    (country,) = regions("", body, language).countries
    assert country.iso2 == expected
    assert country.evidence[0].kind == "dateline"


def test_names_keep_their_length() -> None:
    assert normalise("Île-de-France ΆΘΗΝΑ") == "ile de france αθηνα"
