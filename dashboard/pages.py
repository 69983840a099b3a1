"""The pages: each is rendered on the server, from the store alone."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard import render, security
from dashboard.explain import explain
from dashboard.filters import Choices, Filters
from dashboard.live import Live
from dashboard.options import Options
from dashboard.reader import Flow, Reader
from dashboard.store import Store, Story
from dashboard.topics import TOPICS
from pipeline.events import DeadLetter

HERE: Final = Path(__file__).parent
#: Stories on one page; older ones come as the reader scrolls.
PAGE: Final = 50
MAP: Final = json.loads((HERE / "data" / "countries.json").read_text(encoding="utf-8"))
#: Bytes of a dead letter that are shown.
SHOWN: Final = 16 * 1024


def environment() -> Environment:
    """Templates: everything is escaped, and a name that is not there is an error."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= render.FILTERS
    found.globals |= render.NAMES
    return found


class Pages:
    """Handlers over one store."""

    def __init__(self, options: Options, store: Store, flow: Flow) -> None:
        self.options = options
        self.store = store
        self.flow = flow
        self._templates = environment()
        self.live = Live(self)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.stories),
            web.get("/map", self.page("map")),
            web.get("/trends", self.page("trends")),
            web.get("/flow", self.page("flow")),
            web.get("/article/{id}", self.article),
            web.get("/article/{id}/events.json", self.events),
            web.get("/deadletter/{place}", self.dead_letter),
            web.get("/live/{page}", self.live.handle),
            web.static("/static", HERE / "static"),
        ]

    # ------------------------------------------------------------------------------------------- stories

    async def stories(self, request: web.Request) -> web.Response:
        """The newest stories that the filters leave; `before` goes on where a page ended."""
        filters = Filters.of(request.query)
        before = _cursor(request.query.get("before", ""))
        found = filters.match(self.store.newest(before))
        shown = found[:PAGE]
        more = ""
        if len(found) > PAGE:
            more = filters.address() + ("&" if filters.given() else "?") + f"before={shown[-1].seconds}~{shown[-1].id}"
        if "rows" in request.query:
            return self.html("_rows.html", filters=filters, stories=shown, more=more)
        choices = Choices.among(found if not before else filters.match(self.store.newest()))
        return self.html(
            "stories.html",
            page="stories",
            filters=filters,
            stories=shown,
            more=more,
            total=len(found),
            before=before,
            choices=choices,
            tree=_tree(filters.topic, choices),
            version=self.live.version(),
        )

    def row(self, story: Story, filters: Filters) -> str:
        """One story as a row of the list."""
        return self.text("_story.html", story=story, filters=filters)

    # --------------------------------------------------------------------------- map, trends, flow, failures

    def page(self, name: str) -> Callable[[web.Request], Any]:
        """A page whose content is one part that is rendered again as the store changes."""

        async def handle(request: web.Request) -> web.Response:
            filters = Filters.of(request.query)
            return self.html(
                "part.html", page=name, filters=filters, version=self.live.version(), **self.content(name, filters)
            )

        return handle

    def part(self, name: str, filters: Filters) -> str:
        """The content of such a page."""
        return self.text(f"_{name}.html", page=name, filters=filters, **self.content(name, filters))

    def content(self, name: str, filters: Filters) -> dict[str, Any]:
        """What a page is made of."""
        if name == "map":
            found = filters.match(self.store.newest())
            return {"map": MAP, "choices": Choices.among(found), "total": len(found)}
        if name == "trends":
            trends = self.store.trends
            return {"trends": {dimension: trends.of(dimension)[:20] for dimension in ("topic", "country")}} | {
                "newest": trends.newest,
                "window": trends.window_seconds,
                "countries": Choices.among(self.store.newest()).names,
            }
        return {"flow": self.flow, "failures": self.store.failures, "reasons": self.store.reasons}

    async def dead_letter(self, request: web.Request) -> web.Response:
        """One dead letter, as it came."""
        failure = self.store.failures["deadletter"].get(request.match_info["place"])
        if failure is None or not isinstance(failure.event, DeadLetter):
            return self.gone("dead letter")
        value = failure.event.value or b""
        return self.html(
            "deadletter.html",
            page="flow",
            failure=failure,
            letter=failure.event,
            text=render.decoded(value[:SHOWN]),
            cut=failure.event.truncated or len(value) > SHOWN,
        )

    # ------------------------------------------------------------------------------------------ one article

    async def article(self, request: web.Request) -> web.Response:
        """One article, explained."""
        name = request.match_info["id"]
        story = self.store.story(name)
        if story is None or name not in story.articles:
            return self.gone("article")
        article = story.articles[name]
        original = story.articles.get(story.id)
        explained = explain(article, original if original is not article else None)
        return self.html("article.html", page="stories", story=story, article=article, **explained)

    async def events(self, request: web.Request) -> web.Response:
        """The event of an article, as it is on its topic."""
        name = request.match_info["id"]
        story = self.store.story(name)
        if story is None or name not in story.articles:
            return self.gone("article")
        return web.Response(body=story.articles[name].json, content_type="application/json", charset="utf-8")

    # ---------------------------------------------------------------------------------------------- answers

    def gone(self, what: str) -> web.Response:
        """Nothing here, and what to do next."""
        return self.html("gone.html", 404, page="", what=what)

    def text(self, template: str, **content: Any) -> str:
        return self._templates.get_template(template).render(store=self.store, options=self.options, **content)

    def html(self, template: str, status: int = 200, **content: Any) -> web.Response:
        return web.Response(
            text=self.text(template, **content),
            status=status,
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )


def application(options: Options, store: Store, flow: Flow) -> web.Application:
    """The web application over a store that somebody fills."""
    pages = Pages(options, store, flow)

    @web.middleware
    async def errors(request: web.Request, handler: security.Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return pages.gone("page")

    app = web.Application(middlewares=[security.middleware(options), errors])
    app.on_response_prepare.append(security.secure)
    app.add_routes(pages.routes())
    return app


async def serve(options: Options, ready: Callable[[str], None]) -> None:
    """Read the topics and answer browsers until cancelled; `ready` is told the address. Raises OSError: port taken."""
    store = Store(options)
    reader = Reader(options, store)
    app = application(options, store, reader.flow)
    # Listeners never end by themselves: a stop does not wait for them.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        port = runner.addresses[0][1]
        ready(f"http://{'127.0.0.1' if options.host in ('0.0.0.0', '::') else options.host}:{port}/")  # noqa: S104 - compared
        await reader.run()
    finally:
        await runner.cleanup()


def _cursor(text: str) -> tuple[float, str] | None:
    seconds, _, name = text.partition("~")
    with suppress(ValueError):
        return float(seconds), name
    return None


def _tree(chosen: str, choices: Choices) -> list[tuple[int, str, str, int]]:
    """Depth, code, name and count of the topics to choose from: the top level, and what lies open under the choice."""
    above: list[str | None] = [None]
    at = chosen if chosen in TOPICS else None
    path = []
    while at:
        path.append(at)
        at = TOPICS[at][1]
    above += path
    rows: list[tuple[int, str, str, int]] = []

    def walk(parent: str | None, depth: int) -> None:
        children = [c for c, (_, up) in TOPICS.items() if up == parent and (choices.topics[c] or c in path)]
        for code in sorted(children, key=lambda c: (-choices.topics[c], TOPICS[c][0])):
            rows.append((depth, code, TOPICS[code][0], choices.topics[code]))
            if code in above:
                walk(code, depth + 1)

    walk(None, 0)
    return rows
