"""Pages a second from WARC into Kafka on one core, beside a bare loop that reads the same archive, in one run.

    python benchmarks/feed.py [--broker ADDRESS] [--megabytes 200] [--warc FILE]

Without `--warc` an archive is made of the pages of DATELINE_SHARED. Without `--broker` Apache Kafka is started (Java,
Maven). The feed is held to one core by its affinity; the broker has the others, as it would be another machine.
"""

import argparse
import asyncio
import gzip
import io
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from agents import topics
from agents.settings import Settings
from dateline import brokers, feed
from dateline.feeding import Feeding

MEGABYTE = 1e6
SHARED = Path(os.environ.get("DATELINE_SHARED", "../shared"))


def make(path: Path, megabytes: float) -> None:
    """Write an archive as a crawler does: a request and a response for each page, each its own gzip member."""
    pages = [gzip.decompress(file.read_bytes()) for file in sorted(SHARED.glob("data/extract/*/html/*.gz"))]
    written, number = 0, 0
    with path.open("wb") as file:
        while written < megabytes * MEGABYTE:
            page = pages[number % len(pages)]
            url = f"https://outlet.example/{number}"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            for kind, block in (
                (WarcRecordType.request, b"GET / HTTP/1.1\r\n\r\n"),
                (WarcRecordType.response, head + page),
            ):
                record = WarcRecord()
                record.init_headers(kind)
                record.headers["WARC-Target-URI"] = url
                record.headers["Content-Type"] = "application/http"
                record.set_bytes_content(block)
                stream = io.BytesIO()
                with GzipWriter(stream) as writer:
                    record.write(writer)
                file.write(stream.getvalue())
            written, number = written + len(page), number + 1


def bare(path: Path) -> tuple[float, float]:
    """Megabytes of pages and seconds of a loop that does nothing but read responses."""
    started, size = time.perf_counter(), 0
    for record in ArchiveIterator(str(path), record_types=WarcRecordType.response, parse_http=True, fsspec_args=False):
        size += len(record.reader.read())
    return size / MEGABYTE, time.perf_counter() - started


def fed(path: Path, settings: Settings) -> float:
    """Seconds that the feed takes until the last record is in."""
    asyncio.run(topics.create(settings, topics.specs(settings)))
    feeding = Feeding(settings, None, None, None)
    started = time.perf_counter()
    asyncio.run(feed.send(settings, feeding.records([path]), feeding.delivered))
    spent = time.perf_counter() - started
    print(f"{feeding.sent:,} pages sent, skipped {dict(feeding.skipped)}")
    return spent


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker")
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--warc", type=Path)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = given.warc or folder / "pages.warc.gz"
        if not given.warc:
            make(path, given.megabytes)
        address = given.broker or stack.enter_context(
            brokers.kafka(Path("deploy/kafka"), Path("var/kafka"), folder / "kafka.log", records=folder / "records")
        )
        # After the broker's start: it has the cores that are left.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        settings = Settings(broker=address, topic_prefix=f"bench-{os.getpid()}")
        pages, read = bare(path)
        spent, cpu = time.process_time(), fed(path, settings)
        used = time.process_time() - spent
        print(f"bare fastwarc loop  {pages / read:7.1f} MB of pages a second")
        print(f"dateline feed       {pages / cpu:7.1f} MB of pages a second, {pages / used:.1f} a second of its CPU")


if __name__ == "__main__":
    main()
