"""The lead: the paragraph between headline and text that extraction loses most often (notes/clean.md).

It is known by the name that the page gives its place, or because the page gives it as its description, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.furniture import names_lead
from pipeline.clean.metadata import Metadata
from pipeline.clean.page import one_line
from pipeline.clean.titles import is_title, words

# A lead has from one short sentence to a long paragraph; readers' leads had 40 to 700 characters.
_CHARACTERS = (40, 900)
# A description is often cut short: this much of it must agree.
_AGREES_CHARACTERS = 40
_PARAGRAPHS = frozenset(("p", "h2", "h3", "h4"))
# So much of a line is compared before its words are.
_START_CHARACTERS = 3
# Leads may come as up to three lines of key points.
_MOST = 3


class Lead(NamedTuple):
    """Candidates in page order, and the text of the page that they stand in."""

    candidates: list[str]
    text: str
    titles: Sequence[str]

    def missing_from(self, lines: Sequence[str]) -> list[str]:
        """The candidates that stand before the first of the lines and are in none of them."""
        if not self.candidates:
            return []
        have = " ".join(word for line in lines for word in words(line))
        first = self.text.find(lines[0][:_AGREES_CHARACTERS]) if lines else -1
        if first < 0:
            return []
        headline = max((self.text.find(title, 0, first) for title in self.titles), default=-1)
        return [
            text
            for text in self.candidates
            if headline < self.text.find(text, max(headline, 0)) < first
            and " ".join(words(text))[:_AGREES_CHARACTERS] not in have
        ][:_MOST]


def find_lead(page: LexborHTMLParser, text: str, metadata: Metadata) -> Lead:
    """Parts of a page that may be its lead; `text` is that of the page, white space made single spaces."""
    titles = [*metadata.titles, *(one_line(node) for node in page.css("h1"))]
    given = [" ".join(description.split()) for description in metadata.descriptions]
    known = [" ".join(words(description)) for description in given]
    candidates: list[str] = []
    for node in page.css("p, h2, h3, h4, [class], [itemprop=description]"):
        attributes, tag = node.attrs, node.tag
        named = names_lead(attributes.get("class") or "") or attributes.get("itemprop") == "description"
        if tag == "li" or (not named and (not known or tag not in _PARAGRAPHS)):
            continue
        line = one_line(node)
        if not _CHARACTERS[0] <= len(line) <= _CHARACTERS[1] or line in candidates:
            continue
        if (named or _agrees(line, known)) and not is_title(line, titles):
            candidates.append(line)
    whole = [line for line in given if len(line) >= _CHARACTERS[0] and line in text]
    candidates += [line for line in whole if not any(line in other for other in candidates)]
    return Lead(candidates, text, titles)


def _agrees(line: str, descriptions: Sequence[str]) -> bool:
    """Whether a line and one of the descriptions begin alike, as far as the shorter goes."""
    start = line[:_START_CHARACTERS].casefold()
    if not any(start in known for known in descriptions):
        return False
    text = " ".join(words(line))
    long_enough = [known for known in descriptions if min(len(text), len(known)) >= _AGREES_CHARACTERS]
    return any(text.startswith(known[:-3]) or known.startswith(text[:-3]) for known in long_enough)
