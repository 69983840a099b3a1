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
# A form holds a search or an offer, or (ASP.NET) the whole page.
_NAMED = "figcaption, aside, form, [class], [id], [itemtype$=Comment], [hidden], [style*=none]"
_TABLE = tomllib.loads(files("pipeline.clean").joinpath("data/names.toml").read_text(encoding="utf-8"))
#: Kinds by word.
_KINDS = {
    word: [kind for kind, words in _TABLE.items() if word in words.split()]
    for word in " ".join(_TABLE.values()).split()
}
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
    OTHER = "other"


_PARTS = frozenset(part.value for part in Part)


def drop_scripts(page: LexborHTMLParser) -> None:
    """Drop what is never text of an article: scripts, menus, players, footers."""
    drop(page.css(_CONTAINERS))
    drop(page.css(_LEAVES))


def find_parts(page: LexborHTMLParser) -> dict[Part, list[LexborNode]]:
    """The outermost parts of each kind, none inside another; those that hold too much of the page are none."""
    found: dict[Part, list[LexborNode]] = {part: [] for part in Part}
    whole = len(page.body.text()) if page.body is not None else 0
    taken: set[int] = set()
    named = [(node, part) for node in page.css(_NAMED) if (part := _part(node)) is not Part.OTHER]
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


def _part(node: LexborNode) -> Part:
    attributes, tag = node.attrs, node.tag
    if tag in ("html", "body"):
        return Part.OTHER
    for name in ("class", "id"):
        if (value := attributes.get(name)) and (named := name_of_part(value)) is not Part.OTHER:
            return named
    hidden = "hidden" in attributes or "display:none" in (attributes.get("style") or "").replace(" ", "")
    if hidden or tag in ("figcaption", "aside", "form"):
        return Part.FURNITURE
    if (attributes.get("itemtype") or "").endswith("Comment"):
        return Part.COMMENTS
    pictured = "pictures" in kinds_of(attributes.get("class") or "") and node.css_matches("img, picture, amp-img")
    return Part.FURNITURE if pictured and len(node.text()) <= _CAPTION_CHARACTERS else Part.OTHER


# Outlets repeat their names on every page; 20,000 of some 40 characters are 2 MB.
@lru_cache(maxsize=20_000)
def kinds_of(names: str) -> dict[str, int]:
    """Kinds of parts that class names, or an id, speak of, each with the place of its first word."""
    words = _CAPITAL.sub("-", names).lower().translate(_PARTING).split()
    two = [*map(add, words, words[1:])]
    three = map(add, two, words[2:])  # table of contents
    hits = sorted((at, word) for run in (words, two, three) for at, word in enumerate(run) if word in _KINDS)
    return {kind: at for at, word in reversed(hits) for kind in _KINDS[word]}


@lru_cache(maxsize=20_000)
def name_of_part(names: str) -> Part:
    """The kind of part that class names, or an id, speak of first."""
    found = {kind: at for kind, at in kinds_of(names).items() if kind in _PARTS}
    return Part(min(found, key=lambda kind: found[kind])) if found else Part.OTHER


def names_lead(names: str) -> bool:
    """Whether class names speak of a lead."""
    return "lead" in kinds_of(names)
