"""Clean: a raw article to its text and metadata, or an honest no.

`clean` is the whole of the room for others; it is pure, and it may be slow or die on hostile input, so the stage
calls it in a child process with a deadline and a memory limit.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from pipeline.clean.dates import date_in_url, doubts_of, parse_date
from pipeline.clean.html import read_page
from pipeline.clean.judge import drop_paywall_lines, is_truncated, judge_page, too_short
from pipeline.clean.language import detect_language
from pipeline.clean.metadata import Metadata
from pipeline.clean.rules import drop_lines, drop_pull_quotes, drop_repeats, removals
from pipeline.clean.sniff import read_body
from pipeline.clean.tail import drop_tail
from pipeline.clean.text import drop_captions, split_lines, take_head, take_title, tidy
from pipeline.clean.titles import is_title
from pipeline.dateline import dateline_of
from pipeline.events import CleanArticle, EnrichedArticle, Origin, RawArticle, RejectedArticle, RejectReason
from pipeline.limits import DEFAULT_LIMITS, Limits, PageRefused, check_text
from pipeline.urls import canonical_url

CLEAN_VERSION = "clean-3"
# The title is repeated within the first lines: under a kicker, over the standfirst.
_TITLE_LINES = 3
_BULLET = re.compile(r"^[-•*] ")
# Of pages of the development sets none with an article lost more than a third of its text with its pointers.
_KEPT_SHARE = 0.6


def clean(
    raw: RawArticle, origin: Origin | None = None, limits: Limits = DEFAULT_LIMITS
) -> CleanArticle | RejectedArticle:
    """Clean one raw article.

    Gives a CleanArticle (body: plain text, one paragraph a line), or a RejectedArticle with a reason code. `origin`
    is the place of the raw record, where it is known; it goes into the article and its id.
    """
    try:
        kind, text = read_body(raw, limits)
        if not text.strip():
            return _reject(raw, origin, RejectReason.EMPTY, "the body is empty")
        read = _clean_page if kind == "html" else _clean_text
        return read(raw, origin, text, limits)
    except PageRefused as refused:
        return _reject(raw, origin, refused.reason, str(refused))


def _clean_page(raw: RawArticle, origin: Origin | None, html: str, limits: Limits) -> CleanArticle | RejectedArticle:
    page = read_page(html, raw.source or "", tidy(raw.title or "").strip(), limits)
    found = page.metadata
    removed: Counter[str] = Counter()
    check_text("\n".join(page.lines), limits)
    lines = [line for text in page.lines for line in split_lines(text)]
    title = _title(raw, found)
    lines = _drop_pointers(_drop_title(lines, [title, *found.titles], removed), page.pointers, removed)
    authors, published_at = take_head(lines, removed, raw.source or found.site or "")
    truncated = is_truncated(page)
    lines = _drop_boilerplate(
        drop_paywall_lines(lines) if truncated else lines, removed, raw.source or found.site or ""
    )
    body = "\n".join(lines)
    if no := judge_page(page, body, html, raw.url):
        return _reject(raw, origin, *no)
    if authors and not found.authors:
        found.authors, found.authors_from = authors, "byline"
    if published_at and not found.published_at:
        found.published_at, found.published_at_from = published_at, "date-line"
    return _article(raw, origin, found, body, removed, truncated=truncated)


def _clean_text(raw: RawArticle, origin: Origin | None, text: str, limits: Limits) -> CleanArticle | RejectedArticle:
    removed: Counter[str] = Counter()
    check_text(text, limits)
    lines = split_lines(text)
    found = Metadata()
    found.title = take_title(lines, removed)
    found.title_from = "text" if found.title else None
    found.authors, found.published_at = take_head(lines, removed, raw.source or "")
    found.authors_from = "byline" if found.authors else None
    found.published_at_from = "date-line" if found.published_at else None
    lines = drop_captions(_drop_boilerplate(lines, removed, raw.source or ""), removed)
    body = "\n".join(lines)
    if too_short(body):
        return _reject(raw, origin, RejectReason.TOO_SHORT, f"{len(body)} characters of body")
    return _article(raw, origin, found, body, removed, truncated=False)


def _drop_title(lines: list[str], titles: Sequence[str], removed: Counter[str]) -> list[str]:
    """Drop the title where it is repeated at the top of the body."""
    kept = [line for line in lines[:_TITLE_LINES] if not is_title(line, titles)]
    removed["repeated-title"] += min(_TITLE_LINES, len(lines)) - len(kept)
    return kept + lines[_TITLE_LINES:]


def _drop_pointers(lines: list[str], pointers: frozenset[str], removed: Counter[str]) -> list[str]:
    """Drop lines that are links, where they are not most of the text: a page of links is judged as such."""
    kept = [line for line in lines if _BULLET.sub("", line) not in pointers]
    if sum(map(len, kept)) < _KEPT_SHARE * sum(map(len, lines)):
        return lines
    removed["pointer"] += len(lines) - len(kept)
    return kept


def _drop_boilerplate(lines: list[str], removed: Counter[str], outlet: str) -> list[str]:
    return drop_pull_quotes(drop_repeats(drop_tail(drop_lines(lines, removed), removed, outlet), removed), removed)


def _article(
    raw: RawArticle, origin: Origin | None, found: Metadata, body: str, removed: Counter[str], *, truncated: bool
) -> CleanArticle:
    """Put the article together: what the feed gives wins over what the page says."""
    declared = (raw.language or found.language or "").lower()[:2]
    language, language_from, language_score = detect_language(body, declared)
    feed_date = parse_date(raw.published_at) if isinstance(raw.published_at, str) else raw.published_at
    date, date_from = (feed_date, "feed") if feed_date else (found.published_at, found.published_at_from)
    if date is None and (date := date_in_url(raw.url)):
        date_from = "url"
    date = _with_offset(date)
    return CleanArticle(
        url=raw.url,
        canonical_url=canonical_url(raw.url),
        origin=origin,
        source=raw.source or found.site,
        title=_title(raw, found),
        title_from="feed" if (raw.title or "").strip() else found.title_from,
        body=body,
        language=language,
        language_from=language_from,
        language_score=language_score,
        authors=raw.authors or found.authors,
        authors_from="feed" if raw.authors else found.authors_from,
        published_at=date,
        published_at_from=date_from,
        date_doubts=doubts_of(date, raw.fetched_at) if date else [],
        updated_at=_with_offset(found.updated_at),
        updated_at_from=found.updated_at_from,
        site=found.site,
        section=found.section,
        dateline=dateline_of(body),
        fetched_at=raw.fetched_at,
        home_country=raw.home_country,
        truncated=truncated,
        removed=removals(+removed),
        clean_version=CLEAN_VERSION,
        meta=raw.meta,
        **_unknown_fields(raw),
    )


def _title(raw: RawArticle, found: Metadata) -> str:
    return " ".join(tidy((raw.title or "").strip() or found.title).split())


def _unknown_fields(raw: RawArticle) -> dict[str, Any]:
    """Fields of the scraper's own; a name that is ours downstream cannot be taken by them."""
    ours = EnrichedArticle.model_fields.keys() | RejectedArticle.model_fields.keys()
    return {name: value for name, value in (raw.model_extra or {}).items() if name not in ours}


def _with_offset(date: datetime | None) -> datetime | None:
    return date if date is None or date.tzinfo else date.replace(tzinfo=timezone.utc)


def _reject(raw: RawArticle, origin: Origin | None, reason: RejectReason, detail: str) -> RejectedArticle:
    return RejectedArticle(
        url=raw.url,
        origin=origin,
        source=raw.source,
        reason=reason,
        detail=detail,
        fetched_at=raw.fetched_at,
        clean_version=CLEAN_VERSION,
        meta=raw.meta,
        **_unknown_fields(raw),
    )
