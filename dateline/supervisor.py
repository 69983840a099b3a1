"""Stage processes under a supervisor: starts them, restarts what dies, stops them in time.

One more process has the libraries loaded and waits: it takes the place of the next worker that dies.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agents import health

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A worker that ran this long is well: its next death starts again from the first pause.
WELL_SECONDS = 60.0
# Imports, models and joining the group: 20 s on a busy machine of two cores.
START_SECONDS = 90.0
# The spare is loaded so long after the first starts, the next one so long after a restart: workers have the processor
# first.
FIRST_SPARE_SECONDS, NEXT_SPARE_SECONDS = 15.0, 1.0


@dataclass
class _Worker:
    """One stage process and when it may be started again."""

    name: str
    stage: str
    environment: dict[str, str]
    log: Path
    heartbeat: Path
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    starts: int = 0

    def start(self, spare: "subprocess.Popen[bytes] | None" = None) -> None:
        """Start a process, or have the spare one be this worker."""
        # Counted in the worker's metrics.
        environment = {**self.environment, "DATELINE_RESTARTS": str(self.starts)}
        order = {"stage": self.stage, "environment": environment, "log": str(self.log.absolute())}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if spare is not None and _ordered(spare, order):
            self.process = spare
        else:
            with self.log.open("ab") as output:
                self.process = _process([self.stage], environment, subprocess.DEVNULL, output)
        self.started = time.monotonic()
        self.starts += 1

    def end_if_stuck(self, after: float) -> None:
        """Kill a worker that has not been live for longer than `after` seconds, or has never shown a heartbeat."""
        if self.process is None or self.process.poll() is not None:
            return
        found = health.judge(self.heartbeat)
        reason, since = found.reason, found.since
        if found.pid != self.process.pid:
            reason, since = "no heartbeat since its start", time.monotonic() - self.started - START_SECONDS
        if reason and since > after:
            log.warning("%s is not live: %s; ending it, its records come back", self.name, reason)
            self.process.kill()
            self.process.wait()


def _process(
    arguments: list[str], environment: Mapping[str, str], stdin: int, output: IO[bytes] | int
) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C on the terminal reaches the supervisor, which stops the stages in order.
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "agents", *arguments],
        env=environment,
        stdin=stdin,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def _ordered(spare: "subprocess.Popen[bytes]", order: object) -> bool:
    """Tell a spare what to be. False where it has died."""
    assert spare.stdin is not None  # noqa: S101 - it is a pipe
    try:
        spare.stdin.write(json.dumps(order).encode() + b"\n")
        spare.stdin.close()
    except OSError:
        return False
    return spare.poll() is None


class Supervisor:
    """Runs `workers[stage]` processes of each stage; logs go to one file a worker under `logs`, in the data folder.

    `grace` is how long the records in flight may take at a stop, in seconds; a worker that has not been live for
    longer than `restart_after` seconds is started again.
    """

    def __init__(
        self,
        workers: Mapping[str, int],
        environment: Mapping[str, str],
        logs: Path,
        grace: float,
        restart_after: float = 60.0,
    ) -> None:
        self._grace = grace
        self._restart_after = restart_after
        instance = environment.get("DATELINE_INSTANCE", "local")
        names = [(stage, number) for stage, count in workers.items() for number in range(count)]
        port = int({**os.environ, **environment}.get("DATELINE_METRICS_PORT", "0"))
        self._workers = [
            _Worker(
                name=f"{stage}-{number}",
                stage=stage,
                environment={
                    **os.environ,
                    **environment,
                    "DATELINE_INSTANCE": f"{instance}-{number}",
                    # Each on a port of its own, from the one that is set on.
                    "DATELINE_METRICS_PORT": str(port and port + place),
                },
                log=logs / f"{stage}-{number}.log",
                heartbeat=health.heartbeat(logs.parent, stage, f"{instance}-{number}"),
            )
            for place, (stage, number) in enumerate(names)
        ]
        self._spare: subprocess.Popen[bytes] | None = None
        self._spare_due = 0.0

    def start(self) -> None:
        """Start every worker."""
        for worker in self._workers:
            worker.start()
        self._spare_due = time.monotonic() + FIRST_SPARE_SECONDS

    def pids(self) -> dict[str, int]:
        """Process ids of the workers that run, by name."""
        return {w.name: w.process.pid for w in self._workers if w.process and w.process.poll() is None}

    def mend(self) -> None:
        """Start again what died or is stuck, with pauses that double. Call it about once a second, or more often."""
        now = time.monotonic()
        for worker in self._workers:
            worker.end_if_stuck(self._restart_after)
            if worker.process is not None and worker.process.poll() is not None:
                if now - worker.started > WELL_SECONDS:
                    worker.pause = FIRST_PAUSE
                log.warning(
                    "%s ended with status %s; starting it again in %.1f s, its log: %s",
                    worker.name,
                    worker.process.returncode,
                    worker.pause,
                    worker.log,
                )
                worker.process, worker.due = None, now + worker.pause
                worker.pause = min(LONGEST_PAUSE, worker.pause * 2)
            if worker.process is None and now >= worker.due:
                worker.start(self._spare)
                self._spare, self._spare_due = None, now + NEXT_SPARE_SECONDS
        if self._spare is None and now >= self._spare_due:
            stages = dict.fromkeys(worker.stage for worker in self._workers)
            self._spare = _process(["--spare", *stages], os.environ, subprocess.PIPE, subprocess.DEVNULL)

    def stop(self) -> None:
        """Ask every worker to finish what it holds; kill what does not end in time."""
        if self._spare is not None:
            with self._spare:  # waits for it, closes its pipe
                self._spare.kill()
            self._spare = None
        running = [w for w in self._workers if w.process is not None and w.process.poll() is None]
        for worker in running:
            assert worker.process is not None  # noqa: S101 - filtered above
            worker.process.terminate()
        deadline = time.monotonic() + self._grace
        for worker in running:
            assert worker.process is not None  # noqa: S101 - filtered above
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s did not end in %.0f s: killed; its records come back", worker.name, self._grace)
                worker.process.kill()
                worker.process.wait()
