"""What a worker says of itself: the registry is what is emitted, in Prometheus' own opinion well named."""

import asyncio
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import faust
import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents import health
from agents.facts import Facts
from agents.metrics import METRICS, PREFIX, Metrics
from agents.observer import Observer, serve
from agents.record import Output, Record, WorkFailed
from agents.settings import Settings
from pipeline.events import DeadLetterReason


@pytest.fixture
def observer(tmp_path: Path) -> Observer:
    gauges = {"dedupe_index_articles": lambda: 3.0, "dedupe_index_age_seconds": lambda: 60.0}
    settings = Settings(data_dir=tmp_path, restarts=2)
    return Observer("dedupe", settings, faust.App("of-a-test"), lambda: 7, lambda: None, gauges)


def see(observer: Observer, outputs: Sequence[Output]) -> None:
    """One record as the guard tells of it."""
    record = Record("news.unique", 0, 5, b"key", b"{}", [("dateline-raw-ms", b"1000")], timestamp=2.0)
    with observer.record(record) as seen:
        observer.failed(WorkFailed(DeadLetterReason.TIMEOUT, "late"))
        observer.failed(WorkFailed(DeadLetterReason.CHILD_DIED, "gone"))
        observer.failed(ValueError("a bug"))
        seen.worked()
        observer.delivered(seen, outputs)


ENRICHED = Output("enriched", b"id", b"{}", facts=Facts(topics=("11000000",), countries=("PT",), fetched_at=1.0))


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            labels = tuple(value for name, value in sorted(sample.labels.items()) if name != "stage")
            found[sample.name, labels] = sample.value
    return found


def test_what_is_emitted_is_what_the_registry_says(observer: Observer) -> None:
    see(observer, [ENRICHED])
    observer.metrics.lag({("unique", 0): 4})
    emitted = {
        (family.name, family.type, family.documentation): {
            tuple(sorted(sample.labels.keys() - {"stage", "le"})) for sample in family.samples
        }
        for family in text_string_to_metric_families(observer.metrics.text().decode())
        if not family.name.startswith("process_")
    }
    assert emitted == {
        (PREFIX + metric.name.removesuffix("_total"), metric.type, metric.meaning): {tuple(sorted(metric.labels))}
        for metric in METRICS
    }


def test_a_record_is_counted_once_by_each(observer: Observer) -> None:
    see(observer, [ENRICHED])
    found = samples(observer.metrics)
    assert found["dateline_records_total", ("unique",)] == 1
    assert found["dateline_outcomes_total", ("", "enriched")] == 1
    assert found["dateline_failed_attempts_total", ("timeout",)] == 1
    assert found["dateline_failed_attempts_total", ("failed",)] == 1
    assert found["dateline_deadline_hits_total", ()] == found["dateline_child_deaths_total", ()] == 1
    assert found["dateline_articles_by_topic_total", ("11000000",)] == 1
    assert found["dateline_articles_by_country_total", ("PT",)] == 1
    assert found["dateline_end_to_end_seconds_count", ("enriched",)] == 1
    assert found["dateline_since_fetch_seconds_count", ("enriched",)] == 1
    assert found["dateline_in_flight_records", ()] == 7
    assert found["dateline_restarts", ()] == 2


def test_codes_of_no_list_count_as_one(observer: Observer) -> None:
    codes = [f"{number}" for number in range(1000)]
    see(observer, [Output("enriched", b"", b"", facts=Facts(topics=tuple(codes), countries=tuple(codes)))])
    found = samples(observer.metrics)
    assert found["dateline_articles_by_topic_total", ("other",)] == 1000
    assert found["dateline_articles_by_country_total", ("other",)] == 1000


def test_partitions_that_went_have_no_lag(observer: Observer) -> None:
    observer.metrics.lag({("unique", 0): 4, ("unique", 1): 5})
    observer.metrics.lag({("unique", 1): 6})
    lags = {key: value for key, value in samples(observer.metrics).items() if key[0] == "dateline_lag_records"}
    assert lags == {("dateline_lag_records", ("1", "unique")): 6}


def test_prometheus_has_nothing_to_say_against_it(observer: Observer) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: Debian's package prometheus has it")
    see(observer, [ENRICHED])
    observer.metrics.lag({("unique", 0): 4})
    said = subprocess.run(
        [promtool, "check", "metrics"], input=observer.metrics.text(), capture_output=True, check=False
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")


async def test_the_pages(observer: Observer) -> None:
    port = serve(observer.metrics, observer.path, "127.0.0.1", 0)

    def get(path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    assert (await asyncio.to_thread(get, "/live"))[0] == 503
    health.write(observer.path, {"ready": False, "stuck": "", "stuck_seconds": 0})
    assert await asyncio.to_thread(get, "/live") == (200, b"yes\n")
    assert await asyncio.to_thread(get, "/ready") == (503, b"no\n")
    health.write(observer.path, {"ready": True, "stuck": "a/0 stands", "stuck_seconds": 3})
    assert await asyncio.to_thread(get, "/live") == (503, b"a/0 stands\n")
    assert (await asyncio.to_thread(get, "/ready"))[0] == 503
    assert b"dateline_live" in (await asyncio.to_thread(get, "/metrics"))[1]
    assert (await asyncio.to_thread(get, "/"))[0] == 404
