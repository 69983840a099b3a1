"""Spans of OpenTelemetry, one for each record and stage; off unless the standard OTEL_* variables ask for them.

The W3C `traceparent` of a record is the parent of its span, and its outputs carry the span as theirs. Where tracing
is off the headers travel on as they came.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import propagate, trace

from agents.record import TRACE_HEADERS, Headers, Record

log = logging.getLogger(__name__)

#: Any of these asks for spans, as in every program with OpenTelemetry.
ASKED_BY = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wanted(environment: "os._Environ[str] | dict[str, str]") -> bool:
    """Whether the variables ask for spans."""
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environment.get(name) for name in ASKED_BY)


def tracer(stage: str) -> trace.Tracer | None:
    """A tracer that exports over OTLP, configured by OTEL_* alone; None where it is off or cannot be had."""
    if not wanted(os.environ):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as above
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
    except ImportError:
        log.warning("OTEL_* asks for traces; they need the extra: pip install 'dateline[tracing]'. There are none")
        return None
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": f"dateline-{stage}"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("dateline")


@contextmanager
def span(tracer: trace.Tracer | None, stage: str, record: Record) -> Iterator[trace.Span]:
    """The span of a stage's work on a record, under the trace that the record came with."""
    if tracer is None:
        yield trace.INVALID_SPAN
        return
    carrier = {name: value.decode("latin-1") for name, value in record.headers if name in TRACE_HEADERS and value}
    attributes: dict[str, Any] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
        "dateline.origin": "/".join(map(str, record.origin)),
    }
    with tracer.start_as_current_span(
        f"{stage} {record.topic}",
        context=propagate.extract(carrier),
        kind=trace.SpanKind.CONSUMER,
        attributes=attributes,
        # A span must not quote an article: what failed is an attribute with a code.
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        yield current


def trace_headers(current: trace.Span, headers: Headers) -> Headers:
    """Headers of outputs: those of the current span in the place of those that came; as they came without a span."""
    if not current.get_span_context().is_valid:
        return headers
    carrier: dict[str, str] = {}
    propagate.inject(carrier, context=trace.set_span_in_context(current))
    kept = [(name, value) for name, value in headers if name not in TRACE_HEADERS]
    return [*((name, carrier[name].encode()) for name in TRACE_HEADERS if name in carrier), *kept]
