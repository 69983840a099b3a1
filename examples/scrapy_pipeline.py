"""A Scrapy item pipeline that sends each page to Dateline.

In the settings of a Scrapy project:

    ITEM_PIPELINES = {"scrapy_pipeline.DatelinePipeline": 900}
    TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

An item has the fields of a RawArticle: a spider yields {"url": response.url, "content": response.body,
"content_type": response.headers["Content-Type"].decode()}. Needs aiokafka and nothing else of Dateline.
"""

import base64
import json
import os
from datetime import datetime, timezone
from typing import Any

from aiokafka import AIOKafkaProducer


class DatelinePipeline:
    """Awaits each delivery; an item whose page is not in is an error of Scrapy's, and is logged as one."""

    async def open_spider(self) -> None:
        """Connect."""
        broker = os.environ.get("DATELINE_BROKER", "127.0.0.1:9092")
        self.topic = os.environ.get("DATELINE_TOPIC_PREFIX", "news") + ".raw"
        self.producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_request_size=12_000_000)
        await self.producer.start()

    async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Send one page."""
        article = {"fetched_at": datetime.now(timezone.utc).isoformat(), **item}
        if isinstance(article.get("content"), bytes):
            article["content"] = base64.b64encode(article["content"]).decode()
        await self.producer.send_and_wait(self.topic, json.dumps(article).encode(), key=item["url"].encode())
        return item

    async def close_spider(self) -> None:
        """Send what waits and end."""
        await self.producer.stop()
