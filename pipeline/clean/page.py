"""A page as a tree, within limits: parsed once, judged by size and depth before any work that these bound.

Extraction time grows with the number of elements, not with bytes (notes/clean.md, Poison).
"""

import re
from collections import Counter
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.events import RejectReason

# 2,133 real pages had at most 10,100 elements and 2.2 MB (notes/clean.md, Poison); both limits are several times that.
MAX_ELEMENTS = 40_000
MAX_CHARACTERS = 8_000_000
# Real pages nest below 100 levels; at 1,000 lxml returned only the headline.
MAX_DEPTH = 300
# Parsing is quadratic in depth (3 s for 40,000 <div>), so depth is guessed before it, with room for tags left open;
# fewer tags than this are parsed in a fifth of a second however they nest.
_GUESSED_DEPTH, _GUESSED_TAGS = 4 * MAX_DEPTH, 10_000
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
    """Parse a page. Raises PageRefused beyond the limits."""
    if len(html) > MAX_CHARACTERS:
        raise PageRefused(RejectReason.TOO_LARGE, f"{len(html)} characters, at most {MAX_CHARACTERS} are read")
    tags = html.count("<")
    if tags > MAX_ELEMENTS * 2:  # half of the tags close one
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{tags} tags, at most {MAX_ELEMENTS * 2} are read")
    if tags > _GUESSED_TAGS and (depth := _guess_depth(html)) > _GUESSED_DEPTH:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"elements nest {depth} deep, at most {MAX_DEPTH} are read")
    page = LexborHTMLParser(html)
    if tags > MAX_DEPTH and (depth := _depth(page.root)) > MAX_DEPTH:
        raise PageRefused(RejectReason.TOO_COMPLEX, f"elements nest {depth} deep, at most {MAX_DEPTH} are read")
    return page


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


def _depth(root: LexborNode | None) -> int:
    """Deepest level of elements, without recursion; stops just past the limit."""
    deepest, level, node = 0, 1, root
    while node is not None and deepest <= MAX_DEPTH:
        deepest = max(deepest, level)
        if (child := node.first_child) is not None:
            node, level = child, level + 1
            continue
        while node is not None and node.next is None:
            node, level = node.parent, level - 1
        node = node.next if node is not None else None
    return deepest
