"""Stages with faults, as real workers: `python -m tests.integration.faulty NAME`.

Each is a real stage of the house with its work slowed or broken; the guard around it is the one that ships.
"""

import asyncio
import dataclasses
import json
import os
import sys
import time

from agents import clean, dedupe
from agents.__main__ import run
from agents.record import Output, Record
from agents.settings import Settings
from agents.stage import Stage

SLOW_SECONDS = 0.1


def slow(stage: Stage) -> Stage:
    """A stage whose records stay in flight long enough to be met there."""
    work = stage.work

    async def slowed(record: Record) -> object:
        outputs = await work(record)
        await asyncio.sleep(SLOW_SECONDS)
        return outputs

    return dataclasses.replace(stage, work=slowed)  # type: ignore[arg-type]  # it returns what `work` returns


def raising(settings: Settings) -> Stage:
    """clean, raising once or always where the article says so."""
    stage = clean.stage(settings)
    tried: set[str] = set()

    async def work(record: Record) -> object:
        url = json.loads(record.value or b"{}").get("url", "")
        if "raise-always" in url:
            raise RuntimeError("a bug in the work")
        if "raise-once" in url and url not in tried:
            tried.add(url)
            raise RuntimeError("a passing fault")
        return await stage.work(record)

    return dataclasses.replace(stage, work=work)  # type: ignore[arg-type]  # as above


def killing(settings: Settings) -> Stage:
    """dedupe, whose whole worker dies of one article."""
    stage = dedupe.stage(settings)

    async def work(record: Record) -> object:
        if b"kill-the-worker" in (record.value or b""):
            await asyncio.sleep(SLOW_SECONDS)  # so that its neighbours are in flight, too
            os._exit(9)
        return await stage.work(record)

    return dataclasses.replace(stage, work=work)  # type: ignore[arg-type]  # as above


def freezing(settings: Settings) -> Stage:
    """dedupe, whose work on one article never ends, and on another never lets the event loop go on."""
    stage = dedupe.stage(settings)

    async def work(record: Record) -> object:
        if b"freeze-the-work" in (record.value or b""):
            await asyncio.Event().wait()
        if b"freeze-the-loop" in (record.value or b""):
            time.sleep(3600)  # noqa: ASYNC251 - that is the fault
        return await stage.work(record)

    return dataclasses.replace(stage, work=work)  # type: ignore[arg-type]  # as above


def refused(settings: Settings) -> Stage:
    """clean, whose outputs go to a topic that takes next to nothing."""
    stage = clean.stage(settings)

    async def work(record: Record) -> list[Output]:
        return [dataclasses.replace(output, topic="small") for output in await stage.work(record)]

    return dataclasses.replace(stage, work=work)


def main() -> None:
    settings = Settings()
    name = sys.argv[1]
    if name == "poison":
        stage = clean.stage(settings, target="tests.integration.faulty_child:work")
    elif name in ("raising", "killing", "freezing", "refused"):
        stage = {"raising": raising, "killing": killing, "freezing": freezing, "refused": refused}[name](settings)
    else:
        module = __import__(f"agents.{name}", fromlist=["stage"])
        stage = slow(module.stage(settings))
    run(stage, settings)


if __name__ == "__main__":
    main()
