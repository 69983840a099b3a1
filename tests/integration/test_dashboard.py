"""The live page in a real browser, on a running pipeline."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from agents import STAGES
from dateline import brokers, seeds, serve
from dateline.feed import RawRecord
from tests.integration.house import House, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

MakeHouse = Callable[..., House]
CHROMIUM = "/usr/bin/chromium"
#: The article that the project grew from, its copies, a few in other scripts, and every hostile one.
CHOSEN = ("en-putin-syria", "hostile", "ar-", "ja-", "he-")
EXPECTED = 3

T = TypeVar("T")

# Beside the workers of a pipeline a browser on two cores is slow; Playwright's own patience is 5 s.
expect.set_options(timeout=30_000)


def apart(work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call in a thread of its own: Playwright keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments, **named).result()


@pytest.fixture
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not there: the live page was not tried in a browser")
    with sync_playwright() as playwright:
        # Debian's own; a container has no name spaces to build its sandbox of.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Watched:
    """A page of the browser, and everything that a hostile text could have brought about."""

    def __init__(self, browser: Browser, address: str, **context: Any) -> None:
        self.address = address
        self.wrongs: list[str] = []
        self.page: Page = browser.new_context(**context).new_page()
        self.page.on("dialog", lambda dialog: (self.wrongs.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self.wrongs.append(str(error)))
        # A violation of the policy is told on the console, as is every error of a script.
        self.page.on("console", lambda said: self.wrongs.append(said.text) if said.type == "error" else None)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.address):
            self.wrongs.append(f"request to {url}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path.lstrip("/"), wait_until="load")

    def faults(self) -> list[str]:
        """What axe-core finds that keeps people out."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def running(house: MakeHouse) -> Iterator[tuple[House, str]]:
    """A pipeline with its page, fed with some of the seeds."""
    it = apart(house, "embedded")
    for stage in STAGES:
        it.start(stage)
    port = brokers.free_port()
    with serve.beside(it.environment(), port, it.log.with_name("serve.log")) as address:
        yield it, address


def test_a_reader_sees_what_happens(running: tuple[House, str], browser: Browser) -> None:  # noqa: PLR0915 - one visit
    it, address = running
    wait_until(lambda: not _refused(port=int(address.rsplit(":", 1)[1].strip("/"))), "the page to answer")
    watched = Watched(browser, address)
    page = watched.page
    watched.go("/")
    expect(page.get_by_role("heading", name="No news yet")).to_be_visible()

    # A produced article appears by itself.
    chosen = [record for name, record in seeds.load() if name.startswith(CHOSEN)]
    apart(it.feed_records, [_first()])
    expect(page.get_by_role("link", name="Russian President Vladimir Putin orders")).to_be_visible(timeout=60_000)
    apart(it.feed_records, chosen)
    apart(it.balanced, len(chosen) + 1, patience=200.0)

    # Filters hold, in the page and in the address.
    watched.go("/")
    stories = page.locator(".story")
    total = stories.count()
    assert total > EXPECTED
    page.get_by_label("Filters").get_by_role("link", name="Syria").click()
    expect(page).to_have_url(f"{address}?country=SY")
    assert 0 < stories.count() < total
    page.get_by_label("Words").fill("putin")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}?country=SY&words=putin")
    page.reload()
    expect(page.get_by_label("Words")).to_have_value("putin")
    assert stories.count() == 1
    assert watched.faults() == []

    # An article is explained with its marks, and keeps its address.
    page.get_by_role("link", name="Russian President Vladimir Putin orders").click()
    expect(page.locator("mark.country", has_text="Syria").first).to_be_visible()
    expect(page.locator(".prose mark.topic").first).to_be_visible()
    expect(page.get_by_role("complementary").get_by_text("tail-discuss")).to_be_visible()
    assert watched.faults() == []

    # Hostile text runs nothing, wherever it is shown.
    watched.go("/")
    links = [link.get_attribute("href") or "" for link in page.locator(".story h2 a").all()]
    for link in links:
        watched.go(link)
    watched.go("/flow")
    expect(page.get_by_role("heading", name="Dead letters")).to_be_visible()
    assert watched.faults() == []
    letters = [link.get_attribute("href") or "" for link in page.locator("a[href^='/deadletter/']").all()]
    assert letters
    for link in letters:
        watched.go(link)
        expect(page.get_by_role("heading", name="could not judge")).to_be_visible()

    # The map and the trends lead into the stories.
    watched.go("/trends")
    expect(page.get_by_role("link", name="Syria")).to_be_visible()
    assert watched.faults() == []
    watched.go("/map")
    assert watched.faults() == []
    page.get_by_role("link", name="Syria:").press("Enter")
    expect(page).to_have_url(f"{address}?country=SY")
    assert watched.wrongs == []

    # In the dark, on a narrow screen.
    phone = Watched(browser, address, viewport={"width": 360, "height": 700}, color_scheme="dark")
    phone.go("/")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.faults() == []


def test_a_lost_connection_says_so_and_comes_back(house: MakeHouse, browser: Browser) -> None:
    it = apart(house, "embedded")
    port = brokers.free_port()
    with serve.beside(it.environment(), port, it.log.with_name("serve.log")) as address:
        wait_until(lambda: not _refused(port), "the page to answer")
        page = Watched(browser, address).page
        page.goto(address)
        expect(page.get_by_role("heading", name="No news yet")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("connection is lost")
    with serve.beside(it.environment(), port, it.log.with_name("serve.log")):
        expect(page.get_by_role("status")).to_have_text("", timeout=60_000)


def _first() -> RawRecord:
    return next(record for name, record in seeds.load() if name == seeds.FIRST_SEED)


def _refused(port: int) -> bool:
    return not brokers._listens(f"127.0.0.1:{port}")
