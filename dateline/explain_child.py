"""What a child of `dateline explain` does with one record: cleans it, and compares what it was with what is left."""

from agents.clean_child import clean_record, warm_up
from dateline.cuts import cut_lines
from pipeline.events import CleanArticle, RawArticle
from pipeline.limits import PageRefused

__all__ = ["clean_and_compare", "warm_up"]


def clean_and_compare(value: bytes) -> list[bytes]:
    """Topic and event as the clean stage gives them, and the lines of the page that are not in the event's text."""
    topic, _, event, _ = clean_record(b"", value)
    if topic != b"clean":
        return [topic, event]
    try:
        cut = cut_lines(RawArticle.model_validate_json(value), CleanArticle.model_validate_json(event))
    except PageRefused:
        cut = []
    return [topic, event, *(line.encode("utf-8", "replace") for line in cut)]
