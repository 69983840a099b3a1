"""What is counted of an output: said by the code that made it, so that nobody decodes an event again to count it."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Facts:
    """Codes and times of one output, from closed lists of ours: never text of an article.

    `reason`: of a rejection or dead letter, or the relation that dedupe found. `topics`: top-level codes of IPTC.
    `countries`: ISO 3166-1 alpha-2. `fetched_at`: seconds since 1970, None where it is not known.
    """

    reason: str = ""
    topics: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    fetched_at: float | None = None

    def to_bytes(self) -> bytes:
        """For the pipe between a child process and its parent."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        return cls(**json.loads(data))


NOTHING = Facts()
