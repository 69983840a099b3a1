"""The JSON of other crawlers: news-please and fundus. One article, a list of them, or one a line; plain or gzip.

docs/feeding.md has the mapping of fields; those without a place travel in `meta`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from dateline.feed import RawRecord
from dateline.sources.common import File, Found, Skip, SkipReason, name_of, record
from dateline.sources.json_lines import parsed, values

_NEWS_PLEASE = (
    "authors",
    "date_download",
    "date_publish",
    "language",
    "maintext",
    "source_domain",
    "text",
    "title",
    "url",
)
_FUNDUS = ("authors", "body", "html", "lang", "plaintext", "publisher", "publishing_date", "title")


def read_news_please(file: File, after: int) -> Iterator[Found]:
    """Articles as news-please writes them."""
    yield from _read(file, after, _news_please)


def read_fundus(file: File, after: int) -> Iterator[Found]:
    """Articles as fundus' `to_json` and `save_to_file` write them."""
    yield from _read(file, after, _fundus)


def is_news_please(article: dict[str, Any]) -> bool:
    """Whether an object looks like news-please's."""
    return "date_download" in article and ("maintext" in article or "text" in article)


def is_fundus(article: dict[str, Any]) -> bool:
    """Whether an object looks like fundus'."""
    return "publishing_date" in article and ("plaintext" in article or "body" in article)


def _read(file: File, after: int, convert: Callable[[File, dict[str, Any]], RawRecord | Skip]) -> Iterator[Found]:
    for number, text in values(file):
        if number <= after:
            continue
        if isinstance(text, Skip):
            yield number, text
            continue
        article = parsed(text)
        yield (
            number,
            convert(file, article) if isinstance(article, dict) else Skip(SkipReason.INVALID, "no JSON object"),
        )


def _news_please(file: File, article: dict[str, Any]) -> RawRecord | Skip:
    text = _string(article.get("maintext")) or _string(article.get("text"))
    if not text:
        return Skip(SkipReason.NO_TEXT, "neither maintext nor text")
    title = _string(article.get("title"))
    return record(
        file,
        {
            "url": _string(article.get("url")),
            "text": f"{title}\n\n{text}",
            "title": title,
            "authors": article.get("authors"),
            "published_at": _date(article.get("date_publish")),
            "fetched_at": _date(article.get("date_download")) or file.time,
            "language": _string(article.get("language")),
            "source": _string(article.get("source_domain")),
            "meta": {"news_please": _rest(article, _NEWS_PLEASE)},
        },
    )


def _fundus(file: File, article: dict[str, Any]) -> RawRecord | Skip:
    page = article["html"] if isinstance(article.get("html"), dict) else {}
    html, text = _string(page.get("content")), _string(article.get("plaintext")) or _body(article.get("body"))
    if not html and not text:
        return Skip(SkipReason.NO_TEXT, "neither html, plaintext nor body")
    title = _string(article.get("title"))
    return record(
        file,
        {
            # What to_json writes by default has no address.
            "url": _string(page.get("responded_url")) or _string(page.get("requested_url")) or name_of(title + text),
            "html": html,
            "text": None if html else f"{title}\n\n{text}",
            "title": title,
            "authors": article.get("authors"),
            "published_at": _date(article.get("publishing_date")),
            "fetched_at": _date(page.get("crawl_date")) or file.time,
            "language": _string(article.get("lang")),
            "source": _string(article.get("publisher")),
            "meta": {"fundus": _rest(article, _FUNDUS)},
        },
    )


def _body(body: Any) -> str:
    """The body of fundus: a summary, then sections of headline and paragraphs, as paragraphs."""
    if not isinstance(body, dict):
        return ""
    sections = [part for part in _list(body.get("sections")) if isinstance(part, dict)]
    parts = [body.get("summary"), *(part.get(name) for part in sections for name in ("headline", "paragraphs"))]
    return "\n\n".join(line for part in parts for line in _list(part) if isinstance(line, str))


def _rest(article: dict[str, Any], used: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in article.items() if name not in used and value not in (None, "None", "")}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _date(value: Any) -> str | None:
    """A time as both write it, `2026-10-01 08:00:00`; news-please writes None as a word."""
    return value if isinstance(value, str) and value not in ("None", "") else None
