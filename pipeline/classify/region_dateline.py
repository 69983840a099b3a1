"""Where a story's dateline ends, in the wire formats of many languages; cleaning's own rule is one of them."""

import re

from pipeline.classify.places import Mention
from pipeline.dateline import dateline_of

#: Longest dateline: two cities, a date, an agency.
DATELINE_READ = 80
_END = re.compile(r"\s?[—–]\s|\s--?\s|\)\s?[:.]?\s|[】）]|\d日[电電]")
_SIGN = re.compile(r"\d|\([^)]*[A-Z][^)]*\)?$|[=＝]")
#: What may stand before the place: brackets, and the agencies that Chinese puts first.
_BEFORE = re.compile(r"[【（(\[]?(?:新华社|新華社|中新社|中央社)?")


def dateline_end(text: str, body_start: int, mentions: list[Mention]) -> int:
    """Where the dateline ends, or `body_start`: the body begins with a place, alone, in capitals, dated or signed."""
    first = next((m for m in mentions if m.start >= body_start), None)
    if first is None:
        return body_start
    before = text[body_start : first.start].strip()
    if not _BEFORE.fullmatch(before):
        return body_start
    end = _END.search(text, first.end, body_start + DATELINE_READ)
    if end is None:
        place = dateline_of(text[body_start : body_start + DATELINE_READ])
        return body_start + len(place) if place else body_start
    rest = text[first.end : end.start() + text[end.start() : end.end()].count(")")]
    if not rest.strip() or before or text[first.start : first.end].isupper() or _SIGN.search(rest):
        return end.end()
    return body_start
