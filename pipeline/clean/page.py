"""A page as a tree, within limits: parsed once, judged by size and depth before any work that these bound.

Extraction time grows with the number of elements, not with bytes (notes/clean.md, Poison).
"""

import re
from collections import Counter
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.events import RejectReason

# The largest of 2,133 real pages had 2.2 MB and 10,100 elements (notes/clean.md, Poison); no limit is below twice that.
MAX_CHARACTERS = 5_000_000
MAX_ELEMENTS = 21_000
# Real pages nest below 100 levels; at 1,000 lxml returned only the headline.
MAX_DEPTH = 300
# What stands side by side is compared: time grows with the square of links, lines or paragraphs in one place (137 s for
# 20,000 links). The 220 pages of the development sets have at most 242 elements under one.
MAX_SIBLINGS = 2_000
# These hold no text that could be compared.
_BESIDE = frozenset(("meta", "link", "script"))
# Each link is looked at with the line that it stands in; the development pages have at most 687.
MAX_LINKS = 4_000
# Lines of a text, which are compared, too; the longest body that readers marked has some 250.
MAX_LINES = 2_500
# Normalisation sorts the marks on a letter in quadratic time (2 s for 40,000); Unicode's stream-safe text has 30 of
# them at most (UAX #15, 13).
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5000,}"
)
# A JSON-LD block, or a body that is JSON: the largest of the development sets has 605,000 characters; 5 MB took 652 MB
# of memory (notes/clean.md, Poison).
MAX_JSON_CHARACTERS = 1_250_000
# Parsing is quadratic in depth (3 s for 40,000 <div>), so depth is guessed before it, with room for tags left open;
# fewer tags than this are parsed in a fifth of a second however they nest.
_GUESSED_DEPTH, _GUESSED_TAGS = 4 * MAX_DEPTH, 10_000
# A parser opens what is left open of these again in every paragraph that follows, up to three of a kind (HTML Standard,
# "reconstruct the active formatting elements"): 5,000 of them and 5,000 <p> are 25 million elements. Real pages leave
# up to 33 kinds open, which could make 100,000 of 3,000.
_REOPENED = 20 * MAX_ELEMENTS
# Fewer tags than this are parsed in no time whatever is done with them.
_FEW_TAGS = 50
_FORMATTING = re.compile(r"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)\b([^>]*)", re.IGNORECASE)
# A parser compares the attributes of a tag with each other: 200,000 of them took over 15 s. So many need a tag that is
# longer than this, in characters.
MAX_ATTRIBUTES, _ATTRIBUTES_FROM = 10_000, 100_000
_WHOLE_TAG = re.compile(r"""<[a-z](?:[^>"']++|"[^"]*+"|'[^']*+')*+""", re.IGNORECASE)
_QUOTED = re.compile(r"""("[^"]*+"|'[^']*+')""")
_LINK = re.compile(r"<a[\s>]", re.IGNORECASE)
_OPENING = re.compile(r"<[a-z]", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
# Elements that hold none, that another one of their kind closes, or that SVG closes in place.
_NOT_NESTING = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option"
    "|optgroup|colgroup|caption|html|head|body|a|button|nobr|rt|rp|path|circle|rect|line|polygon|polyline|ellipse|stop"
    "|use|image|animate|g|defs|svg|script|style"
)


class PageRefused(Exception):
    """The page is beyond a limit. `reason` and the message say which."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def parse(html: str) -> LexborHTMLParser:
    """Parse a page. Raises PageRefused beyond the limits, each looked at before the work that it bounds."""
    check_size(len(html))
    # Scripts hold signs of less-than, so that only many of them are worth a count of tags.
    if (tags := html.count("<")) > MAX_ELEMENTS and (tags := len(_OPENING.findall(html))) > MAX_ELEMENTS:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{tags} tags, at most {MAX_ELEMENTS} are read")
    if tags > MAX_LINKS and (links := len(_LINK.findall(html))) > MAX_LINKS:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{links} links, at most {MAX_LINKS} are read")
    if tags > _GUESSED_TAGS and (depth := _guess_depth(html)) > _GUESSED_DEPTH:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"elements nest {depth} deep, at most {MAX_DEPTH} are read")
    if tags > _FEW_TAGS and tags * (unclosed := _unclosed(html)) > _REOPENED:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{unclosed} kinds of tags are left open over {tags} tags")
    if len(html) > _ATTRIBUTES_FROM and (attributes := _attributes(html)) > MAX_ATTRIBUTES:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{attributes} attributes of one tag, at most {MAX_ATTRIBUTES}")
    page = LexborHTMLParser(html)
    if tags > _FEW_TAGS:
        _check_tree(page.root)
    return page


def check_size(size: int) -> None:
    """Raises PageRefused for a body beyond the limit, in characters, or in bytes before they are decoded."""
    if size > MAX_CHARACTERS:
        raise PageRefused(RejectReason.TOO_LARGE, f"{size} characters, at most {MAX_CHARACTERS} are read")


def check_text(text: str) -> None:
    """Raises PageRefused for a text of more lines than can be compared, or that cannot be normalised in time."""
    if (lines := sum(bool(line.strip()) for line in text.split("\n"))) > MAX_LINES:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{lines} lines, at most {MAX_LINES} are read")
    if run := _MARKS.search(text):
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{len(run.group())} marks on one letter")


def drop(nodes: Iterable[LexborNode]) -> None:
    """Take nodes out of their tree. They come in document order; one inside another goes with it, untouched."""
    outermost: list[LexborNode] = []
    taken: set[int] = set()
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in taken:
            parent = parent.parent
        if parent is None:
            taken.add(node.mem_id)
            outermost.append(node)
    for node in outermost:
        node.decompose()


def one_line(node: LexborNode) -> str:
    """The text of a node, white space made single spaces."""
    return " ".join(node.text().split())


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


def _attributes(html: str) -> int:
    """The most attributes that one of the long tags has, about."""
    long = (tag for match in _WHOLE_TAG.finditer(html) if len(tag := match.group()) > _ATTRIBUTES_FROM)
    return max((len(_QUOTED.sub("", tag).split()) for tag in long), default=0)


def _unclosed(html: str) -> int:
    """How many formatting tags of different kind (name and attributes) stand open at once, at most."""
    stacks: dict[str, list[tuple[str, str]]] = {}
    held: Counter[tuple[str, str]] = Counter()
    standing = most = 0
    for close, tag, attributes in _FORMATTING.findall(html):
        name = tag.lower()
        stack = stacks.setdefault(name, [])
        if not close:
            stack.append((name, attributes))
            held[name, attributes] += 1
            standing += held[name, attributes] == 1
            most = max(most, standing)
        elif stack:
            kind = stack.pop()
            held[kind] -= 1
            standing -= held[kind] == 0
    return most


def _check_tree(root: LexborNode | None) -> None:
    """Raises PageRefused for a tree too deep, too wide or too large. Without recursion; stops just past a limit."""
    elements, node = 0, root
    siblings = [0]
    while node is not None:
        if node.is_element_node:
            elements += 1
            siblings[-1] += node.tag not in _BESIDE
            if len(siblings) > MAX_DEPTH:
                detail = f"elements nest {len(siblings)} deep, at most {MAX_DEPTH} are read"
                raise PageRefused(RejectReason.TOO_COMPLEX, detail)
            if siblings[-1] > MAX_SIBLINGS:
                detail = f"over {MAX_SIBLINGS} elements side by side"
                raise PageRefused(RejectReason.TOO_COMPLEX, detail)
            if elements > MAX_ELEMENTS:
                raise PageRefused(RejectReason.TOO_COMPLEX, f"over {MAX_ELEMENTS} elements")
        if (child := node.first_child) is not None:
            node = child
            siblings.append(0)
            continue
        while node is not None and node.next is None:
            node = node.parent
            del siblings[-1:]  # none is left above the root
        node = node.next if node is not None else None
