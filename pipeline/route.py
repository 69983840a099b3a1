"""Route: to which topics an enriched article goes, by rules from a file.

A rule names what an article must have and where it goes; every condition that it gives must hold, within a condition
one value is enough. `to` may hold a placeholder, filled with each value that the article has:

    [[route]]
    to = "topic.{topic}"              # news.topic.politics, …
    min_score = 0.5

    [[route]]
    to = "desk.middle-east"
    areas = ["145"]                   # M49: Western Asia
    topics = ["16000000"]
"""

import re
import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.events import EnrichedArticle

#: Media Topic codes of the top level and the names that their topics carry.
TOPIC_SLUGS = {
    "01000000": "arts-culture-entertainment-and-media",
    "02000000": "crime-law-and-justice",
    "03000000": "disaster-accident-and-emergency",
    "04000000": "economy-business-and-finance",
    "05000000": "education",
    "06000000": "environment",
    "07000000": "health",
    "08000000": "human-interest",
    "09000000": "labour",
    "10000000": "lifestyle-and-leisure",
    "11000000": "politics",
    "12000000": "religion",
    "13000000": "science-and-technology",
    "14000000": "society",
    "15000000": "sport",
    "16000000": "conflict-war-and-peace",
    "17000000": "weather",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# A name of several of these stays under the 249 characters that Kafka allows.
_SLUG_CHARACTERS = 60
# What Kafka allows in the name of a topic, but for capitals.
_UNSAFE = re.compile(r"[^a-z0-9._-]+")


class Rule(BaseModel):
    """One rule. Empty conditions hold for every article."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(min_length=1)
    topics: set[str] = Field(default_factory=set, description="Media Topic codes, top-level.")
    countries: set[str] = Field(default_factory=set, description="ISO 3166-1 alpha-2.")
    areas: set[str] = Field(default_factory=set, description="M49 codes.")
    languages: set[str] = Field(default_factory=set, description="ISO 639-1.")
    sources: set[str] = Field(default_factory=set)
    min_score: float = Field(0.0, ge=0.0, le=1.0, description="Topics and countries below it do not count.")

    @field_validator("to")
    @classmethod
    def _a_topic_with_known_placeholders(cls, to: str) -> str:
        unknown = set(_PLACEHOLDER.findall(to)) - {"topic", "country", "area", "language", "source"}
        if unknown:
            raise ValueError(f"unknown placeholder {sorted(unknown)}")
        if _UNSAFE.search(_PLACEHOLDER.sub("", to)):
            raise ValueError("a topic has lower-case letters, digits, dots, hyphens and underscores only")
        return to

    def destinations(self, article: EnrichedArticle) -> set[str]:
        """Topics, without the prefix, that this rule sends an article to."""
        values = {
            "topic": {t.top for t in article.topics if t.score >= self.min_score},
            "country": {c.iso2 for c in article.regions.countries if c.score >= self.min_score},
            "area": {a.m49 for a in article.regions.areas},
            "language": {article.language} - {""},
            "source": {article.source or ""} - {""},
        }
        wanted = (self.topics, self.countries, self.areas, self.languages, self.sources)
        for name, condition in zip(values, wanted, strict=True):
            if condition:
                values[name] &= condition
                if not values[name]:
                    return set()
        names = {self.to}
        for name in _PLACEHOLDER.findall(self.to):
            fill = {TOPIC_SLUGS.get(value, value) if name == "topic" else value for value in values[name]}
            names = {to.replace(f"{{{name}}}", _slug(value)) for to in names for value in fill}
        return names


class Rules(BaseModel):
    """A rules file."""

    model_config = ConfigDict(extra="forbid")

    route: list[Rule] = Field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a TOML file. Raises OSError, tomllib.TOMLDecodeError or pydantic.ValidationError."""
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    def destinations(self, article: EnrichedArticle) -> list[str]:
        """Topics, without the prefix, that an article goes to; sorted, each once."""
        return sorted({name for rule in self.route for name in rule.destinations(article)})


def _slug(value: str) -> str:
    return _UNSAFE.sub("-", value.casefold()).strip("-.")[:_SLUG_CHARACTERS] or "other"
