"""Rules: which articles go where."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.events import AreaScore, CountryScore, EnrichedArticle, Regions, Relation, TopicScore, Verdict
from pipeline.route import TOPIC_SLUGS, Rules


def topic(top: str, score: float = 0.9) -> TopicScore:
    return TopicScore(code=top, top=top, label="x", score=score)


def country(iso2: str, score: float = 0.9) -> CountryScore:
    return CountryScore(iso2=iso2, name="x", score=score)


ARTICLE = EnrichedArticle(
    url="https://one.example/a",
    source="Harbour Post",
    language="da",
    verdict=Verdict(relation=Relation.ORIGINAL),
    topics=[topic("11000000", 0.8), topic("04000000", 0.3)],
    regions=Regions(countries=[country("DK"), country("SE", 0.2)], areas=[AreaScore(m49="154", name="x", score=0.9)]),
)


def destinations(*rules: dict[str, Any], article: EnrichedArticle = ARTICLE) -> list[str]:
    return Rules.model_validate({"route": rules}).destinations(article)


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ({"to": "all"}, ["all"]),
        ({"to": "topic.{topic}"}, ["topic.economy-business-and-finance", "topic.politics"]),
        ({"to": "topic.{topic}", "min_score": 0.5}, ["topic.politics"]),
        ({"to": "region.{country}"}, ["region.dk", "region.se"]),
        ({"to": "region.{country}", "min_score": 0.5}, ["region.dk"]),
        ({"to": "area.{area}"}, ["area.154"]),
        ({"to": "language.{language}"}, ["language.da"]),
        ({"to": "from.{source}"}, ["from.harbour-post"]),
        ({"to": "{country}.{topic}", "min_score": 0.5}, ["dk.politics"]),
        (
            {"to": "{country}.{topic}"},
            ["dk.economy-business-and-finance", "dk.politics", "se.economy-business-and-finance", "se.politics"],
        ),
        ({"to": "desk", "topics": ["11000000"]}, ["desk"]),
        ({"to": "desk", "topics": ["15000000"]}, []),
        ({"to": "desk", "topics": ["15000000", "11000000"]}, ["desk"]),
        ({"to": "desk", "topics": ["04000000"], "min_score": 0.5}, []),
        ({"to": "desk", "topics": ["11000000"], "countries": ["SE"]}, ["desk"]),
        ({"to": "desk", "topics": ["11000000"], "countries": ["NO"]}, []),
        ({"to": "desk", "areas": ["154"], "languages": ["da", "sv"], "sources": ["Harbour Post"]}, ["desk"]),
        ({"to": "desk", "languages": ["sv"]}, []),
        ({"to": "desk", "sources": ["harbour post"]}, []),
        ({"to": "{topic}", "topics": ["11000000"]}, ["politics"]),
    ],
    ids=str,
)
def test_a_rule(rule: dict[str, Any], names: list[str]) -> None:
    assert destinations(rule) == names


def test_rules_add_up_each_topic_once() -> None:
    assert destinations({"to": "b"}, {"to": "a"}, {"to": "b"}, {"to": "c", "languages": ["xx"]}) == ["a", "b"]
    assert destinations() == []


def test_an_article_with_nothing_goes_where_nothing_is_asked() -> None:
    bare = EnrichedArticle(url="u", verdict=Verdict(relation=Relation.ORIGINAL))
    rules = [{"to": f"{{{name}}}"} for name in ("topic", "country", "area", "language", "source")]
    assert destinations(*rules, {"to": "all"}, article=bare) == ["all"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Harbour Post", "harbour-post"),
        ("../../etc", "etc"),
        ("港口报", "other"),
        ("A_b.c-D", "a_b.c-d"),
        ("..", "other"),
        ("Straße!", "strasse"),
    ],
)
def test_names_are_what_kafka_takes(source: str, name: str) -> None:
    assert destinations({"to": "from.{source}"}, article=ARTICLE.model_copy(update={"source": source})) == [
        f"from.{name}"
    ]


def test_a_long_name_is_what_kafka_takes() -> None:
    (name,) = destinations({"to": "from.{source}"}, article=ARTICLE.model_copy(update={"source": "x" * 500}))
    assert len(f"news.{name}") <= 249


def test_slugs_of_all_topics_are_names() -> None:
    everything = ARTICLE.model_copy(update={"topics": [topic(code) for code in TOPIC_SLUGS]})
    assert destinations({"to": "{topic}"}, article=everything) == sorted(set(TOPIC_SLUGS.values()))
    assert len(set(TOPIC_SLUGS.values())) == 17


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"to": ""},
        {"to": "{planet}"},
        {"to": "x", "topic": ["11000000"]},
        {"to": "x", "min_score": 2},
        {"to": "x", "topics": "11000000"},
        {"to": "desk/middle east"},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate({"route": [rule]})


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "routes.toml"
    path.write_text('[[route]]\nto = "desk.dk"\ncountries = ["DK"]\n', encoding="utf-8")
    assert Rules.load(path).route[0].countries == {"DK"}
    path.write_text("[[route]\n", encoding="utf-8")
    with pytest.raises(tomllib.TOMLDecodeError):
        Rules.load(path)
    with pytest.raises(OSError, match=r"absent\.toml"):
        Rules.load(tmp_path / "absent.toml")


def test_the_rules_of_the_house_are_good() -> None:
    rules = Rules.load(Path(__file__).parents[2] / "deploy" / "routes.toml")
    assert "topic.politics" in rules.destinations(ARTICLE)
