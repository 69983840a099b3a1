"""What an article names, and where in it: the reading that the ranker judges and that the evidence quotes."""

from typing import NamedTuple

from pipeline.classify.guards import resolve
from pipeline.classify.places import Mention, gazetteer
from pipeline.classify.region_dateline import dateline_end
from pipeline.classify.region_money import money
from pipeline.classify.region_prior import Prior, language_prior
from pipeline.classify.region_ranker import LEAD, Layout

#: Code points of the title and body that are read: a story's countries are named early, and the tail holds links.
TITLE_READ, BODY_READ = 500, 6000


class Reading(NamedTuple):
    """The text that was read, what it names as code points of it, and the prior that counts."""

    text: str
    mentions: list[Mention]
    bodies: list[Mention]
    layout: Layout
    prior: Prior | None

    @property
    def home(self) -> str | None:
        return self.prior.iso2 if self.prior else None


def read(title: str, body: str, language: str, prior: Prior | None) -> Reading:
    """Title, blank line and body as one text, with what it names. Without a prior the language may be one."""
    title, body = title[:TITLE_READ], body[:BODY_READ]
    text = f"{title}\n\n{body}" if title else body
    body_start = len(text) - len(body)
    found = sorted([*gazetteer().scan(text, language), *money(text)])
    bodies = [mention for mention in found if mention.kind == "b"]
    named = [mention for mention in found if mention.kind != "b"]
    mentions = resolve(named, text, len(title), language, prior.iso2 if prior else None)
    layout = Layout(body_start, dateline_end(text, body_start, mentions), len(text))
    if prior is None and not any(mention.start < layout.dateline_end + LEAD for mention in mentions):
        prior = language_prior(language)
    return Reading(text, mentions, bodies, layout, prior)
