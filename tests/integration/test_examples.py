"""The examples, run as their readers would, against workers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.house import House, wait_until

pytestmark = pytest.mark.timeout(180)

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = Path(__file__).parents[2] / "seeds" / "articles" / "putin-syria.txt"
SPIDER = """
import scrapy

class Outlet(scrapy.Spider):
    name = "outlet"
    custom_settings = {
        "ITEM_PIPELINES": {"scrapy_pipeline.DatelinePipeline": 900},
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "TELNETCONSOLE_ENABLED": False,
    }

    def parse(self, response):
        yield {"url": response.url, "content": response.body, "content_type": "text/html", "source": "Outlet"}
"""


def page(folder: Path) -> Path:
    """A page as it was served, in a charset of its own."""
    paragraphs = "".join(f"<p>{line}</p>" for line in SEED.read_text(encoding="utf-8").splitlines() if line)
    path = folder / "page.html"
    path.write_bytes(f"<html><body><article><p>Café.</p>{paragraphs}</article></body></html>".encode("cp1252"))
    return path


@pytest.fixture
def working(house: Callable[..., House]) -> Callable[[str], House]:
    """A house with the workers that make articles, on a kind of broker."""

    def build(kind: str) -> House:
        made = house(kind)
        for stage in ("clean", "dedupe", "classify"):
            made.start(stage)
        return made

    return build


@pytest.mark.embedded
def test_a_page_is_produced_and_its_article_consumed(working: Callable[[str], House], tmp_path: Path) -> None:
    it = working("embedded")
    url = "https://outlet.example/\x1bstory"
    produced = subprocess.run(
        [sys.executable, str(EXAMPLES / "producer.py"), str(page(tmp_path)), url],
        env=it.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert produced.stdout.startswith(f"{it.settings.topic('raw')}/")
    wait_until(lambda: len(it.records("enriched")) == 1, "the article")
    consumer = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "consumer.py")], env=it.environment(), stdout=subprocess.PIPE, text=True
    )
    assert consumer.stdout is not None
    try:
        line = consumer.stdout.readline()
    finally:
        consumer.kill()
        consumer.wait()
        consumer.stdout.close()
    assert "conflict, war and peace" in line
    assert "RU, SY" in line
    assert "\x1b" not in line


@pytest.mark.kafka
@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
def test_kcat(working: Callable[[str], House]) -> None:
    # The librdkafka of Debian's kcat, 2.0.2, cannot read how the embedded broker says which versions it knows.
    it = working("kafka")
    done = subprocess.run(
        ["/bin/sh", str(EXAMPLES / "kcat.sh")],
        env=it.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    key, _, value = done.stdout.partition(" ")
    assert json.loads(value)["id"] == key
    assert json.loads(value)["title"] == "Harbour of Lisbon rebuilt"


@pytest.mark.embedded
def test_a_scrapy_spider_sends_what_it_fetched(working: Callable[[str], House], tmp_path: Path) -> None:
    it = working("embedded")
    spider = tmp_path / "spider.py"
    spider.write_text(SPIDER + f"    start_urls = [{page(tmp_path).as_uri()!r}]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "runspider", str(spider)],
        env={**it.environment(), "PYTHONPATH": str(EXAMPLES)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ERROR" not in done.stderr
    (raw,) = it.events("raw")
    assert raw["source"] == "Outlet"
    wait_until(lambda: len(it.records("enriched")) == 1, "the article")
    (article,) = it.events("enriched")
    assert article["body"].startswith("Café."), "bytes as they were served"
