"""The command line: `dateline --help`."""

import asyncio
import json
import logging
import signal
import sys
import time
from collections.abc import Coroutine, Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from agents import STAGES
from agents import topics as broker_topics
from agents.settings import Settings
from dateline import audit as audits
from dateline import brokers, contract, feed, run
from dateline import serve as pages
from dateline.supervisor import Supervisor

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Raw articles in, enriched events out, nothing lost."
)
# Text from events goes through markup=False everywhere: news is hostile.
out = Console(markup=False, highlight=False)
err = Console(stderr=True, markup=False, highlight=False)

T = TypeVar("T")

HEARTBEAT_STALE_SECONDS = 15.0
MEND_SECONDS = 0.5


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with status 1."""
    err.print(f"dateline: {message}")
    raise typer.Exit(1)


@app.callback()
def main() -> None:
    """Settings come from DATELINE_* variables; agents/settings.py lists them."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # aiokafka reports every connection that it tries again; the commands say it once, in their own words.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@app.command()
def topics() -> None:
    """Create the topics that are not there yet."""
    settings = Settings()
    created = _ask(settings, broker_topics.create(settings, broker_topics.specs(settings)))
    out.print(f"created {', '.join(created)}" if created else "every topic is there")
    problems = _ask(settings, broker_topics.missing(settings))
    if problems:
        fail("; ".join(problems))


@app.command()
def up(
    stages: Annotated[str, typer.Option(help="Which stages, separated by commas; name=2 starts two.")] = ",".join(
        STAGES
    ),
    grace: Annotated[float, typer.Option(help="Seconds that records in flight may take at a stop.")] = 60.0,
) -> None:
    """Run stages as processes, and start again what dies, until Ctrl-C or SIGTERM."""
    settings = Settings()
    supervisor = Supervisor(
        _counts(stages), {"DATELINE_INSTANCE": settings.instance}, settings.data_dir / "logs", grace
    )
    supervisor.start()
    out.print(f"{len(supervisor.pids())} workers; logs in {settings.data_dir / 'logs'}")
    until_signal(supervisor)


@app.command(name="feed")
def feed_(files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Send JSON Lines of RawArticle to news.raw. Bad lines are named and counted; status 1 if there were any."""
    settings = Settings()
    bad: list[feed.BadLine] = []
    sent = 0

    def good_records() -> Iterator[feed.RawRecord]:
        for path in files:
            for item in feed.read(path):
                if isinstance(item, feed.BadLine):
                    bad.append(item)
                    err.print(str(item))
                else:
                    yield item

    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn(), console=err) as progress:
        task = progress.add_task("feeding", total=sum(_lines(path) for path in files))

        def count() -> None:
            nonlocal sent
            sent += 1
            progress.update(task, completed=sent + len(bad))

        _ask(settings, feed.send(settings, good_records(), count))
    out.print(f"{sent} sent, {len(bad)} bad lines")
    raise typer.Exit(1 if bad else 0)


@app.command()
def audit(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,  # noqa: FBT002 - an option
    wait: Annotated[float, typer.Option(help="Seconds to wait until nothing is missing any more.")] = 0.0,
) -> None:
    """Prove that every raw record has exactly one outcome. Status 0 only if nothing is missing or conflicting."""
    settings = Settings()
    deadline = time.monotonic() + wait
    result = _ask(settings, audits.audit(settings))
    while not result.balanced and time.monotonic() < deadline:
        time.sleep(1.0)
        result = _ask(settings, audits.audit(settings))
    out.print_json(json.dumps(asdict(result))) if as_json else out.print(audit_table(result))
    raise typer.Exit(0 if result.balanced else 1)


def audit_table(result: audits.Audit) -> Table:
    """The audit as a table for people."""
    table = Table("origins", "", box=None)
    rows = asdict(result)
    for name in (
        "raw",
        "enriched",
        "duplicates",
        "rejected",
        "dead_letters",
        "missing",
        "conflicting",
        "repeated",
        "recovered",
    ):
        table.add_row(name.replace("_", " "), f"{rows[name]:,}")
    for reason, count in result.reasons.items():
        table.add_row(f"  {reason}", f"{count:,}")
    for name in ("missing", "conflicting"):
        for origin in rows[f"{name}_origins"]:
            table.add_row(f"  {name}: {origin}", "")
    return table


@app.command(name="contract")
def contract_() -> None:
    """Write JSON Schemas and the AsyncAPI document to docs/contract."""
    for path in contract.write():
        out.print(str(path))


@app.command()
def health(stage: str) -> None:
    """Status 0 if this instance's worker of a stage has shown a heartbeat of late: for container health checks."""
    settings = Settings()
    path = settings.data_dir / f"{stage}-{settings.instance}.heartbeat"
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        fail(f"{path} is not there: the worker has not started")
    if age > HEARTBEAT_STALE_SECONDS:
        fail(f"the last heartbeat is {age:.0f} s old")


@app.command(name="run")
def run_(
    stay: Annotated[
        bool | None, typer.Option("--stay/--once", help="Stay up until Ctrl-C, or end. Default: stay on a terminal.")
    ] = None,
) -> None:
    """The main job on the embedded broker: all stages, the live page, the seeds, a summary, the audit."""
    raise typer.Exit(run.run(out, stay=sys.stdout.isatty() if stay is None else stay))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; it asks for no password.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve the live page until Ctrl-C. Example: dateline serve --port 8040."""
    given = {"dashboard_host": host, "dashboard_port": port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        pages.serve(settings, lambda address: out.print(f"the live page: {address}"))
    except OSError as error:
        fail(f"cannot listen on {settings.dashboard_host}:{settings.dashboard_port}: {error.strerror}; try --port 0")
    except KeyboardInterrupt:
        pass


@app.command()
def broker(
    kind: Annotated[str, typer.Argument(help="embedded or kafka")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 9092,
) -> None:
    """Run a broker until Ctrl-C: the embedded one (in memory), or Apache Kafka on Java."""
    data = Settings().data_dir
    if kind == "kafka":
        running = brokers.kafka(Path("deploy/kafka"), data / "kafka", data / "kafka.log", port)
    elif kind == "embedded":
        running = brokers.embedded(data / "embedded.log", port)
    else:
        fail("embedded or kafka")
    try:
        with running as address:
            out.print(f"{kind} broker on {address}; DATELINE_BROKER={address}")
            signal.pause()
    except brokers.BrokerFailed as error:
        fail(str(error))
    except KeyboardInterrupt:
        pass


def until_signal(supervisor: Supervisor) -> None:
    """Mend the workers until SIGINT or SIGTERM, then stop them."""
    stop = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stop
        stop = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    while not stop:
        supervisor.mend()
        time.sleep(MEND_SECONDS)
    supervisor.stop()


def _counts(stages: str) -> dict[str, int]:
    """`clean=2,dedupe` as numbers of workers by stage."""
    counts = {}
    for item in stages.split(","):
        name, _, count = item.strip().partition("=")
        if name not in STAGES or not (count or "1").isdecimal():
            fail(f"{item!r} is no stage; the stages are {', '.join(STAGES)}")
        counts[name] = int(count or 1)
    return counts


def _lines(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _ask(settings: Settings, request: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(request)
    except (KafkaError, OSError) as error:
        fail(f"the broker at {settings.broker} does not answer or refuses: {error!r}")
