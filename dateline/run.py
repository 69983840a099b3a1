"""`make run`: the whole pipeline on the embedded broker, with the seeds, to look at."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from agents import STAGES, topics
from agents.changelog import Reader
from agents.settings import Settings
from dateline import audit as audits
from dateline import brokers, feed, seeds
from dateline.supervisor import Supervisor

# The seeds take about half a minute on two cores; a hostile page may use up its deadline twice.
PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 2.0
PORT = 9092
GRACE_SECONDS = 30.0


def run(out: Console) -> int:
    """Run all of it. Gives the status of the audit; on a terminal stays up until Ctrl-C first."""
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
        try:
            out.print(f"broker on {address}, {len(STAGES)} stages, logs in {data / 'logs'}")
            names = [name for name, _ in seeds.load()]
            asyncio.run(feed.send(settings, (record for _, record in seeds.load()), lambda: None))
            out.print(f"fed {len(names)} seeds to {settings.topic('raw')}; waiting for their outcomes")
            result = _outcomes(settings, supervisor, len(names))
            out.print()
            out.print("The article that the project grew from, enriched:")
            out.print(json.dumps(asyncio.run(_first_seed(settings)), indent=2, ensure_ascii=False))
            out.print()
            out.print(audit_table(result))
            out.print("balanced" if result.balanced else "NOT balanced")
            if sys.stdout.isatty():
                out.print(f"\nUp until Ctrl-C. Feed it: DATELINE_BROKER={address} dateline feed FILE")
                until_signal(supervisor)
        finally:
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


async def _first_seed(settings: Settings) -> Any:
    """The enriched event of the first seed; None where there is none."""
    async with Reader(settings) as reader:
        async for record in reader.topic(settings.topic("enriched")):
            event = json.loads(record.value or b"{}")
            if event.get("meta", {}).get("seed") == seeds.FIRST_SEED:
                return event
    return None
