"""Memory of the clean stage with four children at full feed of 2 MB pages, on Apache Kafka.

    python benchmarks/backpressure.py [--pages N]

All pages lie in `news.raw` before the worker starts, so that every buffer on the way is as full as it may be: the
fetcher's, Faust's and the window's. Every other page is mostly script, as the largest of the real ones are; the others
are mostly text in as many elements as cleaning reads. RSS counts what processes share once for each of them, PSS once.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from agents import topics
from agents.settings import Settings
from dateline import brokers, feed
from dateline.feed import RawRecord

CHILDREN = 4
PAGE_BYTES = 2_000_000
MEBIBYTE = 1024 * 1024
SAMPLE_SECONDS = 0.5
LIMIT = 1024 * MEBIBYTE


def page(number: int) -> str:
    """An HTML page of PAGE_BYTES, unlike every other one."""
    lead = "".join(
        f"<p>The council of town {number} said on Monday that harbour {n} will be dredged before the winter.</p>"
        for n in range(30)
    )
    head = (
        f"<html><head><title>Harbour {number} is dredged</title></head><body><article><h1>Harbour {number}</h1>{lead}"
    )
    left = PAGE_BYTES - len(head)
    if number % 2:
        return f"{head}</article><script>var state = '{'x' * left}';</script></body></html>"
    paragraph = f"<p>Paragraph of page {number}: {'a line about nothing in particular, ' * 20}</p>"
    section = f"<section>{paragraph * 50}</section>"  # cleaning refuses thousands of elements side by side
    return head + section * (left // len(section)) + "</article></body></html>"


def records(count: int) -> Iterator[RawRecord]:
    for number in range(count):
        url = f"https://outlet.example/{number}"
        event = {"url": url, "html": page(number), "fetched_at": "2026-10-01T08:00:00Z"}
        yield RawRecord(url.encode(), json.dumps(event).encode())


def memory(pid: int) -> tuple[int, int, int, int]:
    """RSS and PSS of a worker with its children, RSS of the worker alone, and how many children there are, in bytes."""
    parent = psutil.Process(pid)
    rss = pss = count = 0
    for process in [parent, *parent.children(recursive=True)]:
        try:
            used = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue  # a child that was replaced
        rss += used.rss
        pss += used.pss
        count += 1
    return rss, pss, parent.memory_info().rss, count - 1


def done(beat: Path) -> int:
    """Outcomes that the worker's heartbeat counts."""
    published = json.loads(beat.read_text())["published"] if beat.exists() else {}
    return sum(published.get(name, 0) for name in ("clean", "rejected", "deadletter"))


def measure(settings: Settings, count: int) -> int:
    """Clean every page, print the peaks; gives the status: 0 where the limit was kept."""
    environment = {
        "DATELINE_BROKER": settings.broker,
        "DATELINE_DATA_DIR": str(settings.data_dir),
        "DATELINE_INSTANCE": "bench",
        "DATELINE_CLEAN_CHILDREN": str(CHILDREN),
    }
    started = time.perf_counter()
    peaks = (0, 0, 0, 0)
    with (settings.data_dir / "clean.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "agents", "clean"], env=os.environ | environment, stdout=log, stderr=log
        )
    beat = settings.data_dir / "clean-bench.heartbeat"
    while done(beat) < count:
        if worker.poll() is not None:
            sys.exit((settings.data_dir / "clean.log").read_text())
        peaks = tuple(map(max, peaks, memory(worker.pid)))
        time.sleep(SAMPLE_SECONDS)
    published = json.loads(beat.read_text())["published"]
    worker.terminate()
    worker.wait()
    rss, pss, alone, children = peaks
    print(f"{count} pages of {PAGE_BYTES / 1e6:g} MB in {time.perf_counter() - started:.0f} s, outcomes {published}")
    print(f"peak with {children} children: RSS {rss / MEBIBYTE:.0f} MiB, PSS {pss / MEBIBYTE:.0f} MiB")
    print(f"peak of the worker alone: RSS {alone / MEBIBYTE:.0f} MiB; to reach: {LIMIT / MEBIBYTE:.0f} MiB for all")
    return int(rss > LIMIT)


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory of clean at full feed of 2 MB pages.")
    parser.add_argument("--pages", type=int, default=200)
    pages: int = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        libs = Path("var/test-kafka")
        with brokers.kafka(Path("deploy/kafka"), libs, data / "kafka.log", records=data / "records") as address:
            settings = Settings(broker=address, data_dir=data)
            asyncio.run(topics.create(settings, topics.specs(settings)))
            asyncio.run(feed.send(settings, records(pages), lambda: None))
            sys.exit(measure(settings, pages))


if __name__ == "__main__":
    main()
