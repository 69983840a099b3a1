"""`dateline export`: enriched events to a file for analysts, Parquet or JSON Lines; docs/export.md has the columns.

One record at a time is read and one group of rows is held; what grows with the topic is the set of origins by which
repeats are dropped, some 60 bytes each.
"""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from agents.changelog import BytesRecord, Reader
from agents.record import ORIGIN_HEADER, parse_origin
from agents.settings import Settings, load
from dateline.terminal import MISUSED, ask, fail, out
from pipeline.events import EnrichedArticle, Origin
from pipeline.route import TOPIC_SLUGS

SUFFIXES: Final = (".parquet", ".jsonl")
_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def since_of(text: str, now: datetime) -> datetime:
    """A time as RFC 3339 or a day (UTC), or a span before now: 30m, 24h, 7d. Raises ValueError."""
    if span := _SPAN.fullmatch(text):
        return now - timedelta(seconds=int(span[1]) * _UNITS[span[2]])
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def conditions_of(texts: list[str]) -> dict[str, set[str]]:
    """Wanted values by key, of `topic=sport,country=DE,country=FR`. Raises ValueError."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for pair in (pair.strip() for text in texts for pair in text.split(",")):
        key, equals, value = pair.partition("=")
        if key not in KEYS or not equals or not value:
            raise ValueError(f"{pair!r} is none of {', '.join(f'{key}=…' for key in KEYS)}")
        wanted[key].add(value.casefold())
    return wanted


def holds(article: EnrichedArticle, wanted: dict[str, set[str]]) -> bool:
    """Whether an article has one of the values of each key."""
    return all(values & {text.casefold() for text in KEYS[key](article)} for key, values in wanted.items())


#: What `--where` may ask for, and the spellings of it that an article answers to.
KEYS: Final[dict[str, Callable[[EnrichedArticle], Iterable[str]]]] = {
    "topic": lambda a: (text for t in a.topics for text in (t.code, t.top, t.label, TOPIC_SLUGS.get(t.top, ""))),
    "country": lambda a: (text for c in a.regions.countries for text in (c.iso2, c.name)),
    "area": lambda a: (text for area in a.regions.areas for text in (area.m49, area.name)),
    "language": lambda a: [a.language],
    "source": lambda a: [a.source or ""],
    "relation": lambda a: [a.verdict.relation],
}


async def export(settings: Settings, path: Path, since: datetime | None, wanted: dict[str, set[str]]) -> Counter[str]:
    """Write what holds to a file, in one piece: a file of that name is replaced at the end, or not at all.

    Gives counts of what was written, repeated, left out and unreadable. Raises KafkaError and OSError.
    """
    # Loaded where it is used: pyarrow takes a fifth of a second, which no other command needs.
    from dateline.export_files import WRITERS, Exported  # noqa: PLC0415

    counts: Counter[str] = Counter()
    part = path.with_name(path.name + ".part")
    try:
        with closing(WRITERS[path.suffix](part)) as writer:
            async for record, article, origin in _articles(settings, counts):
                time = datetime.fromtimestamp(record.timestamp / 1000, timezone.utc)
                chosen = (since is None or time >= since) and holds(article, wanted)
                counts["written" if chosen else "left out"] += 1
                if chosen:
                    writer.write(Exported(record.value, article, origin, time))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return counts


async def _articles(
    settings: Settings, counts: Counter[str]
) -> AsyncIterator[tuple[BytesRecord, EnrichedArticle, Origin]]:
    """Each enriched article once; what repeats and what cannot be read is counted."""
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    async with Reader(settings) as reader:
        async for record in reader.topic(settings.topic("enriched")):
            try:
                article = EnrichedArticle.model_validate_json(record.value or b"")
            except ValidationError:
                counts["unreadable"] += 1
                continue
            origin = _origin(record, article)
            offsets = seen[origin.topic, origin.partition]
            if origin.offset in offsets:
                counts["repeated"] += 1
                continue
            offsets.add(origin.offset)
            yield record, article, origin


def export_(
    to: Annotated[Path, typer.Option(help="A .parquet or .jsonl file; it appears when it is complete.")],
    since: Annotated[str | None, typer.Option(help="Enriched since: 2026-10-01, a full time, or 24h, 7d.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="topic=…,country=…: also area, language, source, relation. One of a key, each of the keys."),
    ] = None,
) -> None:
    """Write enriched articles to a file for analysts. docs/export.md has the columns and how to read them."""
    if to.suffix not in SUFFIXES:
        fail(f"{to} is neither .parquet nor .jsonl", MISUSED)
    if not to.absolute().parent.is_dir():
        fail(f"{to.absolute().parent} is no folder")
    try:
        start = since_of(since, datetime.now(timezone.utc)) if since else None
        wanted = conditions_of(where or [])
    except ValueError as error:
        fail(f"{error}\nExample: --since 7d --where topic=sport,country=FR", MISUSED)
    settings = load()
    counts = ask(settings, export(settings, to, start, wanted))
    rest = [f"{counts[name]:,} {name}" for name in ("repeated", "left out", "unreadable") if counts[name]]
    out.print(", ".join([f"{counts['written']:,} articles in {to}", *rest]), soft_wrap=True)


def _origin(record: BytesRecord, article: EnrichedArticle) -> Origin:
    """By header or event; an event of a producer that is not ours may have none, and counts by its own place."""
    header = next((value for name, value in record.headers if name == ORIGIN_HEADER), None)
    return parse_origin(header) or article.origin or Origin(record.topic, record.partition, record.offset)
