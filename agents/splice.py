"""Adding fields to an event without touching its text: JSON objects are joined as bytes."""

from pydantic import BaseModel


def splice(event: bytes, fields: BaseModel | str) -> bytes:
    """Put the fields of an object in front of those of an event; both are JSON objects without a name in common."""
    front = fields if isinstance(fields, str) else fields.model_dump_json(exclude_none=True)
    body = event.strip()
    empty = body[1:].lstrip().startswith(b"}") or front.strip() == "{}"
    return front.encode()[:-1] + (b"" if empty else b",") + body[1:]
