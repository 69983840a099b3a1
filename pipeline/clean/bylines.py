"""Bylines and dates as pages and wires print them: who wrote it, and when, each alone on a line or both on one."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache

from dateparser.date import DateDataParser
from dateutil import parser as dates

# "3/4/26" to "Wednesday, 4 March 2026 at 14:05 Central European Time"; longer is no date.
_DATE_CHARACTERS = (6, 70)
# "Wednesday, 4 March 2026, 14:05 CET" has six words; "By Anna van der Berg and Juan de la Cruz" has nine.
_DATE_WORDS, _BYLINE_WORDS, _BYLINE_CHARACTERS = 8, 10, 90
# Names that readers marked have at most 40 characters; longer is a sentence.
_NAME_CHARACTERS = 60
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")
_EAST_ASIAN_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
# 11.02.2026 is the eleventh of February wherever days, months and years are parted by full stops.
_DAY_FIRST = re.compile(r"^\d{1,2}\. ?\d{1,2}\. ?\d{4}")
# RFC 822, hours from UTC; other abbreviations mean several zones, a date with one of them stays without an offset.
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "UT": 0, "GMT": 0}
# Two days that share neither year nor month nor day: what a text leaves out differs between them.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))
# The languages of the rules in rules.py; all of dateparser's 200 cost 2.75 s of CPU at the first call.
_DATE_LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "ru",
    "uk",
    "ar",
    "hi",
    "tr",
    "el",
    "he",
    "zh",
    "ja",
    "ko",
]
# What stands between name and date on one line, and in front of a date.
_POSTED = r"published|posted|updated|veröffentlicht|publié|publicado|pubblicato|опубликовано|опубліковано|stand"
_SEPARATOR = re.compile(
    rf"\s*[|·•/]\s*|\s+[–—-]\s+|\s{{2,}}|,?\s+(?=first (?:{_POSTED})\b)|(?<!first),?\s+(?=(?:{_POSTED})\b)",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(rf"^(first )?({_POSTED})\s*(on|am|le|el|em|il|at)?\s*:?\s*", re.IGNORECASE)
_BY = re.compile(
    r"^(by|words|text|story by|written by|reporting by|reported by|von|par|por|di|da|door|av|od|autor|auteur|автор"
    r"|текст|від"
    r"|κείμενο|του|της|από τον|από την|بقلم|كتب|कलम से|מאת|文|記者|记者|작성|기자|yazan|haber)(\s*[:：]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*(?:[,;、，]|\s(?:and|und|et|y|e|i|en|ve|и|та|й|και|और)\s|\s&\s|\sو\s?|\sו(?=\S))\s*", re.IGNORECASE
)
_PARTICLES = {
    "van", "von", "der", "den", "de", "da", "di", "la", "le", "del", "della", "bin", "bint", "ibn", "al", "el", "ten",
    "dos", "das", "do", "du", "y", "e", "zu", "ter", "and", "und", "et",
}  # fmt: skip
_NAME_WORD = re.compile(r"^(?:(?:al|el|ar|as|an|d|o|l|ben|bin|abu)[-'’])?[^\W\d_][\w.'’-]*$", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",", "。", "！", "？", "।", '"', "”")


def parse_date(value: object) -> datetime | None:
    """Read a date as pages write them, in any language; None where it is none. Without an offset it stays without."""
    if not isinstance(value, str):
        return None
    text = " ".join(_PUBLISHED.sub("", value.strip()).split())
    if not _DATE_CHARACTERS[0] <= len(text) <= _DATE_CHARACTERS[1] or not any(c.isdigit() for c in text):
        return None
    if found := _EAST_ASIAN_DATE.search(text):
        year, month, day = map(int, found.groups())
        try:
            return datetime(year, month, day)
        except ValueError:
            return None
    try:
        return _read_whole(text)
    except (ValueError, OverflowError, TypeError):
        pass
    if not _YEAR.search(text) or len(text.split()) > _DATE_WORDS:
        return None
    # Month names of other languages; strict, so that a sentence with a year in it is no date.
    try:
        date: datetime | None = _names_of_months().get_date_data(text).date_obj
    except (ValueError, OverflowError):
        return None
    return date


def _read_whole(text: str) -> datetime | None:
    """The date of a text that names day, month and year; None where one of them is left out."""
    day_first = bool(_DAY_FIRST.match(text))
    one, other = (dates.parse(text, default=day, tzinfos=_zone, dayfirst=day_first) for day in _DEFAULTS)
    return one if one == other else None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """The zone that dateutil should take. Raises ValueError for an offset of a day or more."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else None


@cache
def _names_of_months() -> DateDataParser:
    return DateDataParser(
        languages=_DATE_LANGUAGES, settings={"STRICT_PARSING": True, "RETURN_AS_TIMEZONE_AWARE": False}
    )


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


def is_name(text: str) -> bool:
    """Whether a text is names and nothing else: two to five words a name, each with a capital but for particles."""
    parts = [part for part in _AND.split(text.strip()) if part]
    return bool(parts) and len(text) <= _BYLINE_CHARACTERS and all(_is_one_name(part) for part in parts)


def read_byline(line: str) -> tuple[list[str], datetime | None]:
    """Authors and date of a line that holds them and nothing else, in either order; ([], None) for any other line."""
    if len(line) > _BYLINE_CHARACTERS + _DATE_CHARACTERS[1] or line.endswith(_SENTENCE_END[:7]):
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
    if _YEAR.search(text) and len(text.split()) <= _DATE_WORDS and (date := parse_date(text)):
        return [], date
    # A bare line in capitals is a place or a section: MEXICO CITY.
    return (author_names(text), None) if is_name(text) and not text.isupper() else ([], None)


def _is_one_name(text: str) -> bool:
    words = text.split()
    if not 2 <= len(words) <= 5 or text.endswith(_SENTENCE_END):  # noqa: PLR2004 - see is_name
        return False
    if not all(_NAME_WORD.match(word) for word in words):
        return False
    # Scripts without capitals cannot be told from any other words: there a byline must say that it is one.
    return words[0][:1].isupper() and all(
        word[0].isupper() or word.lower() in _PARTICLES or "-" in word or "'" in word for word in words
    )
