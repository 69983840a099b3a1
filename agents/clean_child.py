"""What a cleaning child does with one record: bytes to bytes."""

from functools import cache

from pydantic import ValidationError
from trafilatura.meta import reset_caches

from agents.facts import Facts
from agents.record import BadRecord, explain, parse_origin
from pipeline.clean import clean
from pipeline.events import CleanArticle, RawArticle
from pipeline.limits import Limits

#: Of a record; after a larger one the libraries' caches of strings are emptied. They hold thousands, whole texts, too:
#: 40 pages of 2 MB cost 70 MB that stayed (measured), pages under this size few.
LARGE_BYTES = 250_000


def clean_record(origin: bytes, value: bytes, limits: bytes = b"{}") -> list[bytes]:
    """Decode a RawArticle, clean it, and give topic, key, event and facts. Raises BadRecord where it is none.

    `limits` are the fields of `Limits` as JSON; what is left out has its default.
    """
    try:
        return _cleaned(origin, value, limits)
    finally:
        if len(value) > LARGE_BYTES:
            reset_caches()


def _cleaned(origin: bytes, value: bytes, limits: bytes) -> list[bytes]:
    try:
        raw = RawArticle.model_validate_json(value)
    except ValidationError as error:
        raise BadRecord(explain(error)) from None
    outcome = clean(raw, parse_origin(origin), _limits(limits))
    fetched = raw.fetched_at.timestamp()
    event = outcome.model_dump_json(exclude_none=True).encode()
    if isinstance(outcome, CleanArticle):
        return [b"clean", outcome.id.encode(), event, Facts(fetched_at=fetched).to_bytes()]
    return [
        b"rejected",
        raw.url.encode("utf-8", "replace"),
        event,
        Facts(outcome.reason, fetched_at=fetched).to_bytes(),
    ]


@cache
def _limits(fields: bytes) -> Limits:
    return Limits.model_validate_json(fields)


def warm_up() -> None:
    """Load what is loaded at first use: extraction, language model, date formats."""
    page = f"<html><body><article><p>{'A line of plain text about nothing. ' * 20}</p></article></body></html>"
    clean(RawArticle.model_validate({"url": "warm-up", "html": page, "fetched_at": "2026-01-01T00:00:00Z"}))
