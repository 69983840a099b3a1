"""Names and tree of the IPTC Media Topics (CC BY 4.0, © IPTC), for filters."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Code → English name and the code above; the top level has none above.
TOPICS: Final[dict[str, tuple[str, str | None]]] = {
    code: (name, parent)
    for code, (name, parent) in json.loads(
        (Path(__file__).parent / "data" / "topics.json").read_text(encoding="utf-8")
    ).items()
}


def ancestors(code: str) -> Iterator[str]:
    """A topic and all above it, upwards."""
    at: str | None = code
    while at:
        yield at
        at = TOPICS[at][1]


def name(code: str) -> str:
    """Name of a topic; the code itself where this vocabulary does not have it."""
    return TOPICS.get(code, (code, None))[0]
