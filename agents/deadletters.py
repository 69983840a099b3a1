"""How a record becomes a dead letter that can always be written."""

import hashlib
from datetime import datetime, timezone

from agents.record import Output, Record
from pipeline.events import DeadLetter, DeadLetterReason, base64_bytes

# Room for the fields around the bytes: topic names, reason, an error of ERROR_CHARACTERS, digests.
ENVELOPE_BYTES = 64 * 1024
ERROR_CHARACTERS = 2000
HEAD_BYTES = 16 * 1024
# Headers beyond this are left out (10,000 headers are an attack, not a trace).
HEADER_BYTES = 16 * 1024


def dead_letter(
    record: Record, stage: str, reason: DeadLetterReason, error: str, attempts: int, max_bytes: int
) -> Output:
    """Wrap a record as it came, with stage, reason code and error.

    `max_bytes` is what the dead letter topic takes; a record that would not fit, in base64, travels as its head,
    its size and its SHA-256, and its origin says where the whole of it lies.
    """
    value = record.value or b""
    key = record.key
    headers, headers_fit = _bounded_headers(record)
    room = max_bytes - ENVELOPE_BYTES - 2 * HEADER_BYTES
    fits = (len(value) + len(key or b"")) * 4 // 3 <= room
    event = DeadLetter(
        stage=stage,
        reason=reason,
        error=error[:ERROR_CHARACTERS],
        attempts=attempts,
        time=datetime.now(timezone.utc),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        origin=record.origin,
        key=base64_bytes(key if fits or key is None else key[:HEAD_BYTES]),
        value=base64_bytes(record.value if fits else value[:HEAD_BYTES]),
        headers=[(name, base64_bytes(data)) for name, data in headers],
        size=len(value),
        sha256=hashlib.sha256(value).hexdigest(),
        truncated=not (fits and headers_fit),
    )
    return Output("deadletter", key if fits else None, event.model_dump_json().encode())


def _bounded_headers(record: Record) -> tuple[list[tuple[str, bytes]], bool]:
    """Take headers from the first on, as many as fit."""
    kept: list[tuple[str, bytes]] = []
    size = 0
    for name, data in record.headers:
        size += len(name) + len(data or b"") + 16
        if size > HEADER_BYTES:
            return kept, False
        kept.append((name, data))
    return kept, True
