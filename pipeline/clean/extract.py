"""Extraction by trafilatura: its fast path, and the full cascade where that one is doubtful.

Fast and guarded has the quality of the full cascade at twice its speed (notes/clean.md, Guard).
"""

from collections.abc import Callable

import trafilatura

# The full cascade runs where the fast text is under 250 characters, or under 0.6 or over 2.5 times the page's
# paragraphs (notes/clean.md, Guard): it fires on 5-9 % of pages.
SHORTEST, _LEAST, _MOST = 250, 0.6, 2.5


def extract(pruned: str, expected: int, whole: Callable[[], str], expected_of_whole: int, *, tables: bool) -> list[str]:
    """Lines of the article.

    `pruned` is the page without furniture, `whole` gives it with furniture, should furniture have been the article;
    with each the characters of its long paragraphs. Tables count as text only with `tables`.
    """
    text = _run(pruned, tables=tables, fast=True)
    if len(text) > max(SHORTEST, _MOST * expected):
        text = _run(pruned, tables=tables, fast=False) or text
    if len(text) < max(SHORTEST, _LEAST * expected_of_whole):
        again = _run(page := whole(), tables=True, fast=True)
        if len(again) < max(SHORTEST, _LEAST * expected_of_whole):
            again = _run(page, tables=True, fast=False)
        text = again if len(text) < _LEAST * len(again) else text
    return [line for part in text.split("\n") if (line := part.strip())]


def _run(html: str, *, tables: bool, fast: bool) -> str:
    return (
        trafilatura.extract(html, include_comments=False, include_tables=tables, with_metadata=False, fast=fast) or ""
    )
