"""What the page is told by whoever serves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Options:
    """Where the broker is, where to listen, and how much to hold."""

    #: Arguments of every aiokafka client: bootstrap_servers and what it takes to be let in.
    client: Mapping[str, object]
    prefix: str = "news"
    host: str = "127.0.0.1"
    port: int = 8040
    #: Further names under which the page may be asked for; others are refused (DNS rebinding).
    names: frozenset[str] = field(default_factory=frozenset)
    stories: int = 10_000
    #: Of packed events; a story takes about 4 kB, the rest of the memory about as much again for words.
    bytes: int = 96 * MEBIBYTE
    #: Browsers that may listen at once.
    listeners: int = 64
