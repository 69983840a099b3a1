"""`dateline status`: what is going on, at a glance, for machines, or again and again."""

import json
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table

from agents.settings import Settings, load
from dateline.status import OUTCOMES, Status, Watch
from dateline.terminal import FAILED, WELL, ask, out, safe

INTERVAL_SECONDS: Final = 1.0


def view(status: Status) -> Group:
    """The status as tables for people."""
    stages = Table("stage", "workers", "in flight", "waiting", "a second", box=None, padding=(0, 3, 0, 0))
    for name, stage in status.stages.items():
        style = None if stage.workers else "red"
        stages.add_row(
            name, f"{stage.workers}", f"{stage.in_flight:,}", f"{stage.lag:,}", f"{stage.rate:,.1f}", style=style
        )
    topics = Table("topic", "records", "a second", box=None, padding=(0, 3, 0, 0))
    for name in OUTCOMES:
        topics.add_row(name, f"{status.topics[name]:,}", f"{status.rates[name]:,.1f}")
    errors = Table("last errors", "", "", box=None, padding=(0, 3, 0, 0))
    for row in status.errors:
        when, what = f"{row['time'] or ''}"[:19], f"{row['stage']}: {row['reason']}"
        errors.add_row(safe(when), safe(what), safe(f"{row['error'] or ''}"[:200]))
    if not status.errors:
        errors.add_row("none", "", "")
    return Group(stages, "", topics, "", errors)


def status_(
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until Ctrl-C.")] = False,  # noqa: FBT002 - an option
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a look.")] = False,  # noqa: FBT002 - an option
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds that rates are taken over.")] = INTERVAL_SECONDS,
) -> None:
    """Stages, waiting records, rates, outcomes and the last errors, at a glance.

    All comes from the broker but the records in flight, which workers note in DATELINE_DATA_DIR.
    """
    settings = load()
    last = ask(settings, _status(settings, interval, watch=watch, as_json=as_json))
    raise typer.Exit(WELL if last.well else FAILED)


async def _status(settings: Settings, interval: float, *, watch: bool, as_json: bool) -> Status:
    """Print what is seen, once or until Ctrl-C; gives the last of it."""
    shown = Live(console=out, auto_refresh=False, screen=watch) if watch and out.is_terminal and not as_json else None
    async with Watch(settings) as watching:
        if shown:
            shown.start()
        try:
            async for status in watching.looks(interval):
                if as_json:
                    out.print(json.dumps(asdict(status)), soft_wrap=True)
                elif shown:
                    shown.update(view(status), refresh=True)
                else:
                    out.print(view(status))
                if not watch:
                    break
        finally:
            if shown:
                shown.stop()
    return status
