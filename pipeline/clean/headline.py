"""What a reader sees of headline and byline: which part of `<title>` is the headline, and which lines stand near it."""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.bylines import author_names, is_name, read_byline
from pipeline.clean.titles import without_site, words

# Lines in which byline and date are looked for; standfirst, section and share buttons may stand between.
_BELOW_HEADLINE, _ABOVE_HEADLINE = 8, 3
# A name that does not say that it is a byline is one only right below the headline; above stand outlet and section.
_BARE_BELOW = 3
# Two words are a section's name as often as a headline.
_HEADLINE_WORDS = 3
_CUT = re.compile(r"^\s*[|｜–—»·•-]|[|｜–—»·•-]\s*$")
_SHARED = 0.5
SEPARATOR = re.compile(r"\s+[|–—»·-]\s+|:\s+")
_SEPARATED_OUTLET = re.compile(r"\s+[|–—»·-]\s+[^|–—»·-]{2,40}$")


def headline(page: LexborHTMLParser, declared: str) -> str | None:
    """The heading that the page's title holds, the longest where it holds several: a masthead is a heading, too."""
    headings = [" ".join(node.text(separator=" ").split()) for node in page.css("h1, h2, h3")]
    held = [heading for heading in headings if heading and heading.casefold() in declared.casefold()]
    if held:
        return max(held, key=len)
    return headings[0] if len(headings) == 1 and not declared else None


def headline_of(declared: str, headings: Sequence[str], outlets: Sequence[str], *, sure: bool) -> str:
    """The headline in a declared title: the heading that it begins or ends with, or the title without the outlet.

    Where the declaration is not `sure` (a title for sharing), the only heading that shares its words is the headline.
    """
    title = without_site(declared, outlets)
    own = words(title)
    for heading in headings:
        other = words(heading)
        if len(other) >= _HEADLINE_WORDS and own != other and heading in title:
            return heading if _CUT.search(title.replace(heading, " ", 1)) else title
    if not sure and len(headings) == 1 and own:
        other = words(headings[0])
        if len(other) >= _HEADLINE_WORDS and len(set(own) & set(other)) >= _SHARED * min(
            len(set(own)), len(set(other))
        ):
            return headings[0]
    return title


def without_outlet(declared: str, lines: list[str], outlet: str) -> str:
    """The headline in `Outlet - Headline` or `Headline | Outlet`: the part that stands on the page, or is no outlet."""
    shown = {line.casefold() for line in lines}
    cuts = [(match.start(), match.end()) for match in SEPARATOR.finditer(declared)]
    parts = [declared[end:] for _, end in cuts] + [declared[:start] for start, _ in reversed(cuts)]
    held = [part for part in parts if part.casefold() in shown and part.casefold() != outlet.casefold()]
    if held:
        return max(held, key=len)
    front = next((declared[end:] for start, end in cuts if outlet and declared[:start] == outlet), declared)
    return _SEPARATED_OUTLET.sub("", front) if front == declared else front


def marked_authors(page: LexborHTMLParser, outlets: set[str]) -> list[str]:
    """Names in the first element that the page marks as author or byline, and in its siblings that are marked, too."""
    names: list[str] = []
    parent: int | None = None
    for node in page.css(
        '[rel="author"], [itemprop="author"], [class*="byline"], [class*="author"], [class*="writer"]'
    ):
        text = " ".join(node.text(separator=" ").split())
        found = read_byline(text)[0] or (author_names(text) if is_name(text) else [])
        found = [name for name in found if name.casefold() not in outlets]
        above = node.parent.mem_id if node.parent is not None else 0
        if found and parent in (None, above):
            names, parent = names + found, above
    return names


def around_headline(lines: list[str], titles: set[str]) -> list[tuple[str, bool]]:
    """Lines right below and above the headline, each with whether a bare name in it may be a byline."""
    at = next((number for number, line in enumerate(lines) if line.casefold() in titles - {""}), None)
    if at is None:
        return []
    below = [(line, number < _BARE_BELOW) for number, line in enumerate(lines[at + 1 : at + 1 + _BELOW_HEADLINE])]
    return below + [(line, False) for line in lines[max(0, at - _ABOVE_HEADLINE) : at]]
