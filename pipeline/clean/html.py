"""An HTML page to its article: one pass of a fast parser reads the metadata and prunes, then trafilatura extracts.

Pruning loses no quality and gains 1.4 times in speed (notes/clean.md, Pruning); limits keep poison out, since
extraction time grows with the number of elements, not with bytes.
"""

import re
from collections import Counter
from dataclasses import dataclass

import trafilatura
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata import Metadata, read_declared, read_visible
from pipeline.events import RejectReason

# 2,133 real pages had at most 10,100 elements and 2.2 MB (notes/clean.md, Poison); both limits are several times that.
MAX_ELEMENTS = 40_000
MAX_CHARACTERS = 8_000_000
# Real pages nest below 100 levels; at 1,000 lxml returned only the headline.
MAX_DEPTH = 300
# Parsing is quadratic in depth (3 s for 40,000 <div>), so depth is guessed before it, with room for tags left open.
_GUESSED_DEPTH = 4 * MAX_DEPTH
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
# Elements that hold none, that another one of their kind closes, or that SVG closes in place.
_NOT_NESTING = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option"
    "|optgroup|colgroup|caption|html|head|body|a|button|nobr|rt|rp|path|circle|rect|line|polygon|polyline|ellipse|stop"
    "|use|image|animate|g|defs|svg|script|style"
)
# Parts that hold no body text, whatever the page.
_PRUNED = (
    "script, style, svg, template, iframe, link, nav, footer, form, button, select, input, noscript, video, audio"
    ", dialog"
)
# Class names and ids of what stands around an article. Hyphens and underscores part words; hashed names say nothing.
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(comments?|commentaires?|kommentare?|comentarios|repl(?:y|ies)|forum|discussion|threads?|respon[ds]e?s?|disqus"
    r"|newsletter|signup|sign-up|subscribe|mailing|promo|related|relation|recommend(?:ed|ations)?|rank(?:ing)?"
    r"|more-?(?:news|stories|on)|most-?(?:read|popular|viewed)|popular|trending|teasers?|share|sharing|social|follow-us"
    r"|cookies?|consent|gdpr|breadcrumbs?|skip(?:-?link)?|captions?|figcaption|cutline|legend|(?:img|photo)[-_](?:desc|credit)"
    r"|advert(?:isement)?s?|ads?|sponsor(?:ed)?|side(?:bar)?|widget|menu|navbar|nav|gnb|foot(?:er)?|masthead|tagline"
    r"|copy(?:right)?|imprint|tags?|inline-?(?:box|related)|read-?(?:more|also|next)|outbrain|taboola)(?:$|[\s_-])",
    re.IGNORECASE,
)
_COMMENTS = ("comment", "kommentar", "disqus", "repl", "forum", "discussion", "thread", "respon")
# A part that holds more than this share of the page's text is no furniture, whatever its name says; comment threads
# may be longer than the article above them.
_FURNITURE_SHARE, _COMMENTS_SHARE = 0.3, 0.7
# Furniture was the article itself where less than this share of the page's paragraphs is left (notes/clean.md, Guard).
_LEFT_SHARE, _LEFT_CHARACTERS = 0.6, 250
# What counts as a paragraph when the share of link text is measured.
_PARAGRAPH_CHARACTERS = 80


class PageRefused(Exception):
    """The page is beyond a limit. `reason` and the message say which."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Page:
    """What a page gave: its metadata, the extracted lines, and what tells an article from a list of links."""

    metadata: Metadata
    lines: list[str]
    #: Text of the whole page with teasers and the like, in characters.
    text_characters: int
    #: Characters of that text inside links.
    link_characters: int
    #: Paragraphs of the page that are long enough to be news.
    long_paragraphs: int
    #: Texts of the links: a list of headlines is made of them.
    links: frozenset[str]
    asks_password: bool


def read_page(html: str, outlet: str = "", title: str = "") -> Page:
    """Parse, prune and extract. Raises PageRefused beyond the limits; an unreadable page has no lines.

    `outlet` and `title` are what the feed says; they help to tell a byline from a masthead.
    """
    if len(html) > MAX_CHARACTERS:
        raise PageRefused(RejectReason.TOO_LARGE, f"{len(html)} characters, at most {MAX_CHARACTERS} are read")
    elements = html.count("<")
    if elements > MAX_ELEMENTS * 2:  # half of the tags close one
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{elements} tags, at most {MAX_ELEMENTS * 2} are read")
    if (depth := _guess_depth(html)) > _GUESSED_DEPTH:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"elements nest {depth} deep, at most {MAX_DEPTH} are read")
    page = LexborHTMLParser(html)
    depth = _depth(page.root)
    if depth > MAX_DEPTH:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"elements nest {depth} deep, at most {MAX_DEPTH} are read")
    metadata = read_declared(page)
    asks_password = page.css_first("input[type=password]") is not None
    for node in page.css(_PRUNED):
        node.decompose()
    _drop_furniture(page, comments=True)
    body = page.body
    links = [" ".join(node.text().split()) for node in page.css("a")]
    paragraphs = [len(text) for node in page.css("p") if len(text := node.text().strip()) > _PARAGRAPH_CHARACTERS]
    whole, characters = page.html or "", len(" ".join(body.text(separator=" ").split())) if body is not None else 0
    _drop_furniture(page, comments=False)
    read_visible(page, metadata, outlet, title)
    extracted = _extract(page.html or "", tables=page.css_first("table table") is None)
    if len(extracted) < max(_LEFT_CHARACTERS, _LEFT_SHARE * sum(paragraphs)):
        again = _extract(whole, tables=True)
        extracted = again if len(extracted) < _LEFT_SHARE * len(again) else extracted
    return Page(
        metadata=metadata,
        lines=[text for line in extracted.split("\n") if (text := line.strip())],
        text_characters=characters,
        link_characters=sum(map(len, links)),
        long_paragraphs=len(paragraphs),
        links=frozenset(links),
        asks_password=asks_password,
    )


def _extract(html: str, *, tables: bool) -> str:
    """The article's text; the text of tables only where they are no layout, as tables within tables are."""
    return trafilatura.extract(html, include_comments=False, include_tables=tables, with_metadata=False) or ""


def _guess_depth(html: str) -> int:
    """How deep elements may nest, from open and close tags."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for close, tag in _TAG.findall(html):
        name = tag.lower()
        if _NOT_NESTING.fullmatch(name) or (close and not opened[name]):
            continue
        step = -1 if close else 1
        opened[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


def _drop_furniture(page: LexborHTMLParser, *, comments: bool) -> None:
    """Drop what the page's own names call comments; or captions, newsletter offers, related stories and the like."""
    body = page.body
    if body is None:
        return
    whole = len(body.text()) or 1
    for node in page.css("figcaption, aside, [class], [id], [itemtype$=Comment]"):
        if node.tag in ("html", "body"):
            continue
        found = _FURNITURE.search(" ".join(node.attributes.get(name) or "" for name in ("class", "id")))
        is_comment = (node.attributes.get("itemtype") or "").endswith("Comment")
        if node.tag not in ("figcaption", "aside") and not found and not is_comment:
            continue
        is_comment = is_comment or (found is not None and found.group(1).lower().startswith(_COMMENTS))
        if is_comment is comments and len(node.text()) <= whole * (_COMMENTS_SHARE if comments else _FURNITURE_SHARE):
            node.decompose()


def _depth(root: LexborNode | None) -> int:
    """Deepest level of elements, without recursion; stops just past the limit."""
    deepest, level, node = 0, 1, root
    while node is not None and deepest <= MAX_DEPTH:
        deepest = max(deepest, level)
        if node.child is not None:
            node, level = node.child, level + 1
            continue
        while node is not None and node.next is None:
            node, level = node.parent, level - 1
        node = node.next if node is not None else None
    return deepest
