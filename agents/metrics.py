"""What a worker counts: one table that says name, type, labels, unit and meaning, and a registry made from it.

`docs/metrics.md` is written from the table, and a test compares the table with what a worker emits. Every series has
the label `stage`. Labels take codes of closed lists only, never text of an article, so that their number is bounded.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

#: Work: from a record of a thousandth of a second to two deadlines of the slowest page.
WORK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: Waiting: a healthy stage takes a record in tens of milliseconds; after an outage records are hours old.
WAIT_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 6 * 3600.0, 86400.0)


class Metric(NamedTuple):
    """One metric: its name without `dateline_`, and what it says."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    unit: str
    labels: tuple[str, ...]
    meaning: str
    buckets: tuple[float, ...] = ()


METRICS: Final = (
    Metric("records_total", "counter", "records", ("topic",), "Records whose work began, by topic read."),
    Metric(
        "outcomes_total",
        "counter",
        "records",
        ("topic", "reason"),
        "Outputs that the broker has, by topic; reason of a rejection or dead letter, relation that dedupe found.",
    ),
    Metric("in_flight_records", "gauge", "records", (), "Records between reading and acknowledgement."),
    Metric(
        "work_seconds", "histogram", "seconds", (), "From the start of a record's work to its outputs.", WORK_BUCKETS
    ),
    Metric(
        "queue_seconds", "histogram", "seconds", (), "From a record's timestamp to the start of its work.", WAIT_BUCKETS
    ),
    Metric(
        "failed_attempts_total",
        "counter",
        "attempts",
        ("reason",),
        "Attempts at a record that failed, those that a second one mended too: `failed`, `out_of_memory`, …",
    ),
    Metric("deadline_hits_total", "counter", "attempts", (), "Attempts that a child did not end within its deadline."),
    Metric("child_deaths_total", "counter", "attempts", (), "Attempts at which the child process died."),
    Metric("restarts", "gauge", "restarts", (), "How often the supervisor has started this worker again."),
    Metric("live", "gauge", "boolean", (), "1 while every partition with lag moves and the event loop beats; else 0."),
    Metric("ready", "gauge", "boolean", (), "1 while partitions are assigned and their state is read back; else 0."),
    Metric(
        "lag_records",
        "gauge",
        "records",
        ("topic", "partition"),
        "End of an assigned partition less what is committed of it.",
    ),
    Metric(
        "end_to_end_seconds",
        "histogram",
        "seconds",
        ("topic",),
        "From the raw record's timestamp to the delivery of its outcome, by topic of the outcome.",
        WAIT_BUCKETS,
    ),
    Metric(
        "since_fetch_seconds",
        "histogram",
        "seconds",
        ("topic",),
        "From the article's `fetched_at` to the delivery of its outcome, by topic of the outcome; 0 for times to come.",
        WAIT_BUCKETS,
    ),
    Metric("articles_by_topic_total", "counter", "articles", ("code",), "Enriched articles, by top-level IPTC code."),
    Metric("articles_by_country_total", "counter", "articles", ("code",), "Enriched articles, by ISO 3166-1 alpha-2."),
    Metric("dedupe_index_articles", "gauge", "articles", (), "Articles that dedupe remembers; only of that stage."),
    Metric(
        "dedupe_index_age_seconds",
        "gauge",
        "seconds",
        (),
        "From the oldest to the newest article that dedupe remembers; only of that stage.",
    ),
)
disable_created_metrics()  # type: ignore[no-untyped-call]  # they would be a series more for each counter

PREFIX: Final = "dateline_"
_CODES = {
    "articles_by_topic_total": re.compile("(0[1-9]|1[0-7])000000"),
    "articles_by_country_total": re.compile("[A-Z]{2}"),
}


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self, stage: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._stage = stage
        self._made: dict[str, Any] = {}
        classes = {"counter": Counter, "gauge": Gauge}
        for metric in METRICS:
            labels = ("stage", *metric.labels)
            arguments = (PREFIX + metric.name, metric.meaning, labels)
            self._made[metric.name] = (
                Histogram(*arguments, registry=self.registry, buckets=metric.buckets)
                if metric.type == "histogram"
                else classes[metric.type](*arguments, registry=self.registry)
            )

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        self._made[name].labels(self._stage, *labels).inc(by)

    def count_code(self, name: str, code: str) -> None:
        """Add to a counter of codes; what is no code of its list counts as `other`."""
        self.count(name, code if _CODES[name].fullmatch(code) else "other")

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Add a time to a histogram; clocks that disagree give no negative ones."""
        self._made[name].labels(self._stage, *labels).observe(max(0.0, seconds))

    def ask(self, gauges: Mapping[str, Callable[[], float]]) -> None:
        """Have gauges ask for their values when somebody looks."""
        for name, value in gauges.items():
            self._made[name].labels(self._stage).set_function(value)

    def lag(self, records: Mapping[tuple[str, int], int]) -> None:
        """Set the lag of the assigned partitions; those of others are forgotten."""
        self._made["lag_records"].clear()
        for (topic, partition), count in records.items():
            self._made["lag_records"].labels(self._stage, topic, str(partition)).set(count)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


def page() -> str:
    """The table as Markdown: docs/metrics.md."""
    rows = (
        f"| `{PREFIX}{m.name}` | {m.type} | {m.unit} | {', '.join(m.labels) or '–'} | {m.meaning} |" for m in METRICS
    )
    return "\n".join(
        (
            "# Metrics",
            "",
            "Written by `dateline contract` from the table in `agents/metrics.py`. Every worker serves them at",
            "`http://$DATELINE_METRICS_HOST:$DATELINE_METRICS_PORT/metrics` where the port is set, with `/live` and",
            "`/ready` beside them. Every series has the label `stage`; a histogram has `_bucket`, `_sum` and `_count`.",
            "The process's own (`process_resident_memory_bytes`, `process_start_time_seconds`, …) are those of every",
            "Prometheus client: `changes(process_start_time_seconds[1h])` counts restarts that no supervisor made.",
            "",
            "| name | type | unit | labels | meaning |",
            "|---|---|---|---|---|",
            *rows,
            "",
        )
    )
