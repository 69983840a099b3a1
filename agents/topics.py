"""Creating topics, and waiting for them: the broker's side of the topic table."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from agents.settings import Settings
from pipeline.events import TOPICS

log = logging.getLogger(__name__)

#: Topics that are nobody's business but a stage's: its changelog.
INDEX_TOPIC = "dedupe-index"
#: What `dateline replay` did with which dead letter; the order of its one partition is the lock between runs.
REPLAYS_TOPIC = "replays"
# A fingerprint takes about 750 bytes of the log; the topic keeps what the memory can hold, and some.
_INDEX_RECORD_BYTES = 1024


@dataclass(frozen=True)
class TopicSpec:
    """A topic to create: full name, partitions, configuration."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


def specs(settings: Settings) -> list[TopicSpec]:
    """Every topic that the stages need at start."""
    table = [
        TopicSpec(
            settings.topic(topic.name),
            topic.partitions or settings.partitions,
            {"max.message.bytes": str(settings.max_bytes(topic.name))} | (_state(settings) if topic.compacted else {}),
        )
        for topic in TOPICS.values()
    ]
    index_bytes = settings.dedupe_memory * _INDEX_RECORD_BYTES
    index_config = {"retention.ms": "-1", "retention.bytes": str(index_bytes)}
    partitions = TOPICS["clean"].partitions or settings.partitions
    return [
        *table,
        TopicSpec(settings.topic(INDEX_TOPIC), partitions, index_config),
        TopicSpec(settings.topic(REPLAYS_TOPIC), 1, {"cleanup.policy": "compact"}),
    ]


def routed(settings: Settings, name: str) -> TopicSpec:
    """A topic that a routing rule names."""
    return TopicSpec(
        settings.topic(name), settings.partitions, {"max.message.bytes": str(settings.max_bytes("enriched"))}
    )


def _state(settings: Settings) -> dict[str, str]:
    """Configuration of news.trends: the newest count of a key stays, for twice as long as its window can grow."""
    kept = 2 * settings.trends_keep * settings.trends_window
    return {"cleanup.policy": "compact,delete", "retention.ms": str(kept * 1000)}


async def create(settings: Settings, wanted: Iterable[TopicSpec]) -> list[str]:
    """Create the topics that are not there; gives their names. Raises KafkaError where the broker refuses."""
    client = AIOKafkaAdminClient(**settings.client())
    await client.start()
    try:
        there = set(await client.list_topics())
        missing = [spec for spec in wanted if spec.name not in there]
        if missing:
            response = await client.create_topics(
                [NewTopic(s.name, s.partitions, settings.replication, topic_configs=s.config) for s in missing]
            )
            for name, code, *detail in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"{name}: {detail[0] if detail else error.description}")
        return [spec.name for spec in missing]
    finally:
        await client.close()


async def missing(settings: Settings) -> list[str]:
    """What is wrong with the topics that the stages need: one line each, empty where all is well."""
    client = AIOKafkaAdminClient(**settings.client())
    await client.start()
    try:
        found = {t["topic"]: len(t["partitions"]) for t in await client.describe_topics() if not t["error_code"]}
    finally:
        await client.close()
    problems = []
    for spec in specs(settings):
        if spec.name not in found:
            problems.append(f"{spec.name} is not there: `dateline topics` creates it")
        elif found[spec.name] < spec.partitions:
            problems.append(
                f"{spec.name} has {found[spec.name]} partitions and needs {spec.partitions}: add them "
                f"(kafka-topics.sh --alter --partitions {spec.partitions}), or set DATELINE_PARTITIONS"
            )
    return problems


class RoutedTopics:
    """Creates the topics that rules name when the first article goes there, and remembers them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: set[str] = set()
        self._creating = asyncio.Lock()

    async def ensure(self, names: Iterable[str]) -> None:
        """Create what is missing of these. Raises KafkaError: the guard tries the record again."""
        if self._known.issuperset(names):
            return
        async with self._creating:
            new = set(names) - self._known
            created = await create(self._settings, [routed(self._settings, name) for name in sorted(new)])
            if created:
                log.info("created %s", ", ".join(created))
            self._known |= new
