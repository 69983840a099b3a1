"""The part of a page that its paragraphs stand in, without attributes: what extraction needs to see.

The smallest element with 85 % of the text in long paragraphs. On the development pages it exists on four of
five, takes a quarter off the time of extraction and adds .002 (scrapinghub) and .003 (wcxb) to the body's F1.
"""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

# What counts as a long paragraph, and how much of them makes a text, in characters.
_PARAGRAPH_CHARACTERS, _TEXT_CHARACTERS = 80, 600
_SHARE = 0.85
# Paragraphs of one article stand at most so many levels below their root.
_LEVELS = 12
# Attributes as the parser writes them. Furniture is out by its names already (`data/names.toml`); trafilatura, which
# looks for it by names, too, takes a quarter less time without them, and the body's F1 stays.
_ATTRIBUTES = re.compile(r'<([a-z][a-z0-9-]*)(?: [^\s"=<>]+="[^"]*")+')


def content_html(page: LexborHTMLParser) -> str:
    """HTML of the part that holds the text, as a page of its own; of the whole page where no part does."""
    root = _root(page)
    if root is None:
        return page.html or ""
    content = _ATTRIBUTES.sub(r"<\1", root.inner_html or "")
    return f"<html><body><article>{content}</article></body></html>"


def _root(page: LexborHTMLParser) -> LexborNode | None:
    characters: Counter[int] = Counter()
    nodes: dict[int, LexborNode] = {}
    total = 0
    for paragraph in page.css("p"):
        length = len(paragraph.text().strip())
        if length <= _PARAGRAPH_CHARACTERS:
            continue
        total += length
        node = paragraph.parent
        for _ in range(_LEVELS):
            if node is None or node.tag in ("body", "html"):
                break
            key = node.mem_id
            characters[key] += length
            nodes[key] = node
            node = node.parent
    if total < _TEXT_CHARACTERS:
        return None
    holding = [nodes[key] for key, held in characters.items() if held >= _SHARE * total]
    return min(holding, key=lambda node: len(node.text()), default=None)
