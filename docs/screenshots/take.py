"""Writes the screenshots beside it from the seeds: `make screenshots`. Debian's Chromium must be there."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PAGES = (("stories", "/", "light"), ("map", "/map", "light"), ("flow", "/flow", "dark"))


def main() -> None:
    """Run the pipeline with the seeds until it says where the page is, and look at it."""
    command = [sys.executable, "-m", "dateline", "run", "--stay"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}) as running:
        assert running.stdout is not None
        address = next(line.split()[-1] for line in running.stdout if line.startswith("Look at it: ")).rstrip("/")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                for name, path, scheme in PAGES:
                    page = browser.new_page(viewport={"width": 1040, "height": 600}, color_scheme=scheme)
                    page.goto(address + path)
                    page.screenshot(path=HERE / f"{name}.png")
                page = browser.new_page(viewport={"width": 1040, "height": 600})
                page.goto(f"{address}/?words=putin")
                page.locator(".story h2 a").first.click()
                page.screenshot(path=HERE / "article.png")
                page.goto(f"{address}/?relation=near")
                page.locator(".story summary").first.click()
                page.locator(".story li a").first.click()
                page.screenshot(path=HERE / "copy.png")
                browser.close()
        finally:
            running.terminate()


if __name__ == "__main__":
    main()
