"""The ranker of countries: money, priors of feed and language, lists, asides, and scores that fall."""

import pytest

from pipeline.classify.region_money import MOST_SUMS, money
from pipeline.classify.regions import classify_regions
from pipeline.events import CleanArticle, Regions


def regions(title: str, body: str, language: str = "en", home: str | None = None) -> Regions:
    return classify_regions(
        CleanArticle(url="https://example.org/a", title=title, body=body, language=language, home_country=home)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cuts of £35bn", ["GB"]),
        ("custa R$ 20", ["BR"]),
        ("za 30 zł", ["PL"]),
        ("costs $20", []),
        ("150億円の", ["JP"]),
    ],
)
def test_a_currency_of_one_country_names_it(text: str, expected: list[str]) -> None:
    assert [mention.iso2 for mention in money(text)] == expected


def test_a_price_list_is_bounded() -> None:
    assert len(money("£1 " * 50)) == MOST_SUMS


def test_a_domestic_story_is_of_the_home_country_and_says_so() -> None:
    country = regions("Council to close two schools", "The council voted on Monday. Parents protested.", home="GB")
    assert [c.iso2 for c in country.countries] == ["GB"]
    assert country.countries[0].evidence[0].text == "home country of the feed: GB"


def test_the_language_of_one_country_is_a_prior_too() -> None:
    found = regions("Rada miasta zamknie szkołę", "Rada zagłosowała w poniedziałek. Rodzice protestowali.", "pl")
    assert [c.iso2 for c in found.countries] == ["PL"]
    assert found.countries[0].evidence[0].text == "home country of the language: PL"


def test_a_list_of_countries_is_no_focus() -> None:
    names = (
        "Afghanistan Albania Algeria Austria Belgium Brazil Canada Chile China Denmark Egypt France Germany India Italy"
    )
    assert regions("", ", ".join(f"{name} 1" for name in names.split())).abstained == "no_focus"


def test_scores_fall() -> None:
    found = regions("Poland and Germany sign a treaty", "The Polish and German ministers met in Warsaw on Monday.")
    scores = [country.score for country in found.countries]
    assert {"PL", "DE"} == {country.iso2 for country in found.countries}
    assert scores == sorted(scores, reverse=True)
