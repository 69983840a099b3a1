"""How long dedupe takes to have a million articles back, on Apache Kafka: from local segments, and from its changelog.

    make bench-dedupe-back       python benchmarks/dedupe_back.py [--articles N]

The same made-up entries as in benchmarks/dedupe.py are written to the changelog of one partition; then a worker's
memory is restored from it as after a restart, without a local copy and with one. Wall-clock seconds, the broker on the
same machine.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from dedupe import fill

from agents import topics
from agents.memory import Memory
from agents.settings import Settings
from agents.topics import INDEX_TOPIC
from dateline import brokers
from pipeline.dedupe import Deduplicator, warm_up

#: Records that are sent before their delivery is awaited.
BATCH = 10_000


async def write(settings: Settings, count: int) -> None:
    """Fill the changelog as a worker of dedupe would have."""
    index = Deduplicator(count)
    fill(index, count)
    held = index._index  # noqa: SLF001 - what a judgement gives is read back from the index
    async with AIOKafkaProducer(**settings.client(), linger_ms=50, max_batch_size=256 * 1024) as producer:
        for start in range(0, count, BATCH):
            entries = [held.fingerprint(at, "").to_bytes() for at in range(start, min(count, start + BATCH))]
            topic = settings.topic(INDEX_TOPIC)
            await asyncio.gather(*[await producer.send(topic, entry, partition=0) for entry in entries])


async def restored(settings: Settings) -> tuple[Memory, float]:
    """A new memory, and the seconds until it had all."""
    memory, started = Memory(settings, 0), time.perf_counter()
    await memory.restore()
    return memory, time.perf_counter() - started


async def measure(settings: Settings, count: int) -> None:
    await topics.create(settings, topics.specs(settings))
    await write(settings, count)
    memory, seconds = await restored(settings)
    print(f"{len(memory.index):,} articles back from the changelog alone in {seconds:.1f} s", flush=True)
    await memory.save()
    del memory
    memory, seconds = await restored(settings)
    print(f"{len(memory.index):,} articles back from the local copy and the rest of the changelog in {seconds:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_000_000)
    count: int = parser.parse_args().articles
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        libs = Path("var/test-kafka")
        with brokers.kafka(Path("deploy/kafka"), libs, data / "kafka.log", records=data / "records") as address:
            asyncio.run(measure(Settings(broker=address, data_dir=data, dedupe_memory=count), count))


if __name__ == "__main__":
    main()
