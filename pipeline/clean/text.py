"""Plain text to its article: title, byline, date, dateline, captions, and the lines that are no news.

The conventions are those of wire copy and of text that scrapers pull from pages (notes/clean.md, Plain text).
"""

import re
import unicodedata
from collections import Counter
from datetime import datetime

from pipeline.clean.metadata import author_names, parse_date

TITLE_CHARACTERS = 200
# A byline or date stands in the lines right below the title.
_HEAD_LINES = 5
# "Wednesday, 4 March 2026, 14:05 CET" has six words; "By Anna van der Berg and Juan de la Cruz" has nine.
_DATE_WORDS, _BYLINE_WORDS, _BYLINE_CHARACTERS = 8, 9, 80
# Names have two to four words, each with a capital: "Elias Hubbard", "Anna van der Berg".
_NAME = re.compile(r"^(?:\w[\w.'’-]*\s+){1,4}\w[\w.'’-]*$")
_BYLINE = re.compile(r"^(by|von|par|por|di|da|door|av|автор:?|από τον|από την)\s+(?=\S)", re.IGNORECASE)
_PARTICLES = {
    "van",
    "von",
    "der",
    "den",
    "de",
    "da",
    "di",
    "la",
    "le",
    "del",
    "bin",
    "al",
    "el",
    "ten",
    "dos",
    "and",
    "und",
}
_MONTH = re.compile(r"\b(19|20)\d\d\b")
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",", "。", "！", "？", "।", '"', "”")
_SLUG = re.compile(r"^[A-Z][A-Z0-9]+(?:[-/][A-Z0-9]+)+(?:\s*\(.*\))?$")
_EMBARGO = re.compile(r"^(embargo|not for (release|publication)|for immediate release)\b", re.IGNORECASE)
# One isolated sentence in the present tense of what a camera sees; at most 30 words.
_CAPTION = re.compile(
    r"\b(passes? by|is seen|are seen|is pictured|are pictured|pictured (here|on|in|at)|poses? (for|with)"
    r"|stands? (next to|in front of)"
    r"|walks? past|looks? on|file (photo|picture)|in this (photo|picture|image))\b",
    re.IGNORECASE,
)
_CAPTION_WORDS = 30
_CONTROL = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


def tidy(text: str) -> str:
    """NFC, no control or zero-width characters, single spaces; line ends stay."""
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text))
    text = "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in text.replace("\r\n", "\n"))
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def split_lines(text: str) -> list[str]:
    """Non-empty lines of tidied text."""
    return [line for line in tidy(text).split("\n") if line]


def take_title(lines: list[str], removed: Counter[str]) -> str:
    """Take the first line as the title if it reads like one; slug and embargo lines in front of it go."""
    while lines and (_SLUG.match(lines[0]) or _EMBARGO.match(lines[0])):
        removed["slug"] += 1
        lines.pop(0)
    if lines and len(lines) > 1 and len(lines[0]) <= TITLE_CHARACTERS and not lines[0].endswith((".", "。", "।")):
        return lines.pop(0)
    return ""


def take_head(lines: list[str], removed: Counter[str]) -> tuple[list[str], datetime | None]:
    """Take byline and date lines from the head of the body: bare names, "By …", a line that is a date as a whole."""
    authors: list[str] = []
    published_at: datetime | None = None
    index = 0
    for _ in range(_HEAD_LINES):
        if index >= len(lines):
            break
        line = lines[index]
        if not authors and is_byline(line):
            authors = author_names(line)
            removed["byline"] += 1
        elif (
            published_at is None
            and _MONTH.search(line)
            and len(line.split()) <= _DATE_WORDS
            and (date := parse_date(line))
        ):
            published_at = date
            removed["date-line"] += 1
        else:
            index += 1
            continue
        lines.pop(index)
    return authors, published_at


def is_byline(line: str) -> bool:
    """Whether a line is a name and nothing else, or says that it is a byline."""
    if len(line) > _BYLINE_CHARACTERS or line.endswith(_SENTENCE_END):
        return False
    if _BYLINE.match(line):
        return len(line.split()) <= _BYLINE_WORDS
    words = line.split()
    if not _NAME.match(line) or any(c.isdigit() for c in line):
        return False
    return all(word[0].isupper() or word.lower() in _PARTICLES for word in words) and words[0][0].isupper()


def drop_captions(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop lines that read like photo captions: one short sentence of what a picture shows. The lead stays."""
    kept = lines[:1]
    for line in lines[1:]:
        if len(line.split()) <= _CAPTION_WORDS and line.count(". ") == 0 and _CAPTION.search(line):
            removed["caption"] += 1
        else:
            kept.append(line)
    return kept
