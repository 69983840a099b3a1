"""Dead letters as an operator chooses them, and as they go back to where they came from."""

import json
from dataclasses import dataclass
from datetime import datetime

from agents.record import ATTEMPTS_HEADER, ORIGIN_HEADER, REPLAY_HEADER, Headers, format_origin
from pipeline.events import DeadLetter, DeadLetterReason, Origin


@dataclass(frozen=True)
class Wanted:
    """Which dead letters: all that is given must hold. Times are those of the dead letter; `url` is a part of it."""

    stage: str | None = None
    reason: DeadLetterReason | None = None
    since: datetime | None = None
    until: datetime | None = None
    url: str | None = None

    def matches(self, letter: DeadLetter) -> bool:
        return (
            self.stage in (None, letter.stage)
            and self.reason in (None, letter.reason)
            and (self.since is None or letter.time >= self.since)
            and (self.until is None or letter.time < self.until)
            and (self.url is None or self.url in url_of(letter))
        )


def url_of(letter: DeadLetter) -> str:
    """URL that a dead letter is about: the event's, else the key's text (raw records are keyed by it)."""
    try:
        event = json.loads(letter.value or b"")
        return str(event["url"])
    except (ValueError, KeyError, TypeError):
        return (letter.key or b"").decode("utf-8", "replace")


def place_of(letter: DeadLetter) -> str:
    """What tells one death from another: a record that is put back has a new place."""
    return f"{letter.stage} {letter.topic}/{letter.partition}/{letter.offset}"


def why_not(letter: DeadLetter) -> str | None:
    """Why a dead letter cannot be put back; None where it can."""
    if letter.truncated:
        return "only its digest and head travelled: it was too large"
    if letter.key is None and letter.value is None:
        return "it has neither key nor value, and no producer sends such a record"
    return None


def headers_of(letter: DeadLetter, group: str, run: str) -> tuple[Headers, int]:
    """Headers of the record that goes back, and its attempts so far.

    As they were, with the first origin where there is none yet, the count of attempts, and for which group of
    consumers it is: others that read the same topic have had it.
    """
    earlier = next((value for name, value in letter.headers if name == ATTEMPTS_HEADER), None)
    attempts = letter.attempts + (int(earlier) if earlier and earlier.isdigit() and len(earlier) <= 9 else 0)  # noqa: PLR2004
    kept = [(name, value) for name, value in letter.headers if name not in (ATTEMPTS_HEADER, REPLAY_HEADER)]
    if ORIGIN_HEADER not in dict(kept):
        origin = letter.origin or Origin(letter.topic, letter.partition, letter.offset)
        kept.append((ORIGIN_HEADER, format_origin(origin)))
    return [*kept, (ATTEMPTS_HEADER, b"%d" % attempts), (REPLAY_HEADER, f"{group}/{run}".encode())], attempts  # type: ignore[list-item]  # a header may be null on the wire
