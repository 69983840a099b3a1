"""What stands between hostile news and a reader: strict headers on every answer, and no answer to a foreign name."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from dashboard.options import Options

#: Nothing but our own files: no inline script or style, no frames, no forms to elsewhere.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def middleware(options: Options) -> Middleware:
    """Refuses requests under a name that is not ours: a page elsewhere may have pointed its own name here."""
    names = LOOPBACK | options.names | {options.host}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if host(request.host) not in names:
            text = f"This page does not answer to that name; DATELINE_DASHBOARD_NAMES can add it to {sorted(names)}.\n"
            return web.Response(status=421, text=text, headers=HEADERS)
        return await handler(request)

    return guard


async def secure(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: the headers, on every answer."""
    response.headers.update(HEADERS)


def host(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def outward(url: str) -> str | None:
    """An address that a link may lead to: http or https with a host; None for every other one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
