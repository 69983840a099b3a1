"""Bylines and dates as pages and wires print them: who wrote it, and when, each alone on a line or both on one."""

import re
from collections.abc import Iterable
from datetime import datetime

from pipeline.clean.dates import DATE_CHARACTERS, DATE_WORDS, POSTED, YEAR, parse_date

# "By Anna van der Berg and Juan de la Cruz" has nine words.
_BYLINE_WORDS, _BYLINE_CHARACTERS = 10, 90
# Names that readers marked have at most 40 characters; longer is a sentence.
_NAME_CHARACTERS = 60
# What stands between name and date on one line, and in front of a date.
_SEPARATOR = re.compile(
    rf"\s*[|·•/]\s*|\s+[–—-]\s+|\s{{2,}}|,?\s+(?=first (?:{POSTED})\b)|(?<!first),?\s+(?=(?:{POSTED})\b)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^(by|words|text|story by|written by|reporting by|reported by|von|par|por|di|da|door|av|od|autor|auteur|автор"
    r"|текст|від"
    r"|κείμενο|του|της|από τον|από την|بقلم|كتب|कलम से|מאת|文|記者|记者|작성|기자|yazan|haber)(\s*[:：]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*(?:[,;、，]|\s(?:and|und|et|y|e|i|en|ve|og|och|ja|és|și|a|и|та|й|και|और)\s|\s&\s|\sو\s?|\sו(?=\S))\s*",
    re.IGNORECASE,
)
_STAFF = re.compile(
    r"(?:(?:the|our|news|web|online|digital|editorial|internet) )*"
    r"(?:staff|editors?|admin|administrator|redaktion|redaction|rédaction|redacción|redação|redazione|redactie|redakcja|redakce|redaksjonen|redaktionen|редакция|редакція|editorial|newsroom|desk|team|webdesk)"
    r"(?: (?:staff|reporters?|writers?|desk|team|report|online))*",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"\.(?:com|org|net|de|at|ch|fr|es|it|nl|pl|ru|ua|co\.uk|uk|br|jp|in|info|news|online|tv)$")
_NO_LETTERS = re.compile(r"[\W_]+")
# "NTV" begins many names.
_OUTLET_CHARACTERS = 5
_PARTICLES = {
    "van", "von", "der", "den", "de", "da", "di", "la", "le", "del", "della", "bin", "bint", "ibn", "al", "el", "ten",
    "dos", "das", "do", "du", "y", "e", "zu", "ter", "and", "und", "et",
}  # fmt: skip
_NAME_WORD = re.compile(r"^(?:(?:al|el|ar|as|an|d|o|l|ben|bin|abu)[-'’])?[^\W\d_][\w.'’-]*$", re.IGNORECASE)
# Family and given name of a Japanese byline, a space between them: 久我山 悠介.
_JAPANESE_NAME = re.compile(r"^[\u3400-\u9fff々]{1,4}[ \u3000][\u3400-\u9fff々\u3040-\u309f]{1,4}$")
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",", "。", "！", "？", "।", '"', "”")


def author_names(value: object) -> list[str]:
    """Names out of what JSON-LD and meta elements hold: a string, an object with a name, or a list of these."""
    if isinstance(value, list):
        return [name for item in value for name in author_names(item)]
    if isinstance(value, dict):
        return author_names(value.get("name"))
    if not isinstance(value, str) or "://" in value:
        return []
    names = (part.strip() for part in _AND.split(_BY.sub("", value.strip())))
    return [name for name in names if 1 < len(name) <= _NAME_CHARACTERS]


def is_outlet(name: str, outlets: Iterable[str]) -> bool:
    """Whether a name is the outlet's own (its name, its domain, its desk), or says no more than that it has staff."""
    own = _plain(name)
    if _STAFF.fullmatch(name.strip()) or not own:
        return True
    return any(
        own == other or (len(other) >= _OUTLET_CHARACTERS and own.startswith(other)) for other in map(_plain, outlets)
    )


def _plain(name: str) -> str:
    return _NO_LETTERS.sub("", _DOMAIN.sub("", name.strip().lstrip("@").casefold().removeprefix("www."))).removeprefix(
        "der"
    )


def is_name(text: str) -> bool:
    """Whether a text is names and nothing else: two to five words a name, each with a capital but for particles."""
    parts = [part for part in _AND.split(text.strip()) if part]
    return bool(parts) and len(text) <= _BYLINE_CHARACTERS and all(_is_one_name(part) for part in parts)


def read_byline(line: str) -> tuple[list[str], datetime | None]:
    """Authors and date of a line that holds them and nothing else, in either order; ([], None) for any other line."""
    if len(line) > _BYLINE_CHARACTERS + DATE_CHARACTERS[1] or line.endswith(_SENTENCE_END[:7]):
        return [], None
    whole = _read_part(line)
    if whole != ([], None):
        return whole
    authors: list[str] = []
    date: datetime | None = None
    for part in _SEPARATOR.split(line):
        if not part.strip():
            continue
        names, day = _read_part(part)
        if not names and day is None:
            return [], None
        authors, date = authors or names, date or day
    return authors, date


def _read_part(part: str) -> tuple[list[str], datetime | None]:
    text = part.strip()
    if (match := _BY.match(text)) and len(text.split()) <= _BYLINE_WORDS and len(text) <= _BYLINE_CHARACTERS:
        rest = text[match.end() :]
        return (author_names(rest), None) if not any(c.isdigit() for c in rest) else ([], None)
    if YEAR.search(text) and len(text.split()) <= DATE_WORDS and (date := parse_date(text)):
        return [], date
    # A bare line in capitals is a place or a section: MEXICO CITY.
    return (author_names(text), None) if is_name(text) and not text.isupper() else ([], None)


def _is_one_name(text: str) -> bool:
    if _JAPANESE_NAME.match(text):
        return True
    words = text.split()
    if not 2 <= len(words) <= 5 or text.endswith(_SENTENCE_END):  # noqa: PLR2004 - see is_name
        return False
    if not all(_NAME_WORD.match(word) for word in words):
        return False
    # Scripts without capitals cannot be told from any other words: there a byline must say that it is one.
    return words[0][:1].isupper() and all(
        word[0].isupper() or word.lower() in _PARTICLES or "-" in word or "'" in word for word in words
    )
