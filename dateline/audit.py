"""The audit: every raw record ends in exactly one outcome, proven from the topics alone.

It reads the topics up to their ends, one record at a time, and groups by origin: about 100 bytes a raw record, so
that a million take 100 MB.
"""

import json
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from agents.changelog import BytesRecord, Reader
from agents.record import ORIGIN_HEADER, Record, parse_origin
from agents.settings import Settings
from dateline.notes import notes
from pipeline.events import Origin

#: Stages whose dead letter is the outcome of a raw record; an article that later ones fail on has its outcome.
OUTCOME_STAGES: Final = ("clean", "dedupe", "classify")
#: How many origins of each kind are named; the counts are of all.
NAMED: Final = 20

_RAW, _ENRICHED, _DUPLICATE, _REJECTED, _DEAD, _REPEATED, _LATE_DEATH = (1 << n for n in range(7))
_OUTCOMES: Final = {"enriched": _ENRICHED, "duplicates": _DUPLICATE, "rejected": _REJECTED}
_SETTLED: Final = _ENRICHED | _DUPLICATE | _REJECTED


@dataclass
class Audit:
    """Counts of origins, and the origins that have no outcome or two different ones."""

    raw: int = 0
    enriched: int = 0
    duplicates: int = 0
    rejected: int = 0
    dead_letters: int = 0
    missing: int = 0
    conflicting: int = 0
    #: Origins with the same outcome more than once: legal at-least-once.
    repeated: int = 0
    #: Origins with a dead letter that a later outcome superseded.
    recovered: int = 0
    #: Dead letters of route and trends.
    dead_letters_downstream: int = 0
    #: Dead letters that `dateline replay` put back, or gave up for good.
    replayed: int = 0
    dropped: int = 0
    missing_origins: list[str] = field(default_factory=list)
    conflicting_origins: list[str] = field(default_factory=list)
    #: Rejections and dead letters by stage and reason, as records.
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether every raw record has exactly one outcome."""
        return not self.missing and not self.conflicting


class _Ledger:
    """Bits of each raw record by origin; for those that died, when they last did and when they last had an outcome."""

    def __init__(self) -> None:
        # By offset, not an array: an origin header may come from anybody and name any offset.
        self._bits: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
        self._died: dict[Origin, int] = {}
        self._settled: dict[Origin, int] = {}

    def raw(self, origin: Origin) -> None:
        self._mark(origin, _RAW)

    def dead(self, origin: Origin, timestamp: int) -> None:
        """Note a dead letter, by its time in milliseconds. All of them come before the first outcome."""
        self._mark(origin, _DEAD)
        self._died[origin] = max(timestamp, self._died.get(origin, 0))

    def outcome(self, origin: Origin, bit: int, timestamp: int) -> None:
        if self._mark(origin, bit) & bit:
            self._mark(origin, _REPEATED)
        if origin in self._died:
            self._settled[origin] = max(timestamp, self._settled.get(origin, 0))

    def _mark(self, origin: Origin, bit: int) -> int:
        """Set a bit and give what was set before."""
        column = self._bits[origin.topic, origin.partition]
        before = column.get(origin.offset, 0)
        column[origin.offset] = before | bit
        return before

    def result(self) -> Audit:
        for origin, settled in self._settled.items():
            if settled < self._died[origin]:
                self._mark(origin, _LATE_DEATH)
        audit = Audit()
        for (topic, partition), column in sorted(self._bits.items()):
            for offset, bits in sorted(column.items()):
                _count(audit, f"{topic}/{partition}/{offset}", bits)
        return audit


def _count(audit: Audit, origin: str, bits: int) -> None:
    settled = bits & _SETTLED
    audit.raw += bool(bits & _RAW)
    audit.enriched += bool(bits & _ENRICHED)
    audit.duplicates += bool(bits & _DUPLICATE)
    audit.rejected += bool(bits & _REJECTED)
    audit.repeated += bool(bits & _REPEATED)
    if bits & _DEAD and not settled:
        audit.dead_letters += 1
    if bits & _DEAD and settled and not bits & _LATE_DEATH:
        audit.recovered += 1
    if bits & _RAW and not settled and not bits & _DEAD:
        audit.missing += 1
        if len(audit.missing_origins) < NAMED:
            audit.missing_origins.append(origin)
    # More than one bit of the outcomes, or a dead letter after an outcome.
    if settled & (settled - 1) or bits & _LATE_DEATH:
        audit.conflicting += 1
        if len(audit.conflicting_origins) < NAMED:
            names = [name for name, bit in _OUTCOMES.items() if bits & bit]
            names += ["dead letter"] if bits & _LATE_DEATH else []
            audit.conflicting_origins.append(f"{origin}: {' and '.join(names)}")


async def audit(settings: Settings) -> Audit:
    """Read the topics and group by origin. Raises KafkaError where the broker does not answer."""
    ledger = _Ledger()
    reasons: Counter[str] = Counter()
    downstream = 0
    async with Reader(settings) as reader:
        # Dead letters first: whether an outcome supersedes one shows in their times.
        async for record in reader.topic(settings.topic("deadletter")):
            event = _event(record)
            reasons[f"dead letter: {event.get('stage')}, {event.get('reason')}"] += 1
            if event.get("stage") not in OUTCOME_STAGES:
                downstream += 1
            elif origin := origin_of(record):
                ledger.dead(origin, record.timestamp)
        async for record in reader.topic(settings.topic("raw")):
            ledger.raw(Record(record.topic, record.partition, record.offset, None, None, list(record.headers)).origin)
        for topic, bit in _OUTCOMES.items():
            async for record in reader.topic(settings.topic(topic)):
                if topic == "rejected":
                    reasons[f"rejected: {_event(record).get('reason')}"] += 1
                if origin := origin_of(record):
                    ledger.outcome(origin, bit, record.timestamp)
        settled = Counter([note.action async for note in notes(reader, settings)])
    result = ledger.result()
    result.replayed, result.dropped = settled["reinsert"], settled["drop"]
    result.reasons = dict(sorted(reasons.items()))
    result.dead_letters_downstream = downstream
    return result


def _event(record: BytesRecord) -> dict[str, Any]:
    with suppress(ValueError):
        event = json.loads(record.value or b"{}")
        if isinstance(event, dict):
            return event
    return {}


def origin_of(record: BytesRecord) -> Origin | None:
    """Origin of an outcome: its header, else the field of the event (of a producer that is not ours)."""
    header = next((value for name, value in record.headers if name == ORIGIN_HEADER), None)
    if origin := parse_origin(header):
        return origin
    with suppress(TypeError, ValueError, KeyError):
        topic, partition, offset = _event(record)["origin"]
        return Origin(str(topic), int(partition), int(offset))
    return None
