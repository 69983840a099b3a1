"""route: `news.enriched` → `news.topic.<slug>`, `news.region.<slug>`, … by the rules of a file."""

from pydantic import ValidationError

from agents.record import BadRecord, Output, Record, explain
from agents.settings import Settings
from agents.stage import Stage
from agents.topics import RoutedTopics
from pipeline.events import EnrichedArticle
from pipeline.route import Rules


def stage(settings: Settings) -> Stage:
    """The stage. Raises where the rules file cannot be read: a worker without rules must not start."""
    rules = Rules.load(settings.routes)
    topics = RoutedTopics(settings)

    async def work(record: Record) -> list[Output]:
        value = record.value or b""
        try:
            article = EnrichedArticle.model_validate_json(value)
        except ValidationError as error:
            raise BadRecord(explain(error)) from None
        destinations = rules.destinations(article)
        await topics.ensure(destinations)
        return [Output(name, article.id.encode(), value) for name in destinations]

    return Stage("route", ("enriched",), work)
