"""Plain text to its article: title, byline, date, dateline, captions, and the lines that are no news.

The conventions are those of wire copy and of text that scrapers pull from pages (notes/clean.md, Plain text).
"""

import re
import unicodedata
from collections import Counter
from datetime import datetime

from pipeline.clean.bylines import read_byline

TITLE_CHARACTERS = 200
# A byline or date stands in the lines right below the title.
_HEAD_LINES = 5
_SLUG = re.compile(r"^[A-Z][A-Z0-9]+(?:[-/][A-Z0-9]+)+(?:\s*\(.*\))?$")
_EMBARGO = re.compile(r"^(embargo|not for (release|publication)|for immediate release)\b", re.IGNORECASE)
# One isolated sentence in the present tense of what a camera sees; at most 30 words.
_CAPTION = re.compile(
    r"\b(passes? by|(is|are) seen (here|in|on|at|near|outside|inside|through|from|behind)"
    r"|is pictured|are pictured|pictured (here|on|in|at)|poses? (for|with)"
    r"|stands? (next to|in front of)"
    r"|walks? past|looks? on|file (photo|picture)|in this (photo|picture|image))\b",
    re.IGNORECASE,
)
_CAPTION_WORDS = 30
# What a camera sees happen: the present passive or progressive.
_SEEN = re.compile(r"\b(?:is|are) (?:being )?\w{2,}(?:ed|en|ing|wn|rn|ft|pt|ung)\b")
# A caption without such words: the one short sentence among paragraphs, half as long as its neighbours. Of 174 bodies
# that readers marked, one holds a line of its own like this that is news.
_LONE_WORDS, _LONE_LINES, _LONE_SHARE, _LONE_OTHERS = (4, 20), 5, 0.5, 2 / 3
_NO_LONE = re.compile(
    r"^(he|she|it|they|we|i|you|but|and|no|not|nobody|none|this|that|these|those|there|then|now|what|why|how|who|so|er"
    r"|sie|es|il|elle|el|ella|das|dies\w*)\b|\b(was|were|had|said|says|did|will|would|has|have)\b|[\"“”„«»:?!]|\. ",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“”„«»「『]")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_ZERO_WIDTH = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
# Category Cc of Unicode but for line ends.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def tidy(text: str) -> str:
    """NFC, no control or zero-width characters, single spaces; line ends stay."""
    text = _ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n")
    text = _CONTROL.sub(" ", text)
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


def take_head(lines: list[str], removed: Counter[str], outlet: str = "") -> tuple[list[str], datetime | None]:
    """Take byline and date lines from the head of the body: bare names, "By …", a line that is a date as a whole."""
    authors: list[str] = []
    published_at: datetime | None = None
    index = 0
    for _ in range(min(_HEAD_LINES, len(lines) - 1)):
        names, date = read_byline(lines[index])
        if [name.casefold() for name in names] == [outlet.casefold()]:
            removed["outlet"] += 1
            lines.pop(index)
        elif (names and not authors) or (date and not published_at):
            removed["byline" if names else "date-line"] += 1
            authors, published_at = authors or names, published_at or date
            lines.pop(index)
        else:
            index += 1
    return authors, published_at


def drop_captions(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop lines that read like photo captions: one short sentence of what a picture shows. The lead stays."""
    kept = lines[:1]
    if lone := _lone_caption(lines):
        lines = [line for line in lines if line != lone]
        removed["caption"] += 1
    for line in lines[1:]:
        if len(line.split()) <= _CAPTION_WORDS and line.count(". ") == 0 and _CAPTION.search(line):
            removed["caption"] += 1
        else:
            kept.append(line)
    return kept


def _lone_caption(lines: list[str]) -> str | None:
    """The one line that is much shorter than all others and than its neighbours, where there is exactly one."""
    words = [_length(line) for line in lines]
    if len(lines) < _LONE_LINES:
        return None
    at = min(range(len(lines)), key=words.__getitem__)
    shortest = words[at]
    # What somebody says is often as short.
    others = [count for line, count in zip(lines, words, strict=True) if line != lines[at] and not _QUOTED.search(line)]
    neighbours = [n for n in (at - 1, at + 1) if 0 <= n < len(lines)]
    beside = min(words[n] for n in [n for n in neighbours if not _QUOTED.search(lines[n])] or neighbours)
    if (
        at in (0, len(lines) - 1)
        or not _LONE_WORDS[0] <= shortest <= _LONE_WORDS[1]
        or not lines[at].endswith((".", "。"))
    ):
        return None
    share = _LONE_OTHERS if _SEEN.search(lines[at]) else _LONE_SHARE
    alone = bool(others) and shortest <= _LONE_OTHERS * min(others) and shortest <= share * beside
    return lines[at] if alone and not _NO_LONE.search(lines[at]) else None


def _length(line: str) -> int:
    """Words of a line; two characters of Chinese or Japanese count as one."""
    return max(len(line.split()), len(_CJK.findall(line)) // 2)
