"""What page or feed call an article: its section and the scraper's categories, as words that the model may know."""

from collections.abc import Iterator
from typing import Any

from pipeline.events import CleanArticle

#: Keys of `meta` that scrapers put categories under.
CATEGORY_KEYS = ("category", "categories", "section", "sections", "tags")
#: Code points that are read: a section has one to three words, a careless feed sends fifty tags.
GIVEN_LIMIT = 200


def given_words(article: CleanArticle) -> str:
    """Section and categories in one line, at most `GIVEN_LIMIT` code points; empty where nothing was given."""
    found = [article.section or ""]
    for key in CATEGORY_KEYS:
        found += _texts(article.meta.get(key))
    return ", ".join(dict.fromkeys(text.strip() for text in found if text.strip()))[:GIVEN_LIMIT]


def _texts(value: Any) -> Iterator[str]:
    """Strings of a value that may be anything: a string, or a list of strings."""
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str):
            yield text
