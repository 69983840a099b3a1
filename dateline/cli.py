"""The command line: `dateline --help`."""

import getpass
import json
import signal
import socket
import sys
import time
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table

from agents import STAGES, logs
from agents import health as health_of
from agents import topics as broker_topics
from agents.settings import load
from dateline import audit as audits
from dateline import brokers, contract, diff, explain, export, feeding, replay, run, status_view
from dateline import serve as pages
from dateline.letters import Wanted
from dateline.notes import Busy, Policy
from dateline.supervisor import Supervisor
from dateline.terminal import Commands, ask, brief, closing, fail, out
from pipeline.events import DeadLetterReason

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Raw articles in, enriched events out, nothing lost.",
)
MEND_SECONDS = 0.5


@app.callback()
def main() -> None:
    """Settings come from DATELINE_* variables; agents/settings.py lists them."""
    # aiokafka reports every connection that it tries again; the commands say it once, in their own words.
    logs.set_up(load().log_format, {"agents": "INFO", "dateline": "INFO", "aiokafka": "CRITICAL"})


@app.command(epilog=closing("dateline topics", "0 every topic is there", "1 one is missing or too small"))
def topics() -> None:
    """Create the topics that are not there yet."""
    settings = load()
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
    suffix: Annotated[str, typer.Option(help="Run beside the others: news.raw from its beginning, own topics.")] = "",
) -> None:
    """Run stages as processes, and start again what dies, until Ctrl-C or SIGTERM."""
    settings = load(suffix=suffix)
    environment = {"DATELINE_INSTANCE": settings.instance}
    folder = settings.data_dir / "logs"
    if suffix:
        ask(settings, broker_topics.create(settings, broker_topics.specs(settings)))
        # Workers of both runs may share a data directory: what they keep there has the instance's name.
        environment = {"DATELINE_INSTANCE": f"{settings.instance}-{suffix}", "DATELINE_SUFFIX": suffix}
        folder = settings.data_dir / f"logs-{suffix}"
    supervisor = Supervisor(_counts(stages), environment, folder, grace, settings.restart_after)
    supervisor.start()
    out.print(f"{len(supervisor.pids())} workers; logs in {folder}")
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
    settings = load()
    deadline = time.monotonic() + wait
    result = ask(settings, audits.audit(settings))
    while not result.balanced and time.monotonic() < deadline:
        time.sleep(1.0)
        result = ask(settings, audits.audit(settings))
    out.print_json(json.dumps(asdict(result))) if as_json else out.print(audit_table(result))
    raise typer.Exit(0 if result.balanced else 1)


@app.command(
    name="replay",
    epilog=closing(
        "dateline replay --reason timeout --execute", "0 counted, or put back", "1 policy stop ended the run"
    ),
)
def replay_(
    stage: Annotated[str | None, typer.Option(help="Only dead letters of this stage.")] = None,
    reason: Annotated[DeadLetterReason | None, typer.Option(help="Only with this reason.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only those from this time on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only those before this time, UTC.")] = None,
    url: Annotated[str | None, typer.Option(help="Only those whose URL has this in it.")] = None,
    policy: Annotated[Policy, typer.Option(help="Put back, give up, or put back until one dies again.")] = (
        Policy.REINSERT
    ),
    # Enough to see whether the cause is mended, few enough that the brake is not met if it is not.
    limit: Annotated[int, typer.Option(min=1, help="Settle no more than this.")] = 50,
    by: Annotated[str, typer.Option(help="Who does this, for the notes.")] = "",
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without this it is counted only.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Put dead letters back to where they came from. Status 1 if policy stop ended the run."""
    settings = load()
    wanted = Wanted(stage, reason, since and utc(since), until and utc(until), url)
    by = by or f"{getpass.getuser()}@{socket.gethostname()}"
    try:
        report = ask(settings, replay.replay(settings, wanted, policy=policy, limit=limit, by=by, execute=execute))
    except Busy as busy:
        fail(str(busy))
    table = Table("dead letters", "", box=None)
    done = "dropped" if policy is Policy.DROP else "put back"
    table.add_row("read", f"{report.read:,}")
    table.add_row(done if execute else f"would be {done}", f"{report.done:,}")
    for what, count in sorted(report.reasons.items()):
        table.add_row(f"  {brief(what)}", f"{count:,}")
    table.add_row("settled before", f"{report.settled:,}")
    table.add_row("cannot be put back: digest and head only, or nothing", f"{report.cannot:,}")
    table.add_row("beyond the limit", f"{report.beyond_limit:,}")
    table.add_row("not asked for", f"{report.unwanted:,}")
    table.add_row("no dead letters of this house", f"{report.unreadable:,}")
    out.print(table)
    if not execute:
        out.print("Nothing was written: --execute does it.")
    if report.stopped:
        fail(f"stopped: {brief(report.stopped)}")


def utc(time: datetime) -> datetime:
    """A time of the command line, which has no offset, is UTC."""
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


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
        "replayed",
        "dropped",
    ):
        table.add_row(name.replace("_", " "), f"{rows[name]:,}")
    for reason, count in result.reasons.items():
        table.add_row(f"  {reason}", f"{count:,}")
    for name in ("missing", "conflicting"):
        for origin in rows[f"{name}_origins"]:
            table.add_row(f"  {name}: {origin}", "")
    return table


@app.command(name="diff", epilog=closing("dateline diff --suffix v2", "0 compared"))
def diff_(
    suffix: Annotated[str, typer.Option(help="The run to judge: `dateline up --suffix`.")],
    against: Annotated[str, typer.Option(help="Suffix of the run to compare with; that without one by default.")] = "",
    examples: Annotated[int, typer.Option(min=0, help="So many of each kind of change.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Compare the outcomes of two runs over the same raw records: counts by kind of change, and examples."""
    before, after = (ask(load(suffix=run), diff.outcomes(load(suffix=run))) for run in (against, suffix))
    found = diff.compare(before, after, examples)
    if as_json:
        shown = {kind: [example._asdict() for example in some] for kind, some in found.examples.items()}
        out.print_json(json.dumps({**vars(found), "examples": shown}), ensure_ascii=True)
        return
    table = Table("articles", "", box=None)
    for name in ("compared", "same", "only_before", "only_after"):
        table.add_row(name.replace("_", " "), f"{getattr(found, name):,}")
    for kind, count in found.changes.most_common():
        table.add_row(f"  {kind}", f"{count:,}")
    out.print(table)
    for kind, some in found.examples.items():
        out.print(f"\n{kind}")
        for example in some:
            out.print(f"  {brief(example.origin)} {brief(example.url)}")
            out.print(f"    - {brief(example.before)}\n    + {brief(example.after)}")


@app.command(name="contract", epilog=closing("dateline contract"))
def contract_() -> None:
    """Write JSON Schemas and the AsyncAPI document to docs/contract."""
    for path in contract.write():
        out.print(str(path))


@app.command(epilog=closing("dateline health clean", "0 it is live", "1 it is not, or has braked"))
def health(
    stage: str,
    ready: Annotated[bool, typer.Option("--ready", help="Ask for partitions and their state, too.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Status 0 if this instance's worker of a stage is live: its partitions move, or have nothing to do."""
    settings = load()
    found = health_of.judge(health_of.heartbeat(settings.data_dir, stage, settings.instance))
    if not found.live:
        fail(found.reason)
    if found.braked:
        fail(f"{stage} has braked: {found.braked}; mend the cause and restart it")
    if ready and not found.ready:
        fail("no partition is assigned yet, or its state is still being read")


@app.command(name="run", epilog=closing("dateline run", "0 balanced", "1 something is missing or conflicts"))
def run_(
    stay: Annotated[
        bool | None, typer.Option("--stay/--once", help="Stay up until Ctrl-C, or end. Default: stay on a terminal.")
    ] = None,
) -> None:
    """The main job on the embedded broker: all stages, the live page, the seeds, a summary, the audit."""
    raise typer.Exit(run.run(out, stay=sys.stdout.isatty() if stay is None else stay))


@app.command(epilog=closing("dateline serve --port 8040", "0 stopped by Ctrl-C", "1 it cannot listen"))
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; it asks for no password.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve the live page until Ctrl-C."""
    given = {"dashboard_host": host, "dashboard_port": port}
    settings = load(**{name: value for name, value in given.items() if value is not None})
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        pages.serve(settings, lambda address: out.print(f"the live page: {address}"))
    except OSError as error:
        fail(f"cannot listen on {settings.dashboard_host}:{settings.dashboard_port}: {error.strerror}; try --port 0")
    except KeyboardInterrupt:
        pass


@app.command(epilog=closing("dateline broker embedded --port 9092", "0 stopped by Ctrl-C", "1 it did not start"))
def broker(
    kind: Annotated[str, typer.Argument(help="embedded or kafka")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 9092,
) -> None:
    """Run a broker until Ctrl-C: the embedded one (in memory), or Apache Kafka on Java."""
    data = load().data_dir
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
