"""What stands around an article, by the names that pages give their parts: menus, captions, offers, comment threads."""

import re
from enum import Enum
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.page import drop

# Parts that hold no body text, whatever the page: first those that may hold others of the list, then the rest.
_CONTAINERS = "nav, footer, button, select, noscript, template, svg, video, audio, dialog, object, canvas"
_LEAVES = "script, style, iframe, link, input, textarea"
# A form holds a search or an offer, or (ASP.NET) the whole page.
_NAMED = "figcaption, aside, form, [class], [id], [itemtype$=Comment]"
# Hyphens and underscores part words; hashed names say nothing.
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(comments?|commentaires?|kommentare?|comentarios|repl(?:y|ies)|forum|discussion|threads?"
    r"|respon[ds]e?s?|disqus)(?:$|[\s_-])",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(newsletter|signup|sign-up|subscribe|subscription|mailing|promo|related|relation|relacionad[ao]s?"
    r"|recommend(?:ed|ations?)?|rank(?:ing)?"
    r"|more-?(?:news|stories|on)|most-?(?:read|popular|viewed)|popular|trending|teasers?|share|sharing|social|follow-us"
    r"|cookies?|consent|gdpr|breadcrumbs?|skip(?:-?link)?|captions?|figcaption|cutline|legend"
    r"|(?:img|photo|image)[-_]?(?:desc|description|credits?)|bildunterschrift|bildtext|bildquelle"
    r"|advert(?:isement)?s?|ads?|sponsor(?:ed)?|side(?:bar)?|widget|menu|navbar|nav|gnb|foot(?:er)?|masthead|tagline"
    r"|copy(?:right)?|imprint|tags?|etiquetas|inline-?(?:box|related)|read-?(?:more|also|next)|also-?read"
    r"|lire-?aussi|outbrain|taboola|faktaboks|fact-?box|factbox|info-?box|infobox|infokasten|pull-?quote|pullquote"
    r"|sr-only|screen-?reader(?:-text)?|visually-?hidden|visuallyhidden|u-hidden|modal|paywall-?(?:box|offer|modal)?"
    r"|toc|table-?of-?contents)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CREDITS = re.compile(
    r"(?:^|[\s_-])(author-?(?:bio|box|info|card)|bio|about-?(?:the-?)?author|bylines?|entry-?(?:meta|footer)"
    r"|post-?(?:meta|footer)|article-?meta|timestamp|published|publish-?date|date-?line)(?:$|[\s_-])",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
# A part that holds more than this share of the page's text is no furniture, whatever its name says; comment threads
# may be longer than the article above them.
_FURNITURE_SHARE, _COMMENTS_SHARE = 0.3, 0.7


class Part(Enum):
    """What a name says of a part."""

    COMMENTS = "comments"
    FURNITURE = "furniture"
    #: Byline, date and what is said of the author: read before they are dropped.
    CREDITS = "credits"
    OTHER = "other"


_PARTS = {Part.COMMENTS: _COMMENTS, Part.FURNITURE: _FURNITURE, Part.CREDITS: _CREDITS}


def drop_scripts(page: LexborHTMLParser) -> None:
    """Drop what is never text of an article: scripts, menus, players, footers."""
    drop(page.css(_CONTAINERS))
    drop(page.css(_LEAVES))


def find_parts(page: LexborHTMLParser) -> dict[Part, list[LexborNode]]:
    """The outermost parts of each kind, none inside another; those that hold too much of the page are none."""
    found: dict[Part, list[LexborNode]] = {part: [] for part in _PARTS}
    whole = len(page.body.text()) if page.body is not None else 0
    taken: set[int] = set()
    for kinds, share in (((Part.COMMENTS,), _COMMENTS_SHARE), ((Part.FURNITURE, Part.CREDITS), _FURNITURE_SHARE)):
        most = share * whole
        for node in page.css(_NAMED):
            part = _part(node)
            if part in kinds and not _inside(node, taken) and (length := len(node.text())) <= most:
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
    attributes = node.attributes
    names, given = attributes.get("class"), attributes.get("id")
    named = name_of_part(f"{names or ''} {given or ''}") if names or given else Part.OTHER
    if named is Part.OTHER:
        tag = node.tag
        named = Part.FURNITURE if tag in ("figcaption", "aside", "form") else named
        named = Part.COMMENTS if (attributes.get("itemtype") or "").endswith("Comment") else named
    elif node.tag in ("html", "body"):
        return Part.OTHER
    return named


# Outlets repeat their names on every page; 20,000 of some 40 characters are 2 MB.
@lru_cache(maxsize=20_000)
def name_of_part(names: str) -> Part:
    """What class names and an id say; words may be parted by hyphens, underscores or capitals."""
    names = _WORDS.sub("-", names)
    found = [(match.start(), part) for part, pattern in _PARTS.items() if (match := pattern.search(names))]
    return min(found, key=lambda at: at[0])[1] if found else Part.OTHER
