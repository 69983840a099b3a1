"""Articles a second end to end, beside a bare trafilatura loop over the same pages on the same cores, in one run.

    python benchmarks/end_to_end.py [--broker embedded|kafka] [--copies N]

The baseline is what a user would write: `trafilatura.bare_extraction(page, with_metadata=True)` in as many processes as
the pipeline has cleaning children. The pipeline reads the same pages from `news.raw` (they are there before it starts)
and is done when `dateline audit` balances; CPU is that of each stage's processes, children included. It also prints how
soon a killed worker's successor has its first record. Machines are noisy: read the ratios.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

import psutil
import trafilatura
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents import STAGES, topics
from agents.settings import Settings
from dateline import audit, brokers, feed, seeds
from dateline.feed import RawRecord
from dateline.supervisor import Supervisor
from pipeline.clean.decode import decode
from pipeline.events import RawArticle

CHILDREN = os.cpu_count() or 1
KILLS = 5


def pages(copies: int) -> tuple[list[str], list[RawRecord]]:
    """HTML seeds, each so many times under other addresses, as pages and as raw records."""
    texts, records = [], []
    for name, record in seeds.load():
        article = json.loads(record.value) if record.value and not name.startswith("hostile") else {}
        if "html" not in article and "content" not in article:
            continue
        raw = RawArticle.model_validate(article)
        text = raw.html if raw.html is not None else decode(raw.content or b"", raw.content_type)[0]
        for copy in range(copies):
            texts.append(text)
            url = f"{raw.url}?copy={copy}"
            records.append(RawRecord(url.encode(), json.dumps(article | {"url": url}).encode()))
    return texts, records


def bare(page: str) -> int:
    """The baseline's work on one page; gives the length of the text."""
    document = trafilatura.bare_extraction(page, with_metadata=True)
    return len(document.text or "") if document is not None else 0


def baseline(texts: list[str]) -> float:
    """Pages a second of the bare loop in as many processes as the pipeline has cleaning children."""
    with ProcessPoolExecutor(CHILDREN) as pool:
        list(pool.map(bare, texts[: 2 * CHILDREN]))  # the imports are not measured
        started = time.perf_counter()
        list(pool.map(bare, texts, chunksize=4))
        return len(texts) / (time.perf_counter() - started)


def cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """CPU of each worker with its children, by name."""
    spent = {}
    for name, pid in pids.items():
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        spent[name] = sum(sum(process.cpu_times()[:2]) for process in family)
    return spent


def published(folder: Path) -> int:
    """Outcomes that the workers' heartbeats count."""
    beats = [json.loads(path.read_text())["published"] for path in folder.glob("*.heartbeat")]
    return sum(beat.get(kind, 0) for beat in beats for kind in ("enriched", "duplicates", "rejected", "deadletter"))


def pipeline(settings: Settings, folder: Path, records: list[RawRecord]) -> tuple[float, dict[str, float]]:
    """Articles a second from the first record read to a balanced audit, and CPU milliseconds an article by stage."""
    environment = {
        "DATELINE_BROKER": settings.broker,
        "DATELINE_STATIC_MEMBERSHIP": str(settings.static_membership),
        "DATELINE_DATA_DIR": str(folder),
        "DATELINE_INSTANCE": "bench",
    }
    supervisor = Supervisor(dict.fromkeys(STAGES, 1), environment, folder / "logs", grace=30)
    supervisor.start()
    # A first record through every stage: models are loaded, groups have formed.
    asyncio.run(feed.send(settings, [RawRecord(b"warm", records[0].value)], lambda: None))
    while not (result := asyncio.run(audit.audit(settings))).balanced or not result.raw:
        time.sleep(1)
    before = cpu_seconds(supervisor.pids())
    started = time.perf_counter()
    asyncio.run(feed.send(settings, records, lambda: None))
    while published(folder) <= len(records):
        time.sleep(0.2)
    seconds = time.perf_counter() - started
    spent = {
        name: (after - before[name]) * 1000 / len(records) for name, after in cpu_seconds(supervisor.pids()).items()
    }
    assert asyncio.run(audit.audit(settings)).balanced  # noqa: S101 - a figure of a run that lost news is none
    supervisor.stop()
    return len(records) / seconds, spent


def recoveries(settings: Settings, folder: Path) -> list[float]:
    """Seconds from the start of a killed worker's successor to its first outcome."""
    environment = {
        **os.environ,
        "DATELINE_BROKER": settings.broker,
        "DATELINE_STATIC_MEMBERSHIP": str(settings.static_membership),
        "DATELINE_DATA_DIR": str(folder),
        "DATELINE_INSTANCE": "recovery",
    }
    seconds = []
    for _ in range(KILLS + 1):
        asyncio.run(send_clean(settings, 50))
        with (folder / "recovery.log").open("ab") as log:
            seconds.append(asyncio.run(first_record(settings, environment, log)))
    return seconds[1:]  # the first had nobody to follow


async def first_record(settings: Settings, environment: dict[str, str], log: IO[bytes]) -> float:
    """Start a worker of dedupe, wait for its first outcome, kill -9 it; gives the seconds from start to outcome."""
    places = [
        TopicPartition(settings.topic(topic), partition)
        for topic in ("unique", "duplicates")
        for partition in range(settings.partitions)
    ]
    consumer = AIOKafkaConsumer(**settings.client())
    await consumer.start()
    before = await consumer.end_offsets(places)
    started = time.perf_counter()
    worker = subprocess.Popen([sys.executable, "-m", "agents", "dedupe"], env=environment, stderr=log)  # noqa: ASYNC220 - it returns at once
    while await consumer.end_offsets(places) == before:  # noqa: ASYNC110 - the broker is asked, nothing of ours tells
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - started
    worker.kill()
    worker.wait()
    await consumer.stop()
    return seconds


async def send_clean(settings: Settings, count: int) -> None:
    """Put articles on news.clean, so that dedupe alone is looked at."""
    async with feed.producer(settings) as client:
        for number in range(count):
            event = {"url": f"https://recovery.example/{time.time_ns()}", "body": f"Plain text number {number}"}
            await client.send_and_wait(settings.topic("clean"), json.dumps(event).encode(), b"key")


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--broker", choices=("embedded", "kafka"), default="kafka")
    arguments.add_argument("--copies", type=int, default=8)
    options = arguments.parse_args()
    texts, records = pages(options.copies)
    print(f"{len(texts)} pages, {CHILDREN} processes each, broker: {options.broker}")
    bare_rate = baseline(texts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running: AbstractContextManager[str] = (
            brokers.kafka(
                Path("deploy/kafka"), Path("var/bench-kafka"), folder / "kafka.log", records=folder / "records"
            )
            if options.broker == "kafka"
            else brokers.embedded(folder / "broker.log")
        )
        with running as address:
            settings = Settings(broker=address, static_membership=options.broker == "kafka", data_dir=folder)
            asyncio.run(topics.create(settings, topics.specs(settings)))
            rate, spent = pipeline(settings, folder, records)
            again = recoveries(settings, folder)
    print(f"bare trafilatura.bare_extraction loop   {bare_rate:8.1f} pages/s   1.00")
    print(f"Dateline, raw to outcome, five stages   {rate:8.1f} pages/s   {rate / bare_rate:.2f}")
    for worker, milliseconds in spent.items():
        print(f"  CPU an article, {worker:12} {milliseconds:8.2f} ms")
    print(
        f"a killed worker's successor, start to first record: median {statistics.median(again):.2f} s of {len(again)}"
    )


if __name__ == "__main__":
    main()
