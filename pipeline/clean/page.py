"""A page as a tree, within limits: parsed once, judged by size and depth before any work that these bound.

Extraction time grows with the number of elements, not with bytes (notes/clean.md, Poison).
"""

import re
from collections import Counter
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.limits import DEFAULT_LIMITS, Limits, check_size, too_complex

# These hold no text that could be compared with what stands beside them.
_BESIDE = frozenset(("meta", "link", "script"))
# Parsing is quadratic in depth (3 s for 40,000 <div>), so depth is guessed before it, with room for tags left open: so
# many times the limit. Fewer tags than this are parsed in a fifth of a second however they nest.
_GUESSED_TIMES, _GUESSED_TAGS = 4, 10_000
# A parser opens what is left open of these again in every paragraph that follows, up to three of a kind (HTML Standard,
# "reconstruct the active formatting elements"): 5,000 of them and 5,000 <p> are 25 million elements. Real pages leave
# up to 33 kinds open, which could make 100,000 of 3,000: so many times the limit of elements are let through.
_REOPENED_TIMES = 20
# Fewer tags than this are parsed in no time whatever is done with them.
_FEW_TAGS = 50
_FORMATTING = re.compile(r"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)\b([^>]*)", re.IGNORECASE)
# A parser compares the attributes of a tag with each other: 200,000 of them took over 15 s. So many need a tag that is
# longer than this, in characters.
_ATTRIBUTES, _ATTRIBUTES_FROM = 10_000, 100_000
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


def parse(html: str, limits: Limits = DEFAULT_LIMITS) -> LexborHTMLParser:
    """Parse a page. Raises PageRefused beyond the limits, each looked at before the work that it bounds."""
    check_size(len(html), limits)
    # Scripts hold signs of less-than, so that only many of them are worth a count of tags.
    if (tags := html.count("<")) > limits.elements and (tags := len(_OPENING.findall(html))) > limits.elements:
        raise too_complex(tags, "tags", limits.elements)
    if tags > limits.links and (links := len(_LINK.findall(html))) > limits.links:
        raise too_complex(links, "links", limits.links)
    if tags > _GUESSED_TAGS and (depth := _guess_depth(html)) > _GUESSED_TIMES * limits.depth:
        raise too_complex(depth, "levels of nesting", limits.depth)
    harmless = _REOPENED_TIMES * limits.elements // (tags + 1)
    if tags > _FEW_TAGS and (unclosed := _unclosed(html, harmless)) > harmless:
        raise too_complex(tags * unclosed, "elements, of tags left open,", limits.elements)
    if len(html) > _ATTRIBUTES_FROM and (attributes := _attributes(html)) > _ATTRIBUTES:
        raise too_complex(attributes, "attributes of one tag", _ATTRIBUTES)
    page = LexborHTMLParser(html)
    if tags > _FEW_TAGS:
        _check_tree(page.root, limits)
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


def _attributes(html: str) -> int:
    """The most attributes that one of the long tags has, about."""
    long = (tag for match in _WHOLE_TAG.finditer(html) if len(tag := match.group()) > _ATTRIBUTES_FROM)
    return max((len(_QUOTED.sub("", tag).split()) for tag in long), default=0)


def _unclosed(html: str, harmless: int) -> int:
    """How many formatting tags of different kind (name and attributes) stand open at once; 0 if `harmless` at most."""
    tags = _FORMATTING.findall(html)
    if len(set(tags)) <= harmless:
        return 0
    stacks: dict[str, list[tuple[str, str]]] = {}
    held: Counter[tuple[str, str]] = Counter()
    standing = most = 0
    for close, tag, attributes in tags:
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


def _check_tree(root: LexborNode | None, limits: Limits) -> None:
    """Raises PageRefused for a tree too deep, too wide or too large. Without recursion; stops just past a limit."""
    elements, node = 0, root
    siblings = [0]
    while node is not None:
        if node.is_element_node:
            elements += 1
            siblings[-1] += node.tag not in _BESIDE
            if len(siblings) > limits.depth:
                raise too_complex(len(siblings), "levels of nesting", limits.depth)
            if siblings[-1] > limits.siblings:
                raise too_complex(siblings[-1], "elements side by side", limits.siblings)
            if elements > limits.elements:
                raise too_complex(elements, "elements", limits.elements)
        if (child := node.first_child) is not None:
            node = child
            siblings.append(0)
            continue
        while node is not None and node.next is None:
            node = node.parent
            del siblings[-1:]  # none is left above the root
        node = node.next if node is not None else None
