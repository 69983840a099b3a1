"""A house under test: topics of its own on a broker, real worker processes, and looks at what they did."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agents import topics
from agents.changelog import Reader
from agents.journal import in_flight
from agents.record import ORIGIN_HEADER
from agents.settings import Settings
from dateline import audit as audits
from dateline.feed import RawRecord, producer, send

PATIENCE = 60.0


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Look until a condition holds; the failure says for what it waited."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s for {what}")
        time.sleep(0.05)


def command(it: "House", *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `dateline` with the settings of a house."""
    return subprocess.run(
        [sys.executable, "-m", "dateline", *arguments],
        env=it.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def article(number: int, text: str | None = None) -> dict[str, Any]:
    """A short raw article, unlike every other one."""
    words = [f"{stem}{number}x{place}" for place, stem in enumerate(("harbour", "council", "glacier", "ferry") * 15)]
    body = (
        text
        or f"Plain headline number {number}\n\nThe council of Lisbon said in Portugal that " + " ".join(words) + "."
    )
    return {"url": f"https://outlet.example/{number}", "text": body, "fetched_at": "2026-10-01T08:00:00Z"}


class House:
    """Settings, topics and workers of one test."""

    def __init__(self, address: str, kind: str, name: str, folder: Path, **settings: Any) -> None:
        # The embedded broker knows no static membership; a short session brings a successor in soon all the same.
        membership = {"static_membership": kind == "kafka", "session_timeout": 6.0 if kind == "kafka" else 3.0}
        self.settings = Settings(
            broker=address,
            topic_prefix=name,
            group_prefix=name,
            data_dir=folder,
            instance="a",
            clean_children=2,
            **{**membership, **settings},
        )
        self._extra = {**membership, **settings}
        self._workers: list[subprocess.Popen[bytes]] = []
        self.log = folder / "workers.log"
        asyncio.run(topics.create(self.settings, topics.specs(self.settings)))

    def start(self, stage: str, instance: str = "a", module: str = "agents") -> "subprocess.Popen[bytes]":
        """Start a real worker process of a stage."""
        environment = self.environment(instance)
        with self.log.open("ab") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", module, stage], env=environment, stdout=output, stderr=output
            )
        self._workers.append(worker)
        return worker

    def environment(self, instance: str = "a") -> dict[str, str]:
        """Variables that give a process the settings of this house.

        The encoder is off: it would read each of thousands of articles of made-up words, and these tests are of how
        news moves; `dateline run` and the unit tests have it on.
        """
        values = {
            "broker": self.settings.broker,
            "topic_prefix": self.settings.topic_prefix,
            "data_dir": self.settings.data_dir,
            "group_prefix": self.settings.group_prefix,
            "clean_children": 2,
            "topic_encoder": "off",
            "instance": instance,
            **self._extra,
        }
        return {**os.environ, **{f"DATELINE_{name.upper()}": str(value) for name, value in values.items()}}

    def publish(self, topic: str, record: RawRecord) -> None:
        """Put one record on a topic of the house."""

        async def put() -> None:
            async with producer(self.settings) as client:
                await client.send_and_wait(self.settings.topic(topic), record.value, record.key, headers=record.headers)

        asyncio.run(put())

    def kill_in_flight(self, stage: str, worker: "subprocess.Popen[bytes]") -> int:
        """Kill -9 while records are in flight; gives how many were, by the journal that outlives the worker."""
        wait_until(lambda: self.reads(worker), f"{stage} to read")
        wait_until(lambda: self.in_flight(stage) > 0, f"records in flight in {stage}")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        return self.in_flight(stage)

    def reads(self, worker: "subprocess.Popen[bytes]") -> bool:
        """Whether a worker has started to read, by its own log."""
        return f"worker {worker.pid} reads" in self.log.read_text(errors="replace")

    def heartbeat(self, stage: str, instance: str = "a") -> dict[str, Any]:
        """What a worker wrote last of itself; empty where it has written nothing yet."""
        path = self.settings.data_dir / f"{stage}-{instance}.heartbeat"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def in_flight(self, stage: str, instance: str = "a") -> int:
        return len(in_flight(self.settings.data_dir / f"{stage}-{instance}.inflight"))

    def stop(self) -> None:
        """End what is left."""
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    def feed(self, articles: Iterable[dict[str, Any]], headers: list[tuple[str, bytes]] | None = None) -> None:
        self.feed_records(RawRecord(a["url"].encode(), json.dumps(a).encode(), headers or []) for a in articles)

    def feed_records(self, records: Iterable[RawRecord]) -> None:
        asyncio.run(send(self.settings, records, lambda: None))

    def audit(self) -> audits.Audit:
        return asyncio.run(audits.audit(self.settings))

    def balanced(self, raw: int, patience: float = PATIENCE) -> audits.Audit:
        """Wait until `raw` records have their outcomes, and give the audit."""
        deadline = time.monotonic() + patience
        result = self.audit()
        while (result.raw < raw or not result.balanced) and time.monotonic() < deadline:
            time.sleep(0.5)
            result = self.audit()
        tail = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
        assert result.raw == raw, f"{result}\n{tail}"
        assert result.balanced, f"{result}\n{tail}"
        return result

    def records(self, topic: str) -> list[Any]:
        """Every record of a topic of the house."""

        async def read() -> list[Any]:
            async with Reader(self.settings) as reader:
                return [record async for record in reader.topic(self.settings.topic(topic))]

        return asyncio.run(read())

    def events(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(record.value) for record in self.records(topic)]

    def origins(self, topic: str) -> list[bytes]:
        return [dict(record.headers)[ORIGIN_HEADER] for record in self.records(topic)]

    def create(self, topic: str, config: dict[str, str]) -> None:
        """Create one more topic."""
        spec = topics.TopicSpec(self.settings.topic(topic), 1, config)
        asyncio.run(topics.create(self.settings, [spec]))

    def repeat(self, topic: str, count: int) -> None:
        """Publish records of a topic once more, as a stage does that died before it acknowledged."""

        async def publish() -> None:
            async with producer(self.settings) as client:
                for record in records:
                    await client.send_and_wait(
                        record.topic, record.value, record.key, record.partition, headers=list(record.headers)
                    )

        records = self.records(topic)[:count]
        asyncio.run(publish())

    def trend(self, dimension: str, value: str) -> int:
        """Count of a value over all windows and shards, from the newest record of each key."""
        newest = {record.key: json.loads(record.value) for record in self.records("trends")}
        return sum(e["count"] for e in newest.values() if (e["dimension"], e["value"]) == (dimension, value))
