"""Text rules: lines that are no part of the news, each rule with an id, so that the event says what was cut.

The rules are data in many languages, `data/lines.toml`; every rule looks at one line. Short lines only: a sentence of
the story that happens to name Facebook is no share line.
"""

import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any, NamedTuple

from pipeline.clean.titles import words
from pipeline.events import Removal

# A boilerplate line is short; the longest here that readers marked had 24 words.
_SHORT_WORDS = 24
# A label begins like a sentence, but is none. Six words: "Teilen Sie diesen Artikel mit Freunden." is no news.
_LABEL_WORDS = 6
# Live pages repeat short lines legitimately; from 20 words on a repeat is an error (notes/clean.md).
_REPEATED_WORDS = 20
# Of five words a sentence repeats by chance; a quotation set large has at most some forty.
_QUOTE_WORDS = (6, 40)
# The paragraph that it was taken from says more than the quotation.
_PARAGRAPH_SHARE = 1.3
_SENTENCE_END = (".", "!", "?", "…", "।")
# A list of pointers below a label has at most so many items; longer ones are the article's own.
_BLOCK_LINES = 8
_BULLET = "- "


class Rule(NamedTuple):
    """A rule of the table; `label` and `block` as said there."""

    begins: re.Pattern[str] | None
    holds: re.Pattern[str] | None
    label: bool
    block: bool


def _read(table: dict[str, dict[str, Any]]) -> dict[str, Rule]:
    rules = {}
    for name, row in table.items():
        patterns = [pattern for key, value in row.items() if key not in ("label", "block") for pattern in value]
        begins = "|".join(pattern for pattern in patterns if pattern.startswith("^"))
        holds = "|".join(pattern for pattern in patterns if not pattern.startswith("^"))
        rules[name] = Rule(
            re.compile(begins) if begins else None,
            re.compile(holds) if holds else None,
            bool(row.get("label")),
            bool(row.get("block")),
        )
    return rules


RULES = _read(tomllib.loads(files("pipeline.clean").joinpath("data/lines.toml").read_text(encoding="utf-8")))


def drop_lines(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop the lines that a rule matches, with the list below a label of pointers, and count them by rule."""
    kept = []
    listed, listing = 0, ""
    for line in lines:
        rule = _rule_of(line)
        if not rule and listing and listed < _BLOCK_LINES and line.startswith(_BULLET):
            rule, listed = listing, listed + 1
        elif rule:
            listed, listing = 0, rule if RULES[rule].block else ""
        else:
            listing = ""
        if rule:
            removed[rule] += 1
        else:
            kept.append(line)
    return kept


def drop_repeats(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop a paragraph of 20 or more words that stood before; shorter ones repeat legitimately on live pages."""
    kept: list[str] = []
    seen: set[str] = set()
    for line in lines:
        if len(line.split()) >= _REPEATED_WORDS and line in seen:
            removed["repeated-paragraph"] += 1
        else:
            seen.add(line)
            kept.append(line)
    return kept


def drop_pull_quotes(lines: list[str], removed: Counter[str]) -> list[str]:
    """Drop a short line whose words stand in a longer one, too: a quotation set large beside the text."""
    plain = [f" {' '.join(words(line))} " for line in lines]
    together = "\n".join(plain)
    kept = []
    for number, (line, text) in enumerate(zip(lines, plain, strict=True)):
        quoted = (
            _QUOTE_WORDS[0] <= text.count(" ") - 1 <= _QUOTE_WORDS[1]
            and together.count(text) > 1
            and any(
                text in other
                for at, other in enumerate(plain)
                if at != number and len(other) > _PARAGRAPH_SHARE * len(text)
            )
        )
        if quoted and number:  # the lead may be repeated, never lost
            removed["pull-quote"] += 1
        else:
            kept.append(line)
    return kept


def removals(removed: Counter[str]) -> list[Removal]:
    """Counts as the event carries them, by rule."""
    return [Removal(rule=rule, count=count) for rule, count in sorted(removed.items())]


def _rule_of(line: str) -> str | None:
    count = len(line.split())
    if count > _SHORT_WORDS:
        return None
    sentence = count > _LABEL_WORDS and line.endswith(_SENTENCE_END)
    text = line.removeprefix(_BULLET).lower()
    return next((name for name, rule in RULES.items() if not (sentence and rule.label) and _speaks(rule, text)), None)


def _speaks(rule: Rule, text: str) -> bool:
    return bool((rule.begins and rule.begins.match(text)) or (rule.holds and rule.holds.search(text)))
