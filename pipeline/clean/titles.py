"""Titles: whether a heading or a line says what a title says, and the outlet's name cut from either end of one."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
# A heading that shares so much of its words with a title is that title: a kicker stands before it, or the outlet after.
_SAME_SHARE = 0.6
# "Weather" is in many titles, and a heading of its own.
_SAME_CHARACTERS = 12
_SEPARATED = re.compile(r"\s+[|–—»·•-]+\s+|\s*[|｜：]\s*|:\s+")


def words(text: str) -> list[str]:
    """Words of a text in a form to compare: NFKC, case folded, no punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def is_title(text: str, titles: Iterable[str]) -> bool:
    """Whether a text is one of the titles: the same letters, or one within the other and most of it."""
    own = "".join(words(text))
    if not own:
        return False
    for title in titles:
        other = "".join(words(title))
        short, long = sorted((own, other), key=len)
        if short == long or (len(short) >= max(_SAME_CHARACTERS, _SAME_SHARE * len(long)) and short in long):
            return True
    return False


def without_site(title: str, sites: Iterable[str]) -> str:
    """`Headline | Outlet` and `Outlet: Headline` without the outlet, where that is one of the names given."""
    known = {"".join(words(site)) for site in sites} - {""}
    cuts = [(match.start(), match.end()) for match in _SEPARATED.finditer(title)]
    for start, end in reversed(cuts):
        if "".join(words(title[end:])) in known and title[:start].strip():
            return without_site(title[:start].strip(), sites)
    for start, end in cuts:
        if "".join(words(title[:start])) in known and title[end:].strip():
            return title[end:].strip()
    return title
