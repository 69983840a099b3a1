"""`dateline explain`: the whole judgement of a page without Kafka, by the children that the stages run."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeAlias

import typer

from agents.record import BadRecord, WorkFailed
from agents.settings import Settings, load
from agents.workers import ChildPool
from dateline import sources
from dateline.explain_view import show
from dateline.feed import RawRecord
from dateline.sources import EXPECTED, Format, Skip
from dateline.terminal import FAILED, REJECTED, WELL, fail, out
from pipeline.events import CleanArticle, DeadLetterReason, Relation, UniqueArticle

#: A memory that the articles of one call fit into many times over.
REMEMBERED: Final = 4096
#: File, position in it, and what stands there.
Named: TypeAlias = tuple[str, int, RawRecord | Skip]


@dataclass
class Judgement:
    """What became of one record. `event` is what would travel on the topic; `cut` the lines that cleaning left out."""

    file: str
    position: int
    #: enriched, duplicate, rejected, dead_letter, or unreadable where nothing would reach the pipeline at all.
    outcome: str
    event: dict[str, Any] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    #: Reason code and words of what is no article.
    reason: str = ""
    detail: str = ""


class Judge:
    """Cleans, compares and classifies records one after another: `async with Judge(settings)`."""

    def __init__(self, settings: Settings) -> None:
        self._clean = ChildPool(
            "dateline.explain_child:clean_and_compare",
            children=1,
            deadline=settings.clean_deadline,
            memory=settings.clean_memory,
            recycle=settings.clean_recycle,
        )
        self._classify = ChildPool(
            "agents.classify_child:classify_record",
            children=1,
            deadline=settings.classify_deadline,
            memory=settings.classify_memory,
            recycle=settings.classify_recycle,
        )
        # Loaded where it is used: its compiled code takes a second, which no other command needs.
        from pipeline.dedupe import Deduplicator  # noqa: PLC0415

        self._memory = Deduplicator(REMEMBERED)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for pool in (self._clean, self._classify):
            self._stack.push_async_callback(pool.stop)
        await asyncio.gather(self._clean.start(), self._classify.start())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def judge(self, name: str, position: int, record: RawRecord) -> Judgement:
        """Take one record through all stages."""
        try:
            topic, event, *cut = await self._clean.run(record.value or b"")
            if topic == b"rejected":
                no = json.loads(event)
                return Judgement(name, position, "rejected", no, reason=no["reason"], detail=no["detail"])
            article = CleanArticle.model_validate_json(event)
            verdict = self._memory.check(article)
            unique = UniqueArticle(**dict(article), verdict=verdict).model_dump_json(exclude_none=True).encode()
            lines = [line.decode() for line in cut]
            if verdict.relation not in (Relation.ORIGINAL, Relation.REVISION):
                return Judgement(name, position, "duplicate", json.loads(unique), lines)
            _, enriched, _ = await self._classify.run(unique)
            return Judgement(name, position, "enriched", json.loads(enriched), lines)
        except BadRecord as error:
            return Judgement(name, position, "dead_letter", reason=DeadLetterReason.INVALID, detail=str(error))
        except WorkFailed as error:
            return Judgement(name, position, "dead_letter", reason=error.reason, detail=str(error))


async def judgements(settings: Settings, found: Iterator[Named]) -> AsyncIterator[Judgement]:
    """Judge what was found, in order: each record meets those before it."""
    async with Judge(settings) as judge:
        for name, position, content in found:
            if isinstance(content, Skip):
                yield Judgement(name, position, "unreadable", reason=content.reason, detail=content.detail)
            else:
                yield await judge.judge(name, position, content)


def records(files: list[Path], wanted: Format | None, limit: int, settings: Settings) -> Iterator[Named]:
    """The first records of each file, without what archives hold beside pages; `-` is standard input."""
    for path in files:
        with _opened(path, settings) as file:
            found = sources.read(file, wanted or sources.sniff(file) or Format.TEXT)
            judged = (item for item in found if not (isinstance(item[1], Skip) and item[1].reason in EXPECTED))
            yield from ((file.name, *item) for item in islice(judged, limit))


def _opened(path: Path, settings: Settings) -> AbstractContextManager[sources.File]:
    if str(path) != "-":
        return sources.open_file(path, settings)
    # One byte more than is read, so that a page that is too large is said to be.
    content = sys.stdin.buffer.read(settings.feed_max_bytes + 1)
    return nullcontext(sources.of_bytes("standard input", content, settings))


def explain(
    files: Annotated[list[Path], typer.Argument(help="Pages, texts or events; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a record.")] = False,  # noqa: FBT002 - an option
    whole: Annotated[bool, typer.Option("--whole", help="All of the text and of what was cut.")] = False,  # noqa: FBT002 - an option
    wanted: Annotated[Format | None, typer.Option("--format", help="Else each file is looked at.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Records of a file that holds many.")] = 20,
) -> None:
    """Judge pages without Kafka: what is cut and kept, what the article is about and where, and why.

    Takes HTML, text, raw events, and whatever else `dateline feed` takes. Several files are judged in their order, so
    that each says what it is to those before it.
    """
    settings = load()
    for path in files:
        if str(path) != "-" and not path.is_file():
            fail(f"{path} is no file\nA folder is named by its files: dateline explain {path}/*")
    outcomes = asyncio.run(_explain(settings, records(files, wanted, limit, settings), as_json=as_json, whole=whole))
    if not outcomes:
        fail("nothing in there could be judged\n`dateline feed --skipped FILE` would say what it holds")
    bad = outcomes & {"unreadable", "dead_letter"}
    raise typer.Exit(FAILED if bad else REJECTED if "rejected" in outcomes else WELL)


async def _explain(settings: Settings, found: Iterator[Named], *, as_json: bool, whole: bool) -> set[str]:
    outcomes = set()
    names: dict[str, str] = {}
    async for judgement in judgements(settings, found):
        outcomes.add(judgement.outcome)
        if as_json:
            sys.stdout.write(json.dumps(vars(judgement)) + "\n")
        else:
            show(out, vars(judgement), names, whole=whole)
        names.setdefault(judgement.event.get("id", ""), f"{judgement.file}:{judgement.position}")
    return outcomes
