"""Names that mean two things, and texts that are no story: `region_cases.tsv` has a case a line.

Language, expected countries in any order or `-` for none, title, body.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.classify.places import gazetteer
from pipeline.classify.region_areas import BODIES
from pipeline.classify.region_places import MOST_PLACES
from pipeline.classify.regions import MOST_COUNTRIES, classify_regions
from pipeline.events import CleanArticle, Regions

CASES = [line.split("\t") for line in (Path(__file__).parent / "region_cases.tsv").read_text("utf-8").splitlines()]
#: Cases that do not pass, by title, with the reason.
MISSES: dict[str, str] = {}


def regions(title: str, body: str, language: str = "en") -> Regions:
    return classify_regions(CleanArticle(url="https://example.org/a", title=title, body=body, language=language))


def cases() -> list[Any]:
    found = []
    for case in CASES:
        why = MISSES.get(case[2])
        marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
        found.append(pytest.param(*case, id=f"{case[0]}-{case[2]}", marks=marks))
    return found


@pytest.mark.parametrize(("language", "expected", "title", "body"), cases())
def test_a_name_means_what_its_text_speaks_of(language: str, expected: str, title: str, body: str) -> None:
    found = {country.iso2 for country in regions(title, body, language).countries}
    assert found == (set() if expected == "-" else set(expected.split(",")))


def test_the_cases_are_many_and_the_misses_few() -> None:
    titles = [case[2] for case in CASES]
    assert len(titles) == len(set(titles)) >= 150
    assert set(titles) >= MISSES.keys()
    assert len(MISSES) <= 0.05 * len(titles)


EXCHANGES = ["Tokyo", "Paris", "London", "Zurich", "Sydney", "Mumbai"] * 3
NAMES = [country.name for country in gazetteer().countries.values()]


@pytest.mark.parametrize(
    "body",
    [
        "\n".join(NAMES),
        "\n".join(f"{place} {name} {place % 7} {place % 5} {place % 3}" for place, name in enumerate(NAMES[:60], 1)),
        "Medal table\n" + "\n".join(f"{name} 4 2 1" for name in NAMES[100:130]),
        "\n".join(f"{city}: +0.{n} %" for n, city in enumerate(EXCHANGES)),
    ],
    ids=["all countries", "ranking", "medals", "stock exchanges"],
)
def test_a_list_is_no_focus(body: str) -> None:
    assert regions("", body).countries == []


@pytest.mark.parametrize(
    "body",
    ["", " \n ", "\x00\ud800 \udfff", "x" * 1_000_000, "Berlin " * 200_000, "Берлин東京 Παρίσι القاهرة " * 20_000],
    ids=["empty", "blank", "surrogates", "one word", "one city", "scripts"],
)
def test_bad_input_gets_a_bounded_answer(body: str) -> None:
    found = regions(body[:100_000], body)
    assert len(found.countries) <= MOST_COUNTRIES
    assert len(found.places) <= MOST_PLACES
    assert len(found.areas) <= 3 * MOST_COUNTRIES + len(BODIES)
    assert bool(found.countries) != bool(found.abstained)


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["en", "de", "ar", "zh", "", "xx", "a"]))
@settings(max_examples=100, deadline=None)
def test_any_text_has_an_answer_whose_evidence_slices_exactly(title: str, body: str, language: str) -> None:
    found = regions(f"Berlin {title}", f"{body} Paris", language)
    for item in [*found.countries, *found.places]:
        for why in item.evidence:
            field = {"title": f"Berlin {title}", "body": f"{body} Paris"}.get(why.field or "")
            assert field is None or field[why.start : why.end] == why.text
