"""What the page remembers: the newest stories with their copies, the newest failures, and how much went where.

Bounded on every side: the oldest story goes when there are too many or they take too many bytes. What is delivered
twice is held once. Nothing here waits: the reader puts in, pages look, and listeners ask what changed since.
"""

import zlib
from bisect import insort
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from dashboard.options import Options
from dashboard.topics import TOPICS, ancestors
from dashboard.trends import Trends
from dashboard.words import folded
from pipeline.events import DeadLetter, DuplicateArticle, EnrichedArticle, Origin, RejectedArticle, Relation

#: Copies of one story that are held; `Story.copies` counts on, from the verdicts.
COPIES = 100
#: Rejections and dead letters that can be looked into.
FAILURES = 500
#: Changes that a listener may lag behind before it has to load the page again.
CHANGES = 1000
#: Characters of a body in which words are looked for; 10,000 stories take 40 MB of Latin letters.
WORDS = 4000
#: Characters that one field may bring into a row; a page shows less.
LINE = 500
#: Topics, countries and areas of one story; the stages give a handful.
LABELS = 50


@dataclass(slots=True, eq=False)
class Article:
    """What a row shows of an article; the event itself is packed. `seconds` is when the broker had it."""

    id: str
    title: str
    outlet: str
    language: str
    relation: Relation
    similarity: float
    published_at: datetime | None
    seconds: float
    place: Origin
    origin: Origin | None
    times: dict[str, float]
    packed: bytes
    copies: int = 0
    outlets: int = 0

    def event(self) -> EnrichedArticle | DuplicateArticle:
        """The event, unpacked."""
        model = DuplicateArticle if self.place.topic.endswith(".duplicates") else EnrichedArticle
        return model.model_validate_json(self.json)

    @property
    def json(self) -> bytes:
        return zlib.decompress(self.packed)


@dataclass(slots=True, eq=False)
class Story:
    """An original with its copies and revisions; a copy stands in for an original that is not in the window."""

    id: str
    head: Article
    seconds: float
    articles: dict[str, Article] = field(default_factory=dict)
    topics: list[tuple[str, str]] = field(default_factory=list)
    #: Codes of the topics and of all above them.
    codes: frozenset[str] = frozenset()
    countries: dict[str, str] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)
    words: str = ""
    changed: int = 0
    packed: int = 0

    @property
    def copies(self) -> int:
        """Copies and revisions, those that are no longer held counted."""
        held = len(self.articles) - (self.id in self.articles)
        return max(held, *(article.copies for article in self.articles.values()))

    @property
    def outlets(self) -> int:
        return max(
            len({article.outlet for article in self.articles.values()}),
            *(article.outlets for article in self.articles.values()),
        )

    @property
    def others(self) -> list[Article]:
        """All but the head, in the order of their arrival."""
        return sorted((a for a in self.articles.values() if a is not self.head), key=lambda a: a.seconds)


@dataclass(frozen=True)
class Failure:
    """A rejection or a dead letter, and when the broker had it."""

    event: RejectedArticle | DeadLetter
    seconds: float
    place: Origin


class Store:
    """The window. `version` grows with every change of it."""

    def __init__(self, options: Options) -> None:
        self._limits = options
        self._stories: dict[str, Story] = {}
        self._order: list[tuple[float, str]] = []
        self._story_of: dict[str, str] = {}
        self._changes: deque[tuple[int, str]] = deque(maxlen=CHANGES)
        self._bytes = 0
        self.version = 0
        self.trends = Trends()
        self.failures: dict[str, OrderedDict[str, Failure]] = {"rejected": OrderedDict(), "deadletter": OrderedDict()}
        self.reasons: dict[str, Counter[str]] = {"rejected": Counter(), "deadletter": Counter()}
        #: What no model of the contract could read, by topic.
        self.unreadable: Counter[str] = Counter()
        #: Why the broker does not answer; empty while it does.
        self.trouble = "not connected yet"

    def __len__(self) -> int:
        return len(self._stories)

    def story(self, article: str) -> Story | None:
        """The story that an article belongs to."""
        return self._stories.get(self._story_of.get(article, article))

    def newest(self, before: tuple[float, str] | None = None) -> Iterator[Story]:
        """Stories, newest first; those that came before one, where it is named by its time and id."""
        for place in reversed(self._order):
            if before is None or place < before:
                yield self._stories[place[1]]

    def since(self, version: int) -> list[Story] | None:
        """Stories that changed after a version, oldest change first; None where nobody remembers that far back."""
        if version > self.version or (self._changes and version < self._changes[0][0] - 1):
            return None
        names = dict.fromkeys(name for changed, name in self._changes if changed > version)
        return sorted((self._stories[n] for n in names if n in self._stories), key=lambda story: story.changed)

    def add(
        self,
        article: EnrichedArticle | DuplicateArticle,
        value: bytes,
        place: Origin,
        seconds: float,
        times: dict[str, float],
    ) -> None:
        """Take an article in, once."""
        if article.id in self._story_of:
            return
        original = article.verdict.duplicate_of or article.id
        held = Article(
            id=article.id,
            title=article.title[:LINE],
            outlet=(article.source or urlsplit(article.canonical_url or article.url).hostname or "unknown")[:LINE],
            language=article.language,
            relation=article.verdict.relation,
            similarity=article.verdict.similarity,
            published_at=article.published_at,
            seconds=seconds,
            place=place,
            origin=article.origin,
            times=times,
            packed=zlib.compress(value, 1),
            copies=article.verdict.copies,
            outlets=article.verdict.outlets,
        )
        story = self._stories.get(original)
        if story is None:
            story = self._stories[original] = Story(original, held, seconds)
            insort(self._order, (seconds, original))
            self._describe(story, article)
        elif article.id == original:
            story.head = held
            self._describe(story, article)
        if len(story.articles) < COPIES or story.head is held:
            story.articles[held.id] = held
            self._story_of[held.id] = original
            story.packed += len(held.packed)
            self._bytes += len(held.packed)
        self.changed()
        story.changed = self.version
        self._changes.append((self.version, original))
        self._trim()

    def fail(self, kind: str, failure: Failure) -> None:
        """Take in a rejection (`rejected`) or a dead letter (`deadletter`), once."""
        event, kept = failure.event, self.failures[kind]
        name = "-".join(map(str, failure.place[1:]))
        if name in kept:
            return
        kept[name] = failure
        stage = f"{event.stage}, " if isinstance(event, DeadLetter) else ""
        self.reasons[kind][f"{stage}{event.reason}"] += 1
        if len(kept) > FAILURES:
            kept.popitem(last=False)
        self.changed()

    def changed(self) -> None:
        """Say that pages may look different now."""
        self.version += 1

    def _describe(self, story: Story, article: EnrichedArticle | DuplicateArticle) -> None:
        """Take topics, countries and words from the article that stands for the story."""
        story.words = folded(f"{story.head.title} {story.head.outlet} {article.body[:WORDS]}")
        if isinstance(article, EnrichedArticle):
            story.topics = [(topic.code, topic.label) for topic in article.topics[:LABELS]]
            story.codes = frozenset(code for topic in article.topics[:LABELS] for code in _above(topic.code, topic.top))
            story.countries = {country.iso2: country.name for country in article.regions.countries[:LABELS]}
            story.areas = {area.m49: area.name for area in article.regions.areas[:LABELS]}

    def _trim(self) -> None:
        while len(self._stories) > self._limits.stories or self._bytes > self._limits.bytes:
            _, name = self._order.pop(0)
            story = self._stories.pop(name)
            self._bytes -= story.packed
            for article in story.articles:
                del self._story_of[article]


def _above(code: str, top: str) -> Iterable[str]:
    return ancestors(code) if code in TOPICS else (code, top)
