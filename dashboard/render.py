"""How values look on the pages."""

from datetime import datetime, timezone
from typing import Any, Final

from dashboard import topics
from dashboard.security import outward
from pipeline.events import Relation

#: English names of the languages that the cleaner tells apart most often; the code stands for the others.
LANGUAGES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mr": "Marathi",
    "ms": "Malay", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "nb": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
#: What a relation means, in words.
RELATIONS: Final = {
    Relation.ORIGINAL: "the first text of its story",
    Relation.EXACT: "the same text",
    Relation.NEAR: "the same text but for small changes",
    Relation.SPUN: "the same text, reworded",
    Relation.PARTIAL: "a part of the text, or the text with more around it",
    Relation.REVISION: "a changed text of the same page",
}
#: A map has so many shades; each is for about three times as many stories as the one before.
SHADES: Final = (1, 2, 4, 10, 30, 100)


def clock(seconds: float) -> str:
    """Time of day, UTC."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%H:%M:%S}"


def iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def day(time: datetime | None) -> str:
    """A date as the page itself has it."""
    return "" if time is None else f"{time.day} {time:%b} {time:%Y}"


def number(value: float) -> str:
    return f"{value:,.0f}"


def percent(value: float) -> str:
    return f"{value:.0%}"


def language(code: str) -> str:
    return LANGUAGES.get(code, code or "unknown")


def shade(count: int) -> int:
    """Which shade of the map a number of stories has; 0 for none."""
    return sum(count >= bound for bound in SHADES)


def plural(count: int, word: str) -> str:
    """`1 copy`, `2 copies`."""
    many = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count:,} {word if count == 1 else many}"


def bars(counts: list[int]) -> list[tuple[int, float, float]]:
    """Place, top and height of each bar of a sparkline that is 20 high."""
    highest = max(counts, default=0) or 1
    heights = [(0.0 if not count else max(1.5, 20 * count / highest)) for count in counts]
    return [(place, 20 - height, height) for place, height in enumerate(heights)]


def decoded(value: bytes | None) -> str:
    """Bytes as they read, those that do not as escapes."""
    return (value or b"").decode("utf-8", "backslashreplace")


FILTERS: Final[dict[str, Any]] = {
    "clock": clock, "iso": iso, "day": day, "number": number, "percent": percent, "language": language,
    "shade": shade, "bars": bars, "outward": outward, "topic": topics.name, "plural": plural,
    "decoded": decoded,
}  # fmt: skip
NAMES: Final[dict[str, Any]] = {"RELATIONS": RELATIONS, "SHADES": SHADES}
