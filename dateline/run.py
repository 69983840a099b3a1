"""`make run`: the whole pipeline on the embedded broker, with the seeds, to look at."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from agents import STAGES, topics
from agents.changelog import Reader
from agents.settings import Settings
from dateline import audit as audits
from dateline import brokers, feed, seeds, serve
from dateline.supervisor import Supervisor

# The seeds take about half a minute on two cores; a hostile page may use up its deadline twice.
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 2.0
PORT = 9092
PAGE_PORT = 8040
GRACE_SECONDS = 30.0


def run(out: Console, *, stay: bool) -> int:
    """Run all of it. Gives the status of the audit, once Ctrl-C ends it where it is to stay up."""
    from dateline.cli import audit_table, until_signal  # noqa: PLC0415 - the command line imports this module

    data = Path(os.environ.get("DATELINE_DATA_DIR", "var")) / "run"
    with brokers.embedded(data / "broker.log", PORT) as address:
        # The embedded broker knows no static membership (notes: a returning worker never got its partitions).
        environment = {
            "DATELINE_BROKER": address,
            "DATELINE_STATIC_MEMBERSHIP": "false",
            "DATELINE_DATA_DIR": str(data),
        }
        environment["DATELINE_INSTANCE"] = f"run-{os.getpid()}"
        settings = Settings(broker=address, static_membership=False, data_dir=data)
        asyncio.run(topics.create(settings, topics.specs(settings)))
        supervisor = Supervisor(dict.fromkeys(STAGES, 1), environment, data / "logs", GRACE_SECONDS)
        supervisor.start()
        page = ExitStack()
        try:
            address_of_page = page.enter_context(
                serve.beside(environment, brokers.free_port(PAGE_PORT), data / "logs" / "serve.log")
            )
            out.print(f"the live page: {address_of_page}")
            out.print(f"broker on {address}, {len(STAGES)} stages, logs in {data / 'logs'}")
            names = [name for name, _ in seeds.load()]
            # What arrives first is the original: the first seed goes ahead, so that its copies meet it.
            for ahead in (True, False):
                chosen = [record for name, record in seeds.load() if (name == seeds.FIRST_SEED) is ahead]
                asyncio.run(feed.send(settings, chosen, lambda: None))
                out.print(f"fed {len(chosen)} of the seeds to {settings.topic('raw')}; waiting for their outcomes")
                result = _outcomes(settings, supervisor, 1 if ahead else len(names))
            out.print()
            out.print("The article that the project grew from, enriched:")
            first = asyncio.run(_first(settings, "enriched", lambda event: _seed_of(event) == seeds.FIRST_SEED))
            out.print(json.dumps(first, indent=2, ensure_ascii=False))
            out.print("and the verdict on one of its copies:")
            original = (first or {}).get("id")
            copy = asyncio.run(
                _first(settings, "duplicates", lambda event: event["verdict"]["duplicate_of"] == original)
            )
            out.print(json.dumps((copy or {}).get("verdict"), indent=2, ensure_ascii=False))
            out.print()
            out.print(audit_table(result))
            out.print("balanced" if result.balanced else "NOT balanced")
            if stay:
                out.print(f"\nUp until Ctrl-C. Feed it: DATELINE_BROKER={address} dateline feed FILE")
                out.print(f"Look at it: {address_of_page}")
                until_signal(supervisor)
        finally:
            page.close()
            supervisor.stop()
    return 0 if result.balanced and result.raw >= len(names) else 1


def _outcomes(settings: Settings, supervisor: Supervisor, fed: int) -> audits.Audit:
    """Audit until every record has its outcome, or patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        supervisor.mend()
        result = asyncio.run(audits.audit(settings))
        if (result.balanced and result.raw >= fed) or time.monotonic() > deadline:
            return result
        time.sleep(LOOK_SECONDS)


async def _first(settings: Settings, topic: str, wanted: Callable[[Any], bool]) -> Any:
    """The first event of a topic that is wanted; None where there is none."""
    async with Reader(settings) as reader:
        async for record in reader.topic(settings.topic(topic)):
            event = json.loads(record.value or b"{}")
            if event and wanted(event):
                return event
    return None


def _seed_of(event: Any) -> Any:
    return event.get("meta", {}).get("seed")
