"""What a guard tells of its records, and what becomes of it: metrics, spans, the heartbeat."""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from opentelemetry.trace import Span, Tracer

from agents import health
from agents.metrics import Metrics
from agents.progress import Progress
from agents.record import TIME_HEADER, Headers, Output, Record, WorkFailed
from agents.settings import Settings
from agents.tracing import span, trace_headers, tracer
from pipeline.events import DeadLetterReason

log = logging.getLogger(__name__)

#: Topics whose records end a raw record's way.
OUTCOMES = ("enriched", "duplicates", "rejected", "deadletter")
HEARTBEAT_SECONDS = 1.0
#: A client of the metrics that stays silent for so long is hung up on.
REQUEST_SECONDS = 5.0


class Seen:
    """One record while a stage works on it."""

    def __init__(self, stage: str, metrics: Metrics, record: Record, current: Span) -> None:
        self._stage = stage
        self._metrics = metrics
        self._record = record
        self._span = current
        self._started = time.perf_counter()

    def worked(self) -> Headers:
        """The work has its outputs; gives their headers."""
        spent = time.perf_counter() - self._started
        self._metrics.observe("work_seconds", spent)
        headers = trace_headers(self._span, self._record.travelling_headers())
        return [*headers, (f"{TIME_HEADER}{self._stage}", b"%.1f" % (spent * 1000))]

    def delivered(self, outputs: Sequence[Output]) -> None:
        """The broker has the outputs."""
        metrics, now = self._metrics, time.time()
        for output in outputs:
            topic, facts = output.topic, output.facts
            metrics.count("outcomes_total", topic, facts.reason)
            self._span.set_attribute("dateline.outcome", topic)
            for code in facts.topics:
                metrics.count_code("articles_by_topic_total", code)
            for code in facts.countries:
                metrics.count_code("articles_by_country_total", code)
            if topic in OUTCOMES:
                metrics.observe("end_to_end_seconds", now - self._record.raw_time, topic)
                if facts.fetched_at is not None:
                    metrics.observe("since_fetch_seconds", now - facts.fetched_at, topic)


class Observer:
    """The one object that a guard reports to."""

    def __init__(
        self,
        stage: str,
        settings: Settings,
        app: faust.App,
        in_flight: Callable[[], int],
        braked: Callable[[], str | None],
        gauges: Mapping[str, Callable[[], float]],
    ) -> None:
        self._stage = stage
        self._settings = settings
        self._app = app
        self._in_flight = in_flight
        self._braked = braked
        self._started = False
        self._published: Counter[str] = Counter()
        self._prefix = settings.topic("")
        self.path = health.heartbeat(settings.data_dir, stage, settings.instance)
        self.tracer: Tracer | None = tracer(stage)
        self.progress = Progress(app, settings.stuck_after, settings.restore_patience)
        self.metrics = Metrics(stage)
        self.metrics.ask(
            {
                "in_flight_records": in_flight,
                "restarts": lambda: settings.restarts,
                "live": lambda: health.judge(self.path).live,
                "ready": lambda: health.judge(self.path).ready,
                **gauges,
            }
        )

    @contextmanager
    def record(self, record: Record) -> Iterator[Seen]:
        """From the start of the work on a record to the delivery of its outputs."""
        self.metrics.count("records_total", record.topic.removeprefix(self._prefix))
        self.metrics.observe("queue_seconds", time.time() - record.timestamp)
        with span(self.tracer, self._stage, record) as current:
            yield Seen(self._stage, self.metrics, record, current)

    def failed(self, error: Exception) -> None:
        """An attempt at a record failed."""
        reason = error.reason if isinstance(error, WorkFailed) else DeadLetterReason.FAILED
        self.metrics.count("failed_attempts_total", reason)
        if reason is DeadLetterReason.TIMEOUT:
            self.metrics.count("deadline_hits_total")
        elif reason is DeadLetterReason.CHILD_DIED:
            self.metrics.count("child_deaths_total")

    def delivered(self, seen: Seen, outputs: Sequence[Output]) -> None:
        """The outputs of a record are with the broker."""
        seen.delivered(outputs)
        self._published.update(output.topic for output in outputs)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Until the stage has what it needs to work: not ready."""
        yield
        self._started = True

    @contextmanager
    def restoring(self, partition: TP) -> Iterator[None]:
        """While the state of a partition is read back: not ready."""
        self.progress.restoring = partition
        yield
        self.progress.restoring = None

    async def beat(self) -> None:
        """Write the heartbeat once a second, and serve the metrics where a port is set."""
        if self._settings.metrics_port:
            try:
                serve(self.metrics, self.path, self._settings.metrics_host, self._settings.metrics_port)
            except OSError as error:  # an operator who sees less is better than a stage that stands
                log.warning("metrics are not served on port %d: %s", self._settings.metrics_port, error)
        asking = asyncio.create_task(self.progress.watch())
        try:
            while not self._app.should_stop:
                if asking.done():
                    await asking  # a bug in it is raised here
                health.write(self.path, self._look())
                await asyncio.sleep(HEARTBEAT_SECONDS)
        finally:
            asking.cancel()

    def _look(self) -> dict[str, Any]:
        """The heartbeat as it is now; sets the lag among the metrics, too."""
        self.progress.look()
        self.metrics.lag(
            {
                (place.topic.removeprefix(self._prefix), place.partition): partition.lag
                for place, partition in self.progress.partitions.items()
            }
        )
        stuck, since = self.progress.stuck()
        if braked := self._braked():
            stuck, since = "", 0.0  # it waits for a person: a new worker would only make more dead letters
        return {
            "ready": self._started and self.progress.assigned and not self.progress.restoring and not braked,
            "braked": braked or "",
            "stuck": stuck,
            "stuck_seconds": round(since, 1),
            "in_flight": self._in_flight(),
            "published": self._published,
            "partitions": self.progress.report(),
        }


def serve(metrics: Metrics, heartbeat: Path, host: str, port: int) -> int:
    """Serve /metrics, /live and /ready from a thread, which answers while the event loop hangs; gives the port.

    Raises OSError where the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_GET(self) -> None:
            found = health.judge(heartbeat)
            well = {"/metrics": True, "/live": found.live, "/ready": found.ready}.get(self.path)
            if self.path == "/metrics":
                body = metrics.text()
            else:
                body = f"{found.reason or ('yes' if well else 'no')}\n".encode()
            self.send_response(404 if well is None else 200 if well else 503)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """A question is no event worth a line."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])
