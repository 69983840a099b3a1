"""JSON Lines of RawArticle, or JSON set over many lines. A bad line is named and does not stop the rest."""

import json
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Any

from pydantic import ValidationError

from agents.record import explain
from dateline.sources.common import File, Found, Skip, SkipReason, sized
from pipeline.events import RawArticle


def read(file: File, after: int) -> Iterator[Found]:
    """Give the records, a line byte for byte as it is."""
    for number, text in values(file):
        if number <= after:
            continue
        if isinstance(text, Skip):
            yield number, text
            continue
        try:
            article = RawArticle.model_validate_json(text)
        except ValidationError as error:
            yield number, Skip(SkipReason.INVALID, explain(error))
        else:
            yield number, sized(file, article.url, text)


def values(file: File) -> Iterator[tuple[int, bytes | Skip]]:
    """Each JSON value of a file: the lines, by number, or the items of a document that is set over many, by place."""
    first = file.stream.readline(file.record)
    file.stream.seek(0)
    document = None if isinstance(parsed(first), dict) else parsed(file.stream.read(file.document))
    file.stream.seek(0)
    if isinstance(document, dict | list):
        items = document if isinstance(document, list) else [document]
        yield from enumerate((json.dumps(item, ensure_ascii=False).encode("utf-8", "replace") for item in items), 1)
    else:
        yield from _lines(file.stream, file.record)


def parsed(text: bytes) -> Any:
    """A JSON value, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lines(stream: BufferedIOBase, limit: int) -> Iterator[tuple[int, bytes | Skip]]:
    """Lines that are not empty, without their ends; of one that is too long no more than the limit is in memory."""
    number = 0
    while part := stream.readline(limit + 1):
        number += 1
        if len(part) > limit and not part.endswith(b"\n"):
            while (part := stream.readline(limit)) and not part.endswith(b"\n"):
                pass
            yield number, Skip(SkipReason.TOO_LARGE, f"a line of more than {limit} bytes, DATELINE_RAW_MAX_BYTES")
        elif line := part.strip():
            yield number, line
