"""How a record becomes a dead letter that can always be written."""

import hashlib
from datetime import datetime, timezone

from agents.facts import Facts
from agents.record import Headers, Output, Record
from pipeline.events import DeadLetter, DeadLetterReason, base64_bytes

# What a batch adds to a record on the wire, with our own headers: well under this (Kafka's record format, v2).
_OVERHEAD_BYTES = 4096
ERROR_CHARACTERS = 2000
# Headers beyond this are left out: ten thousand of them are an attack, not a trace.
HEADER_BYTES = 16 * 1024
#: What is left of a key and a value that do not fit.
HEAD_BYTES = 16 * 1024
KEY_HEAD_BYTES = 1024


def dead_letter(
    record: Record, stage: str, reason: DeadLetterReason, error: str, attempts: int, max_bytes: int
) -> Output:
    """Wrap a record as it came, with stage, reason code and error.

    `max_bytes` is what the dead letter topic takes, key and value together. A record that would not fit, in base64,
    travels as the heads of key and value, its size and its SHA-256; its origin says where the whole of it lies.
    """
    value = record.value or b""
    headers = _first_headers(record.headers)
    event = DeadLetter(
        stage=stage,
        reason=reason,
        # An error may quote a lone surrogate, which JSON in UTF-8 cannot hold.
        error=error[:ERROR_CHARACTERS].encode("utf-8", "replace").decode(),
        attempts=attempts,
        time=datetime.now(timezone.utc),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        origin=record.origin,
        key=base64_bytes(record.key),
        value=base64_bytes(record.value),
        headers=[(name, base64_bytes(data)) for name, data in headers],
        truncated=len(headers) < len(record.headers),
        size=len(value),
        sha256=hashlib.sha256(value).hexdigest(),
    )
    whole = event.model_dump_json().encode()
    if len(whole) + len(record.key or b"") + _OVERHEAD_BYTES <= max_bytes:
        return Output("deadletter", record.key, whole, facts=Facts(reason))
    head = event.model_copy(
        update={
            "key": record.key and record.key[:KEY_HEAD_BYTES],
            "value": value[:HEAD_BYTES],
            "truncated": True,
        }
    )
    return Output("deadletter", None, head.model_dump_json().encode(), facts=Facts(reason))


def _first_headers(headers: Headers) -> Headers:
    """Headers from the first on, as many as the limit takes."""
    kept: Headers = []
    size = 0
    for name, data in headers:
        size += len(name) + len(data or b"")
        if size > HEADER_BYTES:
            break
        kept.append((name, data))
    return kept
