"""Filters of the stories: as the address bar has them, and as a question to a story."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Self
from urllib.parse import urlencode

from dashboard.render import language
from dashboard.store import Story
from dashboard.topics import name
from dashboard.words import folded

#: Characters of one filter; an address is at most some thousands.
LONGEST = 200
#: Choices of one kind that are offered.
LISTED = 60


@dataclass(frozen=True)
class Filters:
    """What a reader asked for; an empty string asks for nothing. All that is asked for must hold."""

    topic: str = ""
    country: str = ""
    area: str = ""
    language: str = ""
    outlet: str = ""
    relation: str = ""
    words: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From the query of an address; names that are none of ours are passed over."""
        return cls(**{name: query[name].strip()[:LONGEST] for name in cls.names() if name in query})

    @classmethod
    def names(cls) -> list[str]:
        return [each.name for each in fields(cls)]

    def given(self) -> dict[str, str]:
        return {name: value for name in self.names() if (value := getattr(self, name))}

    def address(self, path: str = "/", **changes: str) -> str:
        """The address of a page with these filters, some of them changed; an empty string takes one away."""
        query = {name: value for name, value in (self.given() | changes).items() if value}
        return f"{path}?{urlencode(query)}" if query else path

    def match(self, stories: Iterable[Story]) -> list[Story]:
        """Stories for which all filters hold, in their order."""
        words = folded(self.words).split()
        return [
            story
            for story in stories
            if (not self.topic or self.topic in story.codes)
            and (not self.country or self.country in story.countries)
            and (not self.area or self.area in story.areas)
            and (not self.language or self.language == story.head.language)
            and (not self.outlet or any(self.outlet == a.outlet for a in story.articles.values()))
            and (not self.relation or any(self.relation == a.relation for a in story.articles.values()))
            and all(word in story.words for word in words)
        ]


@dataclass(frozen=True)
class Choices:
    """What can be chosen among some stories, and how many each choice would leave."""

    topics: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    areas: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    outlets: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    #: Names of the countries and areas, as the events give them.
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def among(cls, stories: Iterable[Story]) -> Self:
        """Count once over all: chains are counted without a call for each story."""
        held = list(stories)
        names = chain.from_iterable(chain(story.countries.items(), story.areas.items()) for story in held)
        return cls(
            topics=Counter(chain.from_iterable(story.codes for story in held)),
            countries=Counter(chain.from_iterable(story.countries for story in held)),
            areas=Counter(chain.from_iterable(story.areas for story in held)),
            languages=Counter(story.head.language for story in held),
            outlets=Counter(chain.from_iterable({a.outlet for a in story.articles.values()} for story in held)),
            relations=Counter(chain.from_iterable({a.relation.value for a in s.articles.values()} for s in held)),
            names=dict(names),
        )

    def listed(self, kind: str) -> list[tuple[str, str, int]]:
        """Value, name and count of what can be chosen of one kind, the most frequent first."""
        counts: Counter[str] = getattr(self, kind)
        return [(value, self.label(kind, value), count) for value, count in counts.most_common(LISTED)]

    def label(self, kind: str, value: str) -> str:
        """How a value is called."""
        if kind in ("countries", "areas", "country", "area"):
            return self.names.get(value, value)
        if kind in ("languages", "language"):
            return language(value)
        return name(value) if kind == "topic" else value
