"""Whether a worker does what it is for: `python -m agents.health FILE [--end-after SECONDS]`.

A worker writes a heartbeat once a second: what it holds, how each partition moves, and its own verdict on that. A
worker that is stopped, or whose event loop hangs, cannot judge itself, so whoever reads the file judges its age.
This needs the standard library only: container health checks run it every few seconds.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

#: A heartbeat is due each second; a worker busy with one long step of Python on a full machine misses some.
STALE_SECONDS = 15.0


class Health(NamedTuple):
    """What a heartbeat says. `reason` is empty where the worker is live; `since`: seconds that it has not been."""

    ready: bool
    reason: str
    since: float
    pid: int
    #: Why the stage has braked; it is live then, and waits for a person.
    braked: str = ""

    @property
    def live(self) -> bool:
        """Nothing is wrong."""
        return not self.reason


def heartbeat(data_dir: Path, stage: str, instance: str) -> Path:
    """Where a worker shows its heartbeat."""
    return data_dir / f"{stage}-{instance}.heartbeat"


def write(path: Path, beat: Mapping[str, Any]) -> None:
    """Replace a heartbeat; a full disk must not end a worker that needs none."""
    fresh = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps({"pid": os.getpid(), **beat}))
        fresh.replace(path)


def judge(path: Path) -> Health:
    """Read a heartbeat. A file that is not there, or is none, is a worker that has not started."""
    try:
        age = time.time() - path.stat().st_mtime
        beat = json.loads(path.read_text())
        ready, pid = bool(beat["ready"]), int(beat["pid"])
        stuck, since = str(beat["stuck"]), float(beat["stuck_seconds"])
        braked = str(beat.get("braked", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Health(ready=False, reason=f"{path} is not there or no heartbeat: not started", since=0.0, pid=0)
    if age > STALE_SECONDS:
        stuck, since = f"the last heartbeat is {age:.0f} s old", age
    return Health(ready and not stuck, stuck, since, pid, braked)


def main() -> None:
    """Status 0 if live. With `--end-after`, a worker that has not been live for longer is killed: a new one follows."""
    path, *options = sys.argv[1:]
    health = judge(Path(path))
    if health.braked:
        sys.exit(f"braked: {health.braked}")
    if health.live:
        return
    if options and options[0] == "--end-after" and health.since > float(options[1]):
        with suppress(ProcessLookupError):
            os.kill(health.pid, signal.SIGKILL)
    sys.exit(health.reason)


if __name__ == "__main__":
    main()
