"""The contract: every event that travels on a topic, as Pydantic models, and the table of topics.

Strict where it protects (a record must name its page and carry exactly one body), lenient where scrapers vary
(unknown fields are kept, a date that cannot be read stays a string). Events are JSON objects in UTF-8; times are
RFC 3339 with an offset; languages are ISO 639-1, countries ISO 3166-1 alpha-2, topics IPTC Media Topic codes.
`dateline contract` writes JSON Schemas and an AsyncAPI document from this file.
"""

import base64
import hashlib
from datetime import datetime, timezone
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)


def _with_offset(time: datetime) -> datetime:
    """A time without an offset is read as UTC: scrapers that leave it out mean that."""
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _list_of_names(value: Any) -> Any:
    """One author given as a plain string is a list of one."""
    return [value] if isinstance(value, str) else value


Time = Annotated[datetime, AfterValidator(_with_offset)]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]
Names = Annotated[list[str], BeforeValidator(_list_of_names, json_schema_input_type=list[str] | str)]


class Origin(NamedTuple):
    """Where the raw record of an event lies: it identifies the record through every stage."""

    topic: str
    partition: int
    offset: int


class Event(BaseModel):
    """Base of all events. Fields that this version does not know are kept and travel on."""

    model_config = ConfigDict(extra="allow")


# ------------------------------------------------------------------------------------------------ raw


class RawArticle(Event):
    """What a scraper sends: one page or one text, and what it knows about it.

    Exactly one of `html`, `text` and `content` is given. `content` holds the bytes as they came from the server,
    base64-encoded, with their `content_type`; it leaves decoding to Dateline and is the best choice for HTML.
    """

    url: NonEmpty = Field(description="Address of the page; any non-empty string is legal.")
    html: str | None = Field(None, description="A decoded HTML page.")
    text: str | None = Field(None, description="Plain text: title, byline and body in lines.")
    content: Base64Bytes | None = Field(None, description="The body's bytes as served, base64.")
    content_type: str | None = Field(None, description="Media type of `content`, as the server gave it.")
    fetched_at: Time = Field(description="When the scraper had the page.")
    source: str | None = Field(None, description="Name of the outlet or feed.")
    title: str | None = None
    authors: Names | None = None
    published_at: Time | str | None = Field(None, description="As the feed gave it; a string where it cannot be read.")
    language: str | None = Field(None, description="ISO 639-1.")
    home_country: str | None = Field(None, description="Where the feed is at home, ISO 3166-1 alpha-2.")
    meta: dict[str, Any] = Field(default_factory=dict, description="Free; travels on untouched.")

    @model_validator(mode="after")
    def _exactly_one_body(self) -> Self:
        given = [name for name in ("html", "text", "content") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of html, text and content must be given, not {given or 'none'}")
        return self


# ---------------------------------------------------------------------------------------------- clean


class Removal(BaseModel):
    """How often a cleaning rule cut something out of the text."""

    rule: str
    count: int


class DateDoubt(StrEnum):
    """What is odd about a publication date."""

    FUTURE = "future"
    BEFORE_1990 = "before_1990"
    FAR_FROM_FETCHED = "far_from_fetched"


class CleanArticle(Event):
    """An article as a newsroom would print it: title, body (one paragraph a line), language, authors, date.

    `id` is deterministic: of the origin and the URL where the origin is known, so that a redelivery repeats it and a
    re-scrape does not; of URL and text otherwise.
    """

    id: str = ""
    url: NonEmpty
    canonical_url: str = Field("", description="One address for all variants of the page.")
    origin: Origin | None = None
    source: str | None = None
    title: str = ""
    body: str = Field("", description="Plain text, one paragraph a line.")
    language: str = Field("", description="ISO 639-1; empty where it is not known.")
    authors: list[str] = Field(default_factory=list)
    published_at: Time | None = Field(None, description="With the page's own offset.")
    updated_at: Time | None = Field(None, description="When the page says that it was changed last.")
    date_doubts: list[DateDoubt] = Field(
        default_factory=list, description="Why `published_at` is not to be trusted: it is kept as the page has it."
    )
    site: str | None = Field(None, description="What the page calls its outlet.")
    section: str | None = Field(None, description="The outlet's own section, as the page names it.")
    dateline: str | None = Field(None, description="The place that the text begins with, as it is written.")
    fetched_at: Time | None = None
    home_country: str | None = None
    truncated: bool = Field(False, description="Only the free part before a paywall is here.")
    title_from: str | None = Field(None, description="Where the title came from: feed, json-ld, meta, heading, …")
    authors_from: str | None = None
    published_at_from: str | None = None
    updated_at_from: str | None = None
    language_from: str | None = None
    language_score: float | None = Field(None, description="Probability of the language, where the text was read.")
    removed: list[Removal] = Field(default_factory=list)
    clean_version: str | None = None
    meta: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _identify(self) -> Self:
        if not self.id:
            basis = [self.url, *map(str, self.origin)] if self.origin else [self.url, self.title, self.body]
            self.id = hashlib.blake2b("\0".join(basis).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return self


class RejectReason(StrEnum):
    """Why the cleaner says that a page is no article."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LARGE = "too_large"
    TOO_COMPLEX = "too_complex"
    NOT_AN_ARTICLE = "not_an_article"
    LISTING_PAGE = "listing_page"
    CONSENT_WALL = "consent_wall"
    PAYWALL = "paywall"
    ERROR_PAGE = "error_page"
    SOFT_404 = "soft_404"
    FEED = "feed"
    UNSUPPORTED_TYPE = "unsupported_type"
    UNDECODABLE = "undecodable"


class RejectedArticle(Event):
    """A page that holds no article, and why."""

    url: str
    origin: Origin | None = None
    source: str | None = None
    reason: RejectReason
    detail: str = Field("", description="What was seen, in words, with its figures.")
    fetched_at: Time | None = None
    clean_version: str | None = None


# --------------------------------------------------------------------------------------------- dedupe


class Relation(StrEnum):
    """What an article is to those before it."""

    ORIGINAL = "original"
    EXACT = "exact"
    NEAR = "near"
    SPUN = "spun"
    PARTIAL = "partial"
    REVISION = "revision"


class Passage(BaseModel):
    """A passage of the newcomer's body that stands in the remembered article, too: Unicode code points."""

    start: int
    end: int


class Verdict(BaseModel):
    """The relation of an article to the stream so far. `duplicate_of` is set for every relation but `original`."""

    relation: Relation
    duplicate_of: str | None = Field(None, description="Article id of the cluster's original.")
    similarity: float = Field(0.0, ge=0.0, le=1.0)
    evidence: list[str] = Field(default_factory=list, description="Which keys met.")
    passages: list[Passage] = Field(
        default_factory=list, description="Where the shared text stands, to within some words; the longest few."
    )
    revision: int = Field(0, description="How many changed texts of this page came before.")
    copies: int = Field(0, description="Articles that repeat the original so far, this one counted.")
    outlets: int = Field(0, description="Outlets that have the story so far; an estimate past a few.")
    published_at: Time | None = Field(None, description="Of this article, beside that of the original.")
    original_published_at: Time | None = Field(
        None, description="Of the original. The original is what arrived first, which need not be what appeared first."
    )
    version: str = ""


class UniqueArticle(CleanArticle):
    """An article that goes on: an original, or a revision of one."""

    verdict: Verdict


class DuplicateArticle(CleanArticle):
    """An article that repeats another, `verdict.duplicate_of`, and how."""

    verdict: Verdict


# ------------------------------------------------------------------------------------------- classify


class Evidence(BaseModel):
    """A passage that spoke for a decision. Offsets are Unicode code points into `field`."""

    text: str
    kind: str | None = Field(
        None, description="Of a region: dateline, name, demonym, city, division, institution or prior."
    )
    field: str | None = Field(None, description="`title` or `body`; none where the evidence is no passage.")
    start: int | None = None
    end: int | None = None
    weight: float | None = None


class TopicsAbstained(StrEnum):
    """Why an article has no topic."""

    TOO_SHORT = "too_short"
    UNKNOWN_WORDS = "unknown_words"
    NOTHING_LIKELY = "nothing_likely"
    NOT_NEWS = "not_news"


class TopicScore(BaseModel):
    """A Media Topic of the article. `score`: probability that `top` is the main topic (first) or a topic (others)."""

    code: str = Field(description="Eight digits, the deepest Media Topic that the text bears.")
    top: str = Field(description="Its top-level code, one of 17.")
    label: str
    score: float
    evidence: list[Evidence] = Field(default_factory=list)


class CountryScore(BaseModel):
    """A country that the story is about. `EU` stands for the Union as such."""

    iso2: str
    name: str
    score: float
    evidence: list[Evidence] = Field(default_factory=list)


class AreaScore(BaseModel):
    """A UN M49 region or sub-region that focus countries roll up to, or a body of many countries."""

    m49: str = Field(description="Three digits of M49; for a body a code of ours, `org-nato` (docs/regions.md).")
    name: str
    score: float
    evidence: list[Evidence] = Field(default_factory=list, description="Of a body; an area follows from its countries.")


class PlaceScore(BaseModel):
    """A city or first-level division that carries the story."""

    name: str
    kind: str = Field(description="`city` or `division`.")
    iso2: str = Field(description="The focus country that it belongs to.")
    latitude: float = Field(description="Degrees north; of a division, where its people live.")
    longitude: float = Field(description="Degrees east.")
    geonames_id: int | None = None
    score: float
    evidence: list[Evidence] = Field(default_factory=list)


class Regions(BaseModel):
    """Focus countries, their places and areas, best first. No country: `abstained` says why."""

    countries: list[CountryScore] = Field(default_factory=list)
    places: list[PlaceScore] = Field(default_factory=list)
    areas: list[AreaScore] = Field(default_factory=list)
    abstained: str | None = None
    version: str = ""


class Enrichment(BaseModel):
    """What classify adds to an article."""

    revision: int = Field(0, description="0 for a first text, n for the n-th change of the same page.")
    revision_of: str | None = Field(None, description="Article id of the first text of this page.")
    topics: list[TopicScore] = Field(default_factory=list)
    topics_abstained: TopicsAbstained | None = Field(None, description="Why `topics` is empty.")
    topics_version: str = ""
    regions: Regions = Field(default_factory=Regions)


class EnrichedArticle(Enrichment, UniqueArticle):
    """An article with its topics and regions: what dashboards consume."""


# --------------------------------------------------------------------------------- trends, dead letters


class TrendCount(Event):
    """How many articles fell on one value of one dimension in one window of event time.

    Each worker counts the partitions it owns, so a total is the sum over `shard`; the newest record of a key wins.
    """

    window_start: Time
    window_seconds: int
    dimension: str = Field(description="topic, country, outlet or relation.")
    value: str
    shard: str = Field(description="Topic and partition that were counted.")
    count: int
    position: int = Field(description="Offset in the shard of the last article counted here.")


class DeadLetterReason(StrEnum):
    """Why a stage could not judge a record."""

    NULL_VALUE = "null_value"
    INVALID = "invalid"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CHILD_DIED = "child_died"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED_WORKER = "killed_worker"
    REFUSED = "refused"


class DeadLetter(Event):
    """A record that a stage could not judge, as it came, with the reason; what is too large as digest and head."""

    stage: str
    reason: DeadLetterReason
    error: str
    attempts: int
    time: Time
    topic: str = Field(description="Topic that the stage read the record from, with partition and offset.")
    partition: int
    offset: int
    origin: Origin | None = None
    key: Base64Bytes | None = None
    value: Base64Bytes | None = Field(None, description="The original bytes; their head where `truncated`.")
    headers: list[tuple[str, Base64Bytes | None]] = Field(default_factory=list)
    size: int = Field(description="Bytes of the original value.")
    sha256: str = Field("", description="Digest of the original value, hexadecimal.")
    truncated: bool = False


def base64_bytes(data: bytes | None) -> bytes | None:
    """Encode bytes for a `Base64Bytes` field, which decodes what it is given."""
    return None if data is None else base64.b64encode(data)


# ---------------------------------------------------------------------------------------------- topics


class Topic(NamedTuple):
    """A row of the topic table. `partitions` None takes the configured default."""

    name: str
    key: str
    model: type[Event]
    written_by: str
    partitions: int | None = None
    compacted: bool = False


#: Every topic of the house, without the prefix (`news.` by default).
TOPICS = {
    topic.name: topic
    for topic in (
        Topic("raw", "URL", RawArticle, "scrapers"),
        # One partition, so that every article meets every other: 1,000 a second are 86 million a day.
        Topic("clean", "article id", CleanArticle, "clean", partitions=1),
        Topic("unique", "article id", UniqueArticle, "dedupe"),
        Topic("duplicates", "article id of the original", DuplicateArticle, "dedupe"),
        Topic("rejected", "URL", RejectedArticle, "clean"),
        Topic("enriched", "article id", EnrichedArticle, "classify"),
        Topic("trends", "window, dimension, value and shard", TrendCount, "trends", compacted=True),
        Topic("deadletter", "as received", DeadLetter, "any stage"),
    )
}
