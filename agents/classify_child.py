"""What a classifying child does with one record: bytes to bytes."""

from pydantic import ValidationError

from agents.facts import Facts
from agents.record import BadRecord, explain
from agents.splice import splice
from pipeline.classify import classify
from pipeline.events import Relation, UniqueArticle, Verdict


def warm_up() -> None:
    """Load the models."""
    verdict = Verdict(relation=Relation.ORIGINAL)
    classify(UniqueArticle(url="warm-up", body="A line of plain text about Lisbon.", verdict=verdict))


def classify_record(value: bytes) -> list[bytes]:
    """Decode a UniqueArticle and give key, EnrichedArticle and facts. Raises BadRecord where it is none."""
    try:
        article = UniqueArticle.model_validate_json(value)
    except ValidationError as error:
        raise BadRecord(explain(error)) from None
    found = classify(article)
    facts = Facts(
        topics=tuple(topic.top for topic in found.topics),
        countries=tuple(country.iso2 for country in found.regions.countries),
        fetched_at=article.fetched_at.timestamp() if article.fetched_at else None,
    )
    return [article.id.encode(), splice(value, found), facts.to_bytes()]
