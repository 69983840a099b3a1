"""Dates as pages write them, in any language; a date that leaves out day, month or year is none."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache

from dateparser.date import DateDataParser
from dateutil import parser as dates

from pipeline.events import DateDoubt

# "3/4/26" to "Wednesday, 4 March 2026 at 14:05 Central European Time"; longer is no date.
DATE_CHARACTERS = (6, 70)
# "Wednesday, 4 March 2026, 14:05 CET" has six words.
DATE_WORDS = 8
POSTED = r"published|posted|updated|veröffentlicht|publié|publicado|pubblicato|опубликовано|опубліковано|stand"
_PUBLISHED = re.compile(rf"^(first )?({POSTED})\s*(on|am|le|el|em|il|at)?\s*:?\s*", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?")
_EAST_ASIAN_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
# 11.02.2026 is the eleventh of February wherever days, months and years are parted by full stops.
_DAY_FIRST = re.compile(r"^\d{1,2}\. ?\d{1,2}\. ?\d{4}")
# RFC 822, hours from UTC; other abbreviations mean several zones, a date with one of them stays without an offset.
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "UT": 0, "GMT": 0}
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?!\d)")
# No outlet was on the web before; clocks and zones differ by a day at most; a scraper comes within a year, or it reads
# an archive.
_FIRST_YEAR, _CLOCKS, _FAR = 1990, timedelta(days=1), timedelta(days=366)
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


def date_in_url(url: str) -> datetime | None:
    """The day in an address such as /2026/10/06/story; None where it has none."""
    match = _URL_DATE.search(url)
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def doubts_of(date: datetime, fetched_at: datetime | None) -> list[DateDoubt]:
    """What is odd about a publication date, beside the time of the scrape; both with an offset."""
    doubts = [DateDoubt.BEFORE_1990] if date.year < _FIRST_YEAR else []
    if fetched_at is not None and date > fetched_at + _CLOCKS:
        doubts.append(DateDoubt.FUTURE)
    if fetched_at is not None and date < fetched_at - _FAR:
        doubts.append(DateDoubt.FAR_FROM_FETCHED)
    return doubts


def parse_date(value: object) -> datetime | None:
    """Read a date as pages write them, in any language; None where it is none. Without an offset it stays without."""
    if not isinstance(value, str):
        return None
    text = " ".join(_PUBLISHED.sub("", value.strip()).split())
    if not DATE_CHARACTERS[0] <= len(text) <= DATE_CHARACTERS[1] or not any(c.isdigit() for c in text):
        return None
    if found := _EAST_ASIAN_DATE.search(text):
        year, month, day = map(int, found.groups())
        try:
            return datetime(year, month, day)
        except ValueError:
            return None
    try:
        # As most pages write them, a hundred times as fast to read.
        return datetime.fromisoformat(text) if _ISO.fullmatch(text) else _read_whole(text)
    except (ValueError, OverflowError, TypeError):
        pass
    # A day and a year; dateparser, which knows the names of months, takes a millisecond to say that it is no date.
    if not YEAR.search(text) or len(text.split()) > DATE_WORDS or not _DAY.search(text):
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
