"""New events to browsers, as server-sent events.

A listener holds nothing but the version that it has seen and asks the store what changed since, a few times a second.
So there is no queue to fill: a slow browser waits for itself alone, and one that lags too far loads the page again.
"""

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web

from dashboard.filters import Filters

if TYPE_CHECKING:
    from dashboard.pages import Pages

LOOK_SECONDS: Final = 0.25
#: A line that says nothing, so that a browser that has gone is noticed.
PULSE_SECONDS: Final = 10.0
#: Seconds between two renderings of a page that changes as a whole.
EVERY: Final = {"flow": 1.0, "trends": 2.0, "map": 2.0}
#: Rows that are sent one by one; with more, loading the page is less work for everybody.
ROWS: Final = 100


class Live:
    """Listeners of the pages."""

    def __init__(self, pages: "Pages") -> None:
        self._pages = pages
        self._listeners = 0
        # Versions of another run of this server mean nothing here.
        self._run = secrets.token_hex(4)

    def version(self) -> str:
        """What a page has seen when it is rendered now."""
        return f"{self._run}-{self._pages.store.version}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Send what changes until the browser goes."""
        page = request.match_info["page"]
        if page != "stories" and page not in EVERY:
            raise web.HTTPNotFound
        if self._listeners >= self._pages.options.listeners:
            return web.Response(status=503, text="too many pages are open\n", headers={"Retry-After": "10"})
        filters = Filters.of(request.query)
        seen = self._seen(request.headers.get("Last-Event-ID") or request.query.get("since", ""))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        self._listeners += 1
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            if page == "stories":
                await self._stories(request, response, filters, seen)
            else:
                await self._part(request, response, page, filters, seen)
        except ConnectionError:
            pass
        finally:
            self._listeners -= 1
        return response

    async def _stories(self, request: web.Request, response: web.StreamResponse, filters: Filters, seen: int) -> None:
        store = self._pages.store
        said = time.monotonic()
        while _here(request):
            if store.version != seen:
                changed = store.since(seen)
                matching = filters.match(changed or [])
                if changed is None or len(matching) > ROWS:
                    await self._send(response, "reload", {})
                else:
                    for story in matching:
                        await self._send(response, "story", {"id": story.id, "html": self._pages.row(story, filters)})
                    await self._send(response, "status", {"stories": len(store), "trouble": store.trouble})
                seen = store.version
                said = time.monotonic()
            elif time.monotonic() - said > PULSE_SECONDS:
                await response.write(b": still here\n\n")
                said = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    async def _part(
        self, request: web.Request, response: web.StreamResponse, page: str, filters: Filters, seen: int
    ) -> None:
        store = self._pages.store
        shown = ""
        while _here(request):
            if store.version != seen or page == "flow":
                seen = store.version
                html = self._pages.part(page, filters)
                if html != shown:
                    shown = html
                    await self._send(response, "part", {"html": html})
            else:
                await response.write(b": still here\n\n")
            await asyncio.sleep(EVERY[page])

    async def _send(self, response: web.StreamResponse, kind: str, content: dict[str, object]) -> None:
        data = json.dumps(content)
        await response.write(f"id: {self.version()}\nevent: {kind}\ndata: {data}\n\n".encode())

    def _seen(self, text: str) -> int:
        """Version that a browser has seen; one that nobody remembers where it is of another run."""
        run, _, version = text.partition("-")
        return int(version) if run == self._run and version.isdecimal() and len(version) < 16 else -1  # noqa: PLR2004 - digits


def _here(request: web.Request) -> bool:
    """Whether the browser is still there."""
    return request.transport is not None and not request.transport.is_closing()
