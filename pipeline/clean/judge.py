"""Is it an article? An honest no, with a reason code and what was seen, for the pages that are none.

What such pages say of themselves is data, in many languages: `data/no_article.toml`.
"""

import re

from pipeline.clean.html import Page
from pipeline.clean.signs import SAYS, Signs, read_signs
from pipeline.events import RejectReason

# Below this a text is a headline or a stub: 250 characters is where a full extraction was worth a second look
# (notes/clean.md, Guard). A character of Chinese, Japanese or Korean says about three times as much.
SHORTEST = 250
SHORTEST_CJK = 90
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PAYWALL = SAYS["paywall"]
# What a page with too little text says of itself, the most certain first.
_WALLS = (
    ("robot", RejectReason.ERROR_PAGE),
    ("gone", RejectReason.SOFT_404),
    ("consent", RejectReason.CONSENT_WALL),
    ("paywall", RejectReason.PAYWALL),
)
# The lines of a gate at the end of a text, and the words of the longest of its buttons and headings.
_GATE_LINES, _LABEL_WORDS = 6, 10
# Errors and walls hold less text than this: four times, and six times, the shortest article.
_ERROR_CHARACTERS, _CONSENT_CHARACTERS = 4 * SHORTEST, 6 * SHORTEST
# A page whose story is gone says so in its heading or right below.
_GONE_LINES = 2
# A page with the marks of a tag page is one where this much of its text is links.
_TAG_LINK_SHARE = 0.3
# A list of teasers: most of the text is links, and few paragraphs are long.
_LINK_SHARE = 0.55
_ARTICLE_PARAGRAPHS = 3
# A text without one long line, two fifths of whose lines are links or begin with one, is a list of headlines: there
# is a teaser, or a "more", to each of them at most.
_LINK_CHARACTERS, _HEADLINES, _HEADLINE_SHARE = 4, 5, 0.4


def too_short(text: str) -> bool:
    """Whether a text holds too little to be an article."""
    cjk = len(_CJK.findall(text))
    return len(text) < (SHORTEST_CJK if cjk > len(text) / 4 else SHORTEST)


def judge_page(page: Page, body: str, html: str, url: str) -> tuple[RejectReason, str] | None:
    """Why a page is no article, with what was seen; None where it is one. `html` is the page as it came."""
    title, size = page.metadata.title, f"{len(body)} characters of text"
    if too_short(body):
        return _judge_short(page, body, read_signs(html, url, page.metadata.titles))
    if len(body) < _ERROR_CHARACTERS and SAYS["error"].search(title):
        return RejectReason.ERROR_PAGE, f"the title is {title[:80]!r}, {size}"
    few = len(body) < _CONSENT_CHARACTERS and page.long_paragraphs <= _ARTICLE_PARAGRAPHS
    if few and (asked := SAYS["consent"].search("\n".join([title, *page.lines]))):
        return RejectReason.CONSENT_WALL, f"it says {asked.group()!r}, {size}"
    if not all(too_short(line) for line in body.split("\n")):
        return None
    few = len(body) < _ERROR_CHARACTERS and page.long_paragraphs < _ARTICLE_PARAGRAPHS
    if few and (gone := SAYS["gone"].search("\n".join([title, *page.lines[:_GONE_LINES]]))):
        return RejectReason.SOFT_404, f"it says {gone.group()!r}, {size}"
    if seen := _listing(page):
        return RejectReason.LISTING_PAGE, _of_tag(read_signs(html, url, page.metadata.titles)) + seen
    return None


def _judge_short(page: Page, body: str, signs: Signs) -> tuple[RejectReason, str]:
    """Why a page has too little text, from the most certain sign to the least."""
    title, size = page.metadata.title, f"{len(body)} characters of text"
    whole = "\n".join([title, *(page.lines or [signs.text])])
    if page.asks_password and not page.long_paragraphs:
        return RejectReason.NOT_AN_ARTICLE, f"a login form: it asks for a password, {size}"
    if not page.text_characters and not signs.players:
        return RejectReason.EMPTY, "the page has no text"
    if SAYS["error"].search(title):
        return RejectReason.ERROR_PAGE, f"the title is {title[:80]!r}, {size}"
    for kind, reason in _WALLS:
        if found := SAYS[kind].search(whole):
            return reason, f"it says {found.group()!r}, {size}"
    if not page.metadata.free:
        return RejectReason.PAYWALL, f"it says that it is not free, {size}"
    if seen := _listing(page):
        return RejectReason.LISTING_PAGE, _of_tag(signs) + seen
    if signs.tag and page.link_characters > _TAG_LINK_SHARE * page.text_characters:
        return RejectReason.LISTING_PAGE, f"{_of_tag(signs)}{len(page.links)} links"
    if shell := _shell(signs) or _login(whole):
        return RejectReason.NOT_AN_ARTICLE, f"{shell}, {size}"
    return (RejectReason.TOO_SHORT if body else RejectReason.NOT_AN_ARTICLE), size


def _shell(signs: Signs) -> str:
    """What makes a page with little text the shell of a film or of pictures; empty where it is none."""
    if signs.players:
        return f"a video or sound page: {signs.players} players"
    return f"a gallery: {signs.gallery}" if signs.gallery else ""


def _login(text: str) -> str:
    found = SAYS["login"].search(text)
    return f"a login wall: it says {found.group()!r}" if found else ""


def _of_tag(signs: Signs) -> str:
    return f"a tag page, {signs.tag}: " if signs.tag else ""


def _listing(page: Page) -> str:
    """What makes a page without a long line a list of others; empty where it is none."""
    if heads := _headlines(page):
        return f"{heads} of {len(page.lines)} lines begin with a headline that is a link"
    share = page.link_characters / page.text_characters if page.text_characters else 0.0
    if share > _LINK_SHARE and page.long_paragraphs < _ARTICLE_PARAGRAPHS:
        return f"{share:.0%} of the text is links, {page.long_paragraphs} long paragraphs"
    return ""


def _headlines(page: Page) -> int:
    """How many lines begin with a link's text, where these are two fifths of the lines; else 0."""
    links = tuple(link for link in page.links if len(link) >= _LINK_CHARACTERS)
    heads = sum(line.lstrip("-• ").startswith(links) for line in page.lines)
    return heads if heads >= max(_HEADLINES, _HEADLINE_SHARE * len(page.lines)) else 0


def is_truncated(page: Page) -> bool:
    """Whether the text ends at a paywall: the page says so, in its data or at its end."""
    return not page.metadata.free or any(map(_asks, page.lines[-_GATE_LINES:]))


def drop_paywall_lines(lines: list[str]) -> list[str]:
    """Leave out the lines that ask for a subscription, and at the end the short ones around them: offers and prices."""
    start = max(0, len(lines) - _GATE_LINES)
    gate = next((n for n, line in enumerate(lines) if n >= start and _asks(line)), None)
    if gate is not None:
        while gate > start and _is_label(lines[gate - 1]):
            gate -= 1
        lines = lines[:gate] + [line for line in lines[gate:] if not _is_label(line)]
    return [line for line in lines if not _asks(line)]


def _asks(line: str) -> bool:
    return len(line) <= SHORTEST and bool(_PAYWALL.search(line))


def _is_label(line: str) -> bool:
    return len(line.split()) <= _LABEL_WORDS and not line.endswith((".", "!", "?", "”", '"'))
