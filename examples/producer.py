"""Send pages to Dateline: `python examples/producer.py page.html https://example.org/story`.

Needs aiokafka and nothing of Dateline. Delivery is awaited, so that a page that this returns for is in.
"""

import asyncio
import base64
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from aiokafka import AIOKafkaProducer


async def main(page: bytes, url: str) -> None:
    """Send one page as it was served; Dateline finds out its charset."""
    article = {
        "url": url,
        "content": base64.b64encode(page).decode(),
        "content_type": "text/html",
        "fetched_at": datetime.now(timezone.utc).isoformat(),
        "source": "Example Outlet",
    }
    broker = os.environ.get("DATELINE_BROKER", "127.0.0.1:9092")
    topic = os.environ.get("DATELINE_TOPIC_PREFIX", "news") + ".raw"
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_request_size=12_000_000) as producer:
        sent = await producer.send_and_wait(topic, json.dumps(article).encode(), key=url.encode())
    print(f"{sent.topic}/{sent.partition}/{sent.offset}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
