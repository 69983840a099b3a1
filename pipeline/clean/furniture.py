"""What stands around an article, by the names that pages give their parts: menus, captions, offers, comment threads."""

import re
import tomllib
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from operator import add

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.page import drop

# Parts that hold no body text, whatever the page: first those that may hold others of the list, then the rest.
_CONTAINERS = "nav, footer, button, select, noscript, template, svg, video, audio, dialog, object, canvas"
_LEAVES = "script, style, iframe, link, input, textarea"
# Parts that stand apart whatever their other names are. A form holds a search or an offer, or (ASP.NET) the whole page;
# what is hidden is shown on wider screens where a name has a colon (Tailwind's "hidden md:block").
_HIDDEN = "[hidden], [style*='display:none'], [style*='display: none'], .hidden:not([class*=':']), .hide"
_APART = f"figcaption, aside, form, [itemtype$=Comment], {_HIDDEN}"
_TABLE = tomllib.loads(files("pipeline.clean").joinpath("data/names.toml").read_text(encoding="utf-8"))
#: Kinds by word.
_KINDS = {
    word: [kind for kind, words in _TABLE.items() if word in words.split()]
    for word in " ".join(_TABLE.values()).split()
}
#: What such a word may begin with: itself, or the first of two words that are written apart.
_STARTS = frozenset(word[:length] for word in _KINDS for length in range(1, len(word) + 1))
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTING = str.maketrans("_-", "  ")
# A part that holds more than this share of the page's text is no furniture, whatever its name says; comment threads
# may be longer than the article above them.
_FURNITURE_SHARE, _COMMENTS_SHARE = 0.3, 0.7
# The longest captions of the development pages have some 400.
_CAPTION_CHARACTERS = 500


class Part(Enum):
    """What a name says of a part."""

    COMMENTS = "comments"
    FURNITURE = "furniture"
    #: Byline, date and what is said of the author: read before they are dropped.
    CREDITS = "credits"
    #: A picture, with its caption or with a text.
    PICTURE = "pictures"
    OTHER = "other"


# What a name speaks of first, a picture only if it speaks of nothing else.
_FIRST = frozenset(("comments", "furniture", "credits"))


def drop_scripts(page: LexborHTMLParser) -> None:
    """Drop what is never text of an article: scripts, menus, players, footers."""
    drop(page.css(_CONTAINERS))
    drop(page.css(_LEAVES))


def find_parts(page: LexborHTMLParser) -> dict[Part, list[LexborNode]]:
    """The outermost parts of each kind, none inside another; those that hold too much of the page are none."""
    found: dict[Part, list[LexborNode]] = {part: [] for part in Part}
    whole = len(page.body.text()) if page.body is not None else 0
    taken: set[int] = set()
    apart = {node.mem_id for node in page.css(_APART)}
    parts = ((node, _part(node, apart)) for node in page.css(f"[class], [id], {_APART}"))
    named = [(node, part) for node, part in parts if part is not Part.OTHER]
    # Comments first: what is left is the page that furniture is a share of.
    for node, part in sorted(named, key=lambda pair: pair[1] is not Part.COMMENTS):
        share = _COMMENTS_SHARE if part is Part.COMMENTS else _FURNITURE_SHARE
        if not _inside(node, taken) and (length := len(node.text())) <= share * whole:
            taken.add(node.mem_id)
            found[part].append(node)
            whole -= length if part is Part.COMMENTS else 0
    return found


def _inside(node: LexborNode, taken: set[int]) -> bool:
    above: LexborNode | None = node
    while above is not None and above.mem_id not in taken:
        above = above.parent
    return above is not None


def _part(node: LexborNode, apart: set[int]) -> Part:
    attributes = node.attrs
    names, name = attributes.get("class") or "", attributes.get("id") or ""
    part = name_of_part(names) if names else Part.OTHER
    if part is Part.PICTURE:
        caption = node.css_matches("img, picture, amp-img") and len(node.text()) <= _CAPTION_CHARACTERS
        part = Part.FURNITURE if caption else Part.OTHER
    if part is Part.OTHER and name and (named := name_of_part(name)) is not Part.PICTURE:
        part = named
    if part is Part.OTHER and node.mem_id in apart:
        part = Part.COMMENTS if "itemtype" in attributes else Part.FURNITURE
    return part if node.tag not in ("html", "body") else Part.OTHER


# Outlets repeat their names on every page; 20,000 of some 40 characters are 2 MB.
@lru_cache(maxsize=20_000)
def kinds_of(names: str) -> dict[str, int]:
    """Kinds of parts that class names, or an id, speak of, each with the place of its first word."""
    words = (names if names.islower() else _CAPITAL.sub("-", names).lower()).translate(_PARTING).split()
    if _STARTS.isdisjoint(words):  # most names
        return {}
    two = [*map(add, words, words[1:])]
    three = map(add, two, words[2:])  # table of contents
    hits = sorted((at, word) for run in (words, two, three) for at, word in enumerate(run) if word in _KINDS)
    return {kind: at for at, word in reversed(hits) for kind in _KINDS[word]}


@lru_cache(maxsize=20_000)
def name_of_part(names: str) -> Part:
    """The kind of part that class names, or an id, speak of first."""
    kinds = kinds_of(names)
    if first := _FIRST & kinds.keys():
        return Part(min(first, key=lambda kind: kinds[kind]))
    return Part.PICTURE if "pictures" in kinds else Part.OTHER


def names_lead(names: str) -> bool:
    """Whether class names speak of a lead."""
    return "lead" in kinds_of(names)
