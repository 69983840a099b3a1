"""The command line: `dateline --help`."""

import json
import logging
import signal
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table

from agents import STAGES
from agents import topics as broker_topics
from agents.settings import Settings
from dateline import audit as audits
from dateline import brokers, contract, explain, export, feeding, run, status_view
from dateline.supervisor import Supervisor
from dateline.terminal import Commands, ask, closing, fail, out

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Raw articles in, enriched events out, nothing lost.",
)
HEARTBEAT_STALE_SECONDS = 15.0
MEND_SECONDS = 0.5


@app.callback()
def main() -> None:
    """Settings come from DATELINE_* variables; agents/settings.py lists them."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # aiokafka reports every connection that it tries again; the commands say it once, in their own words.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@app.command(epilog=closing("dateline topics", "0 every topic is there", "1 one is missing or too small"))
def topics() -> None:
    """Create the topics that are not there yet."""
    settings = Settings()
    created = ask(settings, broker_topics.create(settings, broker_topics.specs(settings)))
    out.print(f"created {', '.join(created)}" if created else "every topic is there")
    problems = ask(settings, broker_topics.missing(settings))
    if problems:
        fail("; ".join(problems))


@app.command(epilog=closing("dateline up --stages clean=2,dedupe", "0 stopped by a signal", "1 no such stage"))
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


app.command(
    name="feed", epilog=closing("dateline feed CC-NEWS-20260801.warc.gz --resume", "0 sent", "1 files held faults")
)(feeding.feed_)


app.command(
    epilog=closing(
        "dateline explain page.html other.html",
        "0 every record is an article",
        "1 one could not be read or judged",
        "3 one is no article",
    )
)(explain.explain)

app.command(name="status", epilog=closing("dateline status --watch", "0 every stage has a worker", "1 one has none"))(
    status_view.status_
)
app.command(
    name="export",
    epilog=closing("dateline export --since 7d --where topic=sport,country=FR --to sport.parquet", "0 written"),
)(export.export_)


@app.command(epilog=closing("dateline audit --wait 120", "0 balanced", "1 something is missing or conflicts"))
def audit(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,  # noqa: FBT002 - an option
    wait: Annotated[float, typer.Option(help="Seconds to wait until nothing is missing any more.")] = 0.0,
) -> None:
    """Prove that every raw record has exactly one outcome. Status 0 only if nothing is missing or conflicting."""
    settings = Settings()
    deadline = time.monotonic() + wait
    result = ask(settings, audits.audit(settings))
    while not result.balanced and time.monotonic() < deadline:
        time.sleep(1.0)
        result = ask(settings, audits.audit(settings))
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


@app.command(name="contract", epilog=closing("dateline contract"))
def contract_() -> None:
    """Write JSON Schemas and the AsyncAPI document to docs/contract."""
    for path in contract.write():
        out.print(str(path))


@app.command(epilog=closing("dateline health clean", "0 it beats", "1 it does not"))
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


@app.command(name="run", epilog=closing("dateline run", "0 balanced", "1 something is missing or conflicts"))
def run_() -> None:
    """The main job on the embedded broker: all stages, the seeds, a summary, the audit."""
    raise typer.Exit(run.run(out))


@app.command(epilog=closing("dateline broker embedded --port 9092", "0 stopped by Ctrl-C", "1 it did not start"))
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
