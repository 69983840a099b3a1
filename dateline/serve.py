"""`dateline serve`: hands the live page what it needs from the settings. The page itself is `dashboard/`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agents.settings import Settings
from dashboard.options import Options
from dashboard.pages import serve as serve_pages
from dateline.brokers import end


def options(settings: Settings) -> Options:
    """What the page is told."""
    return Options(
        client=settings.client(),
        prefix=settings.topic_prefix,
        host=settings.dashboard_host,
        port=settings.dashboard_port,
        names=frozenset(name.strip().lower() for name in settings.dashboard_names.split(",") if name.strip()),
        stories=settings.dashboard_stories,
        bytes=settings.dashboard_bytes,
        listeners=settings.dashboard_listeners,
    )


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve the page until it is interrupted. Raises OSError where the port is taken."""
    asyncio.run(serve_pages(options(settings), ready))


@contextmanager
def beside(environment: Mapping[str, str], port: int, log: Path) -> Iterator[str]:
    """Serve the page from a process of its own, on a port of the loopback address; yields the address."""
    variables = {
        **os.environ,
        **environment,
        "DATELINE_DASHBOARD_HOST": "127.0.0.1",
        "DATELINE_DASHBOARD_PORT": str(port),
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # A session of its own: Ctrl-C on the terminal reaches whoever started it, who stops it in its turn.
        process = subprocess.Popen(
            [sys.executable, "-m", "dateline", "serve"],
            env=variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        end(process)
