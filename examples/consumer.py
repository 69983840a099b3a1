"""Print enriched articles as they come: `python examples/consumer.py`. Needs aiokafka and nothing of Dateline.

Delivery is at least once: an event may come again under the same key, and is the same then.
"""

import asyncio
import json
import os

from aiokafka import AIOKafkaConsumer


async def main() -> None:
    """Read from the beginning, then on; a second consumer of the same group shares the work."""
    prefix = os.environ.get("DATELINE_TOPIC_PREFIX", "news")
    consumer = AIOKafkaConsumer(
        f"{prefix}.enriched",
        bootstrap_servers=os.environ.get("DATELINE_BROKER", "127.0.0.1:9092"),
        group_id=f"{prefix}-example",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=14 * 1024 * 1024,
    )
    async with consumer:
        async for record in consumer:
            article = json.loads(record.value)
            topics = ", ".join(topic["label"] for topic in article["topics"])
            countries = ", ".join(country["iso2"] for country in article["regions"]["countries"])
            # News is hostile: json.dumps escapes what could act on a terminal.
            print(json.dumps(article["title"]), f"[{topics}] [{countries}] {article['url']!a}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
