"""What a page or a text may hold at most: explicit, set by the operator (`DATELINE_PAGE__…`), each with its reason."""

import re

from pydantic import BaseModel, Field

from pipeline.events import RejectReason

# Normalisation sorts the marks on a letter in quadratic time (2 s for 40,000); Unicode's stream-safe text has 30 of
# them at most (UAX #15, 13).
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5000,}"
)


class Limits(BaseModel, frozen=True):
    """What a page or a text may hold; beyond a limit it is rejected, before the work that the limit bounds.

    The largest of 2,133 real pages had 2.2 MB and 10,100 elements (notes/clean.md, Poison); no limit is below twice
    what was seen.
    """

    #: Of the decoded body; of content also its bytes.
    characters: int = Field(5_000_000, ge=1)
    #: Real pages' time grows with them: 1 s at 10,000.
    elements: int = Field(21_000, ge=1)
    #: Real pages nest below 100 levels; at 1,000 lxml returned only the headline.
    depth: int = Field(300, ge=1)
    #: What stands side by side is compared: time grows with the square of links, lines or paragraphs in one place
    #: (137 s for 20,000 links). The 220 pages of the development sets have at most 242 elements under one.
    siblings: int = Field(2_000, ge=1)
    #: Each link is looked at with the line that it stands in; the development pages have at most 687.
    links: int = Field(4_000, ge=1)
    #: Of a text, which are compared, too; the longest body that readers marked has some 250.
    lines: int = Field(2_500, ge=1)
    #: Of a JSON-LD block, or a body that is JSON: the largest of the development sets has 605,000; 5 MB took 652 MB of
    #: memory (notes/clean.md, Poison).
    json_characters: int = Field(1_250_000, ge=1)


DEFAULT_LIMITS = Limits()


class PageRefused(Exception):
    """The page is beyond a limit. `reason` and the message say which."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def check_size(size: int, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises PageRefused for a body beyond the limit, in characters, or in bytes before they are decoded."""
    if size > limits.characters:
        raise PageRefused(RejectReason.TOO_LARGE, f"{size} characters, at most {limits.characters} are read")


def check_text(text: str, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises PageRefused for a text of more lines than can be compared, or that cannot be normalised in time."""
    if (lines := sum(bool(line.strip()) for line in text.split("\n"))) > limits.lines:
        raise too_complex(lines, "lines", limits.lines)
    if run := _MARKS.search(text):
        raise PageRefused(RejectReason.TOO_COMPLEX, f"{len(run.group())} marks on one letter")


def too_complex(count: int, what: str, limit: int) -> PageRefused:
    """The refusal of a page or a text that has too many of something."""
    return PageRefused(RejectReason.TOO_COMPLEX, f"{count} {what}, at most {limit} are read")
