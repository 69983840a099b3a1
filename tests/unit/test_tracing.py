"""Traces: an article is followed through all stages under one trace; off unless it is asked for."""

import subprocess
import sys
from pathlib import Path

import faust
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from agents import classify, clean, dedupe, route, tracing
from agents.journal import Journal
from agents.record import Headers, Output, Record
from agents.settings import Settings
from agents.stage import Guard, Stage
from dateline import seeds

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01".encode()


class Way:
    """Takes a record through the real guards of all stages; a list in the place of the broker's topics."""

    def __init__(self, settings: Settings, exporter: InMemorySpanExporter) -> None:
        self.settings = settings
        self.delivered: list[tuple[Output, Headers]] = []
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        self.tracer = provider.get_tracer("of a test")

    async def through(self, stage: Stage, record: Record) -> dict[str, Record]:
        """Gives the records that come out, by topic."""
        guard = Guard(stage, self.settings, faust.App(f"of-a-test-{stage.name}"))
        guard._observer.tracer = self.tracer
        guard._journal = Journal(self.settings.data_dir / f"{stage.name}.inflight", 8)
        found: dict[str, Record] = {}

        async def deliver(output: Output, headers: Headers) -> None:
            topic = self.settings.topic(output.topic)
            found[output.topic] = Record(topic, 0, 0, output.key, output.value, headers, record.timestamp)

        guard._deliver = deliver  # type: ignore[method-assign]  # the broker alone is missing
        if stage.start:
            await stage.start()
        try:
            await guard._see_to(_Event(record), 0)  # type: ignore[arg-type]  # the one attribute that it reads
        finally:
            if stage.stop:
                await stage.stop()
        return found


class _Event:
    """What Faust hands over: an event is read for its message alone."""

    def __init__(self, record: Record) -> None:
        self.message = record


async def followed(folder: Path, exporter: InMemorySpanExporter, headers: Headers) -> dict[str, Record]:
    """The first seed on its way from raw to routed; the last records by topic."""
    settings = Settings(
        data_dir=folder, clean_children=1, clean_deadline=60.0, routes=Path(__file__).parents[2] / "deploy/routes.toml"
    )
    way = Way(settings, exporter)
    seed = next(record for name, record in seeds.load() if name == seeds.FIRST_SEED)
    record = Record("news.raw", 0, 7, seed.key, seed.value, headers, 1.0)
    at = (await way.through(clean.stage(settings), record))["clean"]
    at = (await way.through(dedupe.stage(settings), at))["unique"]
    at = (await way.through(classify.stage(settings), at))["enriched"]
    # Routed topics are made on the broker: the rules are followed in a test of their own.
    routed = route.stage(settings)

    async def work(_: Record) -> list[Output]:
        return [Output("topic.politics", at.key, at.value or b"")]

    return await way.through(Stage(routed.name, routed.consumes, work), at)


async def test_an_article_is_followed_through_all_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_TOPIC_ENCODER", "off")
    exporter = InMemorySpanExporter()
    out = await followed(tmp_path, exporter, [("traceparent", PARENT), ("tracestate", b"vendor=1")])
    spans = exporter.get_finished_spans()
    assert [span.name.split()[0] for span in spans] == ["clean", "dedupe", "classify", "route"]
    parent = int("b7ad6b7169203331", 16)
    for span in spans:
        assert span.context is not None
        assert span.parent is not None
        assert (span.context.trace_id, span.parent.span_id) == (int(TRACE, 16), parent)
        assert span.kind is SpanKind.CONSUMER
        assert (span.attributes or {})["dateline.origin"] == "news.raw/0/7"
        parent = span.context.span_id
    headers = dict(out["topic.politics"].headers)
    assert headers["traceparent"] == f"00-{TRACE}-{parent:016x}-01".encode()
    assert headers["tracestate"] == b"vendor=1"


def test_without_tracing_the_trace_travels_as_it_came() -> None:
    record = Record("news.raw", 0, 1, None, b"", [("traceparent", PARENT)])
    with tracing.span(None, "clean", record) as current:
        headers = dict(tracing.trace_headers(current, record.travelling_headers()))
    assert headers["traceparent"] == PARENT


async def test_a_trace_that_is_none_begins_a_new_one() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("of a test")
    record = Record("news.raw", 0, 1, None, b"", [("traceparent", b"\xff\0 no trace")])
    with tracing.span(tracer, "clean", record) as current:
        headers = dict(tracing.trace_headers(current, record.travelling_headers()))
    (span,) = exporter.get_finished_spans()
    assert span.parent is None
    assert span.context is not None
    assert headers["traceparent"].startswith(f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-".encode())


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
    ],
)
def test_the_standard_variables_switch_it_on(variables: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    assert tracing.wanted(variables) is expected


def test_without_the_extra_it_says_so_once() -> None:
    script = (
        "import sys, os; sys.modules['opentelemetry.sdk.trace'] = None;"
        "os.environ['OTEL_TRACES_EXPORTER'] = 'otlp';"
        "from agents.tracing import tracer; print(tracer('clean'))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "None\n"
    assert ended.stderr.count("dateline[tracing]") == 1
