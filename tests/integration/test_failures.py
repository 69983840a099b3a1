"""What goes wrong with a broker is said plainly, nothing is acknowledged meanwhile, and nothing is lost after it."""

# ruff: noqa: S607 - mount from the path

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from agents.settings import Settings
from dateline import brokers
from tests.integration.conftest import KAFKA
from tests.integration.house import House, article, command, wait_until

pytestmark = pytest.mark.timeout(240)

MakeHouse = Callable[..., House]
ROOT = Path(__file__).parents[2]
#: The smallest file system that Kafka starts on, with the indexes of the house's topics.
SMALL = "64m"


def delete(settings: Settings, name: str) -> None:
    async def ask() -> None:
        client = AIOKafkaAdminClient(**settings.client())
        await client.start()
        try:
            await client.delete_topics([settings.topic(name)])
        finally:
            await client.close()

    asyncio.run(ask())


@pytest.mark.parametrize("kind", KAFKA)
def test_a_deleted_topic_is_missed_and_nothing_is_lost(house: MakeHouse, kind: str) -> None:
    it = house(kind, delivery_timeout=5.0)
    worker = it.start("clean")
    wait_until(lambda: it.reads(worker), "clean to read")
    delete(it.settings, "clean")
    it.feed(article(n) for n in range(5))
    missing = f"{it.settings.topic('clean')} is not there"
    wait_until(lambda: missing in it.log.read_text(), "a word about the topic")
    assert worker.poll() is None
    assert "Traceback" not in it.log.read_text()
    assert "`dateline topics`" in it.log.read_text()
    made = command(it, "topics")
    assert made.returncode == 0, made.stderr
    it.start("dedupe")
    it.start("classify")
    assert it.balanced(5).enriched == 5


@pytest.mark.embedded
def test_too_few_partitions_are_said_and_waited_for(house: MakeHouse, tmp_path: Path) -> None:
    it = house("embedded", partitions=2)
    environment = {**it.environment(), "DATELINE_PARTITIONS": "3"}
    made = subprocess.run(
        [sys.executable, "-m", "dateline", "topics"], env=environment, capture_output=True, text=True, check=False
    )
    told = f"{it.settings.topic('raw')} has 2 partitions and needs 3: add them"
    assert made.returncode == 1
    assert told in " ".join(made.stderr.split())
    with (tmp_path / "waiting.log").open("wb") as log:
        worker = subprocess.Popen([sys.executable, "-m", "agents", "clean"], env=environment, stderr=log)
    try:
        wait_until(lambda: told in (tmp_path / "waiting.log").read_text(), "a word about the partitions")
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; where none can be mounted, the test is skipped."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("NOT RUN: no file system may be mounted here, so no disk can be full")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.kafka
def test_a_full_disk_of_the_broker_loses_nothing(
    small_disk: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = tmp_path / "kafka.log"
    port = brokers.free_port()

    def kafka() -> AbstractContextManager[str]:
        return brokers.kafka(ROOT / "deploy/kafka", ROOT / "var" / "test-kafka", log, port, records=small_disk)

    filler = small_disk / "filler"
    with kafka() as address:
        it = House(address, "kafka", "full-disk", tmp_path, delivery_timeout=5.0)
        request.addfinalizer(it.stop)
        worker = it.start("clean")
        wait_until(lambda: it.reads(worker), "clean to read")
        it.feed(article(n) for n in range(20))
        wait_until(lambda: len(it.records("clean")) > 0, "the first cleaned articles")
        worker.send_signal(signal.SIGSTOP)
        it.feed(article(n) for n in range(20, 60))
        room = os.statvfs(small_disk)
        filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - 8192)))
        worker.send_signal(signal.SIGCONT)
        wait_until(lambda: "was not delivered" in it.log.read_text(), "a delivery that fails", 90)
    assert worker.poll() is None, "it waits for the broker"
    assert "No space left on device" in log.read_text()
    filler.unlink()
    with kafka():
        it.start("dedupe")
        it.start("classify")
        assert it.balanced(60, patience=90).enriched == 60
