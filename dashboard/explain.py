"""One article, explained: its texts with their marks, from the event alone."""

import json
from collections.abc import Iterator
from typing import Any

from dashboard.passages import SHARED, Mark, paragraphs, shared
from dashboard.store import Article
from pipeline.events import EnrichedArticle, Evidence


def explain(article: Article, original: Article | None) -> dict[str, Any]:
    """What the page of an article shows. `original` is given for a copy or a revision whose original is held."""
    event = article.event()
    evidence = list(_evidence(event)) if isinstance(event, EnrichedArticle) else []
    explained: dict[str, Any] = {
        "event": event,
        "enriched": isinstance(event, EnrichedArticle),
        "title": paragraphs(event.title, [mark for field, mark in evidence if field == "title"]),
        "body": paragraphs(event.body, [mark for field, mark in evidence if field == "body"]),
        "json": json.dumps(json.loads(article.json), indent=2, ensure_ascii=False),
        "original": original,
        "sides": [],
    }
    if original:
        other = original.event().body
        passages = [Mark(p.start, p.end, "shared", SHARED) for p in event.verdict.passages]
        own = passages or shared(event.body, [other])
        theirs = shared(other, [event.body[mark.start : mark.end] for mark in own])
        explained["sides"] = [(article, paragraphs(event.body, own)), (original, paragraphs(other, theirs))]
    return explained


def _evidence(event: EnrichedArticle) -> Iterator[tuple[str, Mark]]:
    """Passages that spoke for a topic or a country."""
    for topic in event.topics:
        yield from _marks(topic.evidence, "topic", topic.label)
    for country in event.regions.countries:
        yield from _marks(country.evidence, "country", country.name)


def _marks(evidence: list[Evidence], kind: str, label: str) -> Iterator[tuple[str, Mark]]:
    for passage in evidence:
        if passage.field and passage.start is not None and passage.end is not None:
            yield passage.field, Mark(passage.start, passage.end, kind, label)
