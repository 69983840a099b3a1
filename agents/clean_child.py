"""What a cleaning child does with one record: bytes to bytes."""

from pydantic import ValidationError

from agents.record import BadRecord, parse_origin
from pipeline.clean import clean
from pipeline.events import CleanArticle, RawArticle


def clean_record(origin: bytes, value: bytes) -> list[bytes]:
    """Decode a RawArticle, clean it, and give topic, key and event. Raises BadRecord where it is no RawArticle."""
    try:
        raw = RawArticle.model_validate_json(value)
    except ValidationError as error:
        raise BadRecord(explain(error)) from None
    outcome = clean(raw, parse_origin(origin))
    event = outcome.model_dump_json(exclude_none=True).encode()
    if isinstance(outcome, CleanArticle):
        return [b"clean", outcome.id.encode(), event]
    return [b"rejected", raw.url.encode("utf-8", "replace"), event]


def explain(error: ValidationError) -> str:
    """One line that names each wrong field and why; the input itself is left out, it may be megabytes."""
    problems = (f"{'.'.join(map(str, e['loc'])) or 'record'}: {e['msg']}" for e in error.errors(include_input=False))
    return "; ".join(problems)[:1000]
