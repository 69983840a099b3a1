"""A record as a stage takes it, an output as a stage gives it, and the headers that carry what is not the news."""

import re
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from agents.facts import NOTHING, Facts
from pipeline.events import DeadLetterReason, Origin

#: `topic/partition/offset` of the raw record; it wins over the place where the record was read.
ORIGIN_HEADER: Final = "dateline-origin"
#: How often a record was tried before it was put back; `dateline replay` writes both of these.
ATTEMPTS_HEADER: Final = "dateline-attempts"
#: `group/run`: the consumer group that a record was put back for; trends counts none that is not for it.
REPLAY_HEADER: Final = "dateline-replay"
#: Milliseconds that a stage took, as `dateline-ms-<stage>`: times travel here, so that events stay the same.
TIME_HEADER: Final = "dateline-ms-"
#: When the raw record was written, in milliseconds since 1970: the end-to-end time begins there.
RAW_TIME_HEADER: Final = "dateline-raw-ms"
#: W3C trace context and our own headers travel on; all others end at the first stage.
TRACE_HEADERS: Final = ("traceparent", "tracestate")

# What Kafka allows: names of 249 characters, partitions of 31 bits, offsets of 63.
_ORIGIN = re.compile(rb"([A-Za-z0-9._-]{1,249})/([0-9]{1,9})/([0-9]{1,18})")

_MILLISECONDS = re.compile(rb"[0-9]{1,14}")

Headers = list[tuple[str, bytes]]


class BadRecord(Exception):
    """The record itself is wrong: trying again would change nothing."""

    reason = DeadLetterReason.INVALID


class WorkFailed(Exception):
    """The work on a record failed in a way that has a reason code; it may be tried again."""

    def __init__(self, reason: DeadLetterReason, error: str) -> None:
        super().__init__(error)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Record:
    """A record read from a topic. `topic` is the full name; `value` None is a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)
    timestamp: float = 0.0

    @property
    def origin(self) -> Origin:
        """Origin of the raw record: from the header where there is a good one, else this record's own place."""
        for name, value in self.headers:
            if name == ORIGIN_HEADER and (origin := parse_origin(value)):
                return origin
        return Origin(self.topic, self.partition, self.offset)

    def is_for(self, group: str) -> bool:
        """Whether the record has not been with this group before: one that was put back for another has."""
        mark = next((value for name, value in self.headers if name == REPLAY_HEADER), None)
        return not mark or mark.startswith(f"{group}/".encode())

    @property
    def raw_time(self) -> float:
        """When the raw record was written, in seconds since 1970: from the header where there is a good one."""
        for name, value in self.headers:
            if name == RAW_TIME_HEADER and value is not None and _MILLISECONDS.fullmatch(value):
                return int(value) / 1000
        return self.timestamp

    def travelling_headers(self) -> Headers:
        """What goes on to the outputs: trace context, times so far, time of the raw record, origin."""
        kept = [
            (name, value)
            for name, value in self.headers
            if value is not None and (name in TRACE_HEADERS or name.startswith(TIME_HEADER))
        ]
        raw_time = (RAW_TIME_HEADER, b"%d" % round(self.raw_time * 1000))
        return [*kept, raw_time, (ORIGIN_HEADER, format_origin(self.origin))]


@dataclass(frozen=True, slots=True)
class Output:
    """A record to publish. `topic` is a name of the table, without the prefix."""

    topic: str
    key: bytes | None
    value: bytes
    partition: int | None = None
    facts: Facts = NOTHING


def parse_origin(value: bytes | None) -> Origin | None:
    """Read the origin header; None where it is not one: it may come from anybody."""
    found = _ORIGIN.fullmatch(value or b"")
    return Origin(found[1].decode(), int(found[2]), int(found[3])) if found else None


def format_origin(origin: Origin) -> bytes:
    """Write the origin header."""
    return f"{origin.topic}/{origin.partition}/{origin.offset}".encode()


def explain(error: ValidationError) -> str:
    """One line that names each wrong field and why; the input itself is left out, it may be megabytes."""
    problems = (f"{'.'.join(map(str, e['loc'])) or 'record'}: {e['msg']}" for e in error.errors(include_input=False))
    return "; ".join(problems)[:1000]
