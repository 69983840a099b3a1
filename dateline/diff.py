"""What a new version would change: the outcomes of two runs over the same raw records, compared by origin.

    dateline up --suffix v2       reads news.raw from the beginning in groups of its own, into news.….v2
    dateline diff --suffix v2     compares

A run is held as one small tuple an origin, about 1 kB for both: a million raw records take 1 GB.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.changelog import BytesRecord, Reader
from agents.settings import Settings
from dateline.audit import OUTCOME_STAGES, origin_of
from pipeline.events import Origin


class Outcome(NamedTuple):
    """What became of a raw record, as far as it is compared. Values are text as the events have it."""

    outcome: str
    url: str
    reason: str = ""
    relation: str = ""
    original: str = ""
    main_topic: str = ""
    first_country: str = ""
    title: str = ""
    #: Digest and characters: bodies are too many to hold.
    body: str = ""
    language: str = ""


#: Compared where the outcome is the same; in the order in which they are told.
FIELDS = ("reason", "relation", "original", "main_topic", "first_country", "title", "body", "language")

Run = dict[Origin, Outcome]


class Example(NamedTuple):
    """One changed article."""

    origin: str
    url: str
    before: str
    after: str


@dataclass
class Difference:
    """Counts by kind of change; an article may have changed in several ways."""

    compared: int = 0
    same: int = 0
    #: Without an outcome in the other run; it may not be there yet.
    only_before: int = 0
    only_after: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)


async def outcomes(settings: Settings) -> Run:
    """The last outcome of every origin. Raises KafkaError where the broker does not answer."""
    run: Run = {}
    async with Reader(settings) as reader:
        # Dead letters first: any other outcome of the same origin supersedes them.
        for topic in ("deadletter", "rejected", "duplicates", "enriched"):
            async for record in reader.topic(settings.topic(topic)):
                event = _event(record)
                if topic == "deadletter" and event.get("stage") not in OUTCOME_STAGES:
                    continue
                if origin := origin_of(record):
                    run[origin] = read(topic, event)
    return run


def read(topic: str, event: dict[str, Any]) -> Outcome:
    """Take from an event what is compared; what an event of others lacks is empty."""
    verdict, topics = _object(event.get("verdict")), event.get("topics")
    countries = _object(event.get("regions")).get("countries")
    body = str(event.get("body") or "")
    return Outcome(
        outcome={"deadletter": "dead letter", "duplicates": "duplicate"}.get(topic, topic),
        url=str(event.get("url") or ""),
        reason=str(event.get("reason") or ""),
        relation=str(verdict.get("relation") or ""),
        original=str(verdict.get("duplicate_of") or ""),
        main_topic=str(_first(topics).get("top") or ""),
        first_country=str(_first(countries).get("iso2") or ""),
        title=str(event.get("title") or ""),
        body=f"{len(body):,} characters, {hashlib.blake2b(body.encode('utf-8', 'replace'), digest_size=6).hexdigest()}",
        language=str(event.get("language") or ""),
    )


def compare(before: Run, after: Run, examples: int) -> Difference:
    """Compare two runs; of each kind of change the first `examples` in order of origins are kept."""
    found = Difference(only_before=len(before.keys() - after.keys()), only_after=len(after.keys() - before.keys()))
    for origin in sorted(before.keys() & after.keys()):
        was, now = before[origin], after[origin]
        found.compared += 1
        kinds = changes(was, now)
        found.same += not kinds
        for kind, old, new in kinds:
            found.changes[kind] += 1
            shown = found.examples.setdefault(kind, [])
            if len(shown) < examples:
                shown.append(Example("/".join(map(str, origin)), was.url or now.url, old, new))
    return found


def changes(was: Outcome, now: Outcome) -> list[tuple[str, str, str]]:
    """Kind, value before and value after of each change; a changed outcome is told alone."""
    if was.outcome != now.outcome:
        return [(f"{was.outcome} → {now.outcome}", was.reason or was.relation, now.reason or now.relation)]
    pairs = ((name.replace("_", " "), getattr(was, name), getattr(now, name)) for name in FIELDS)
    return [(name, old, new) for name, old, new in pairs if old != new]


def _event(record: BytesRecord) -> dict[str, Any]:
    try:
        return _object(json.loads(record.value or b""))
    except ValueError:
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    return _object(value[0]) if isinstance(value, list) and value else {}
