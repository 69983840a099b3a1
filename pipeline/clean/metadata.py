"""What is known of a page beside its text: title, authors, dates, section, each with the place where it came from."""

from dataclasses import dataclass, field
from datetime import datetime
from html import unescape

from pipeline.clean.bylines import is_outlet
from pipeline.clean.dates import parse_date


@dataclass
class Metadata:
    """Values with the place where each came from (`json-ld`, `meta`, `heading`, `time`, `html`), or None."""

    title: str = ""
    title_from: str | None = None
    authors: list[str] = field(default_factory=list)
    authors_from: str | None = None
    published_at: datetime | None = None
    published_at_from: str | None = None
    updated_at: datetime | None = None
    updated_at_from: str | None = None
    section: str | None = None
    language: str = ""
    site: str | None = None
    free: bool = True
    #: Every title that the page gives itself, the outlet's name in it or not.
    titles: list[str] = field(default_factory=list)
    #: What the page says it is about: often its lead.
    descriptions: list[str] = field(default_factory=list)
    #: Whether the page gives its outlet or staff as author: a bare name near the headline is no byline then.
    unsigned: bool = False
    #: Names of the outlet: no authors.
    outlets: list[str] = field(default_factory=list)

    def offer_title(self, title: object, source: str) -> None:
        """Take a title, unless there is one."""
        if not isinstance(title, str) or not (text := " ".join(unescape(title).split())):
            return
        self.titles.append(text)
        if not self.title:
            self.title, self.title_from = text, source

    def offer_description(self, description: object) -> None:
        """Keep what the page says it is about."""
        if isinstance(description, str) and description.strip():
            self.descriptions.append(unescape(description))

    def offer_authors(self, authors: list[str], source: str) -> None:
        """Take authors, unless there are some; an outlet is none."""
        people = [name for name in authors if not is_outlet(name, self.outlets)]
        self.unsigned = self.unsigned or (bool(authors) and not people)
        if people and not self.authors:
            self.authors, self.authors_from = list(dict.fromkeys(people)), source

    def offer_date(self, value: object, source: str) -> None:
        """Take a date of publication, unless there is one."""
        if self.published_at is None and (date := parse_date(value)):
            self.published_at, self.published_at_from = date, source

    def offer_update(self, value: object, source: str) -> None:
        """Take the time of the last change, unless there is one."""
        if self.updated_at is None and (date := parse_date(value)):
            self.updated_at, self.updated_at_from = date, source

    def offer_section(self, value: object) -> None:
        """Take a section, unless there is one."""
        name = value[0] if isinstance(value, list) and value else value
        if not self.section and isinstance(name, str) and name.strip():
            self.section = " ".join(unescape(name).split())
