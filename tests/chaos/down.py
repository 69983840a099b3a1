"""A stage that is down while the house is at full feed: memory and times of its neighbours, and how it catches up.

    python -m tests.chaos.down --stage classify --minutes 5

Three parts of one run: undisturbed, down, and after. Of each: the 99th percentile of the seconds between a record of
`news.raw` and its `news.clean`, and from there to the verdict, by the time at which each was produced, as Kafka has it;
and the largest resident memory of every process. `trends` and `route` have nothing to do while `classify` is down.
"""

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import psutil

from agents import STAGES
from agents.changelog import Reader
from agents.record import ORIGIN_HEADER, format_origin
from agents.settings import Settings
from dateline.supervisor import Supervisor
from pipeline.events import Origin
from tests.chaos.storm import Plan, Storm

#: Seconds after the start that are not measured: imports, models and machine code.
START_SECONDS = 40.0
#: Undisturbed, and for catching up: some 3,000 records each.
QUIET_SECONDS = 120.0
LOOK_SECONDS = 0.5
MEBIBYTE = 1024 * 1024
#: Of the undisturbed 99th percentile, for the stages that are not down.
SLOWER = 2.0


class Down(Storm):
    """A storm whose only strike is that one stage is away for a while."""

    def __init__(self, plan: Plan, folder: Path, stage: str, seconds: float) -> None:
        super().__init__(plan, folder)
        self._stage, self._seconds = stage, seconds
        others = {name: plan.workers for name in STAGES if name != stage}
        self.supervisor = Supervisor(others, self.environment, folder / "logs", grace=60.0)
        self._away = Supervisor({stage: plan.workers}, self.environment, folder / "logs", grace=60.0)
        #: Starts of the parts, and when the stage had caught up, in seconds since 1970.
        self.times: list[float] = []
        #: As `delays` gives them.
        self.delays: dict[str, list[tuple[float, float]]] = {}
        #: Largest resident MiB by part and process.
        self.memory: dict[str, dict[str, float]] = defaultdict(dict)

    def rage(self, feeder: threading.Thread) -> None:
        """Let all run, take the stage away, bring it back."""
        self._away.start()
        self._look("start", START_SECONDS, self.supervisor, self._away)
        self.times.append(time.time())
        self._look("undisturbed", QUIET_SECONDS, self.supervisor, self._away)
        self._away.stop()
        self.times.append(time.time())
        self._look("down", self._seconds, self.supervisor)
        self._away.start()
        self.times.append(time.time())
        while feeder.is_alive():
            self._look("after", LOOK_SECONDS, self.supervisor, self._away)

    def look_back(self) -> tuple[int, list[str]]:
        self.delays = asyncio.run(delays(self.settings))
        self._away.stop()
        return super().look_back()

    def _look(self, part: str, seconds: float, *supervisors: Supervisor) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for supervisor in supervisors:
                supervisor.mend()
                for name, pid in supervisor.pids().items():
                    held = psutil.Process(pid).memory_info().rss / MEBIBYTE
                    self.memory[part][name] = max(self.memory[part].get(name, 0.0), held)
            time.sleep(LOOK_SECONDS)


async def delays(settings: Settings) -> dict[str, list[tuple[float, float]]]:
    """By stage: when each record came in, in seconds since 1970, and how many seconds later its outcome was there."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    came: dict[bytes, float] = {}
    async with Reader(settings) as reader:
        async for record in reader.topic(settings.topic("raw")):
            came[format_origin(Origin(record.topic, record.partition, record.offset))] = record.timestamp / 1000
        for stage, topics in (("clean", ["clean"]), ("dedupe", ["unique", "duplicates"]), ("classify", ["enriched"])):
            after: dict[bytes, float] = {}
            for topic in topics:
                async for record in reader.topic(settings.topic(topic)):
                    origin = dict(record.headers)[ORIGIN_HEADER]
                    after.setdefault(origin, record.timestamp / 1000)
            found[stage] = [(came[origin], done - came[origin]) for origin, done in after.items() if origin in came]
            came = after
    return found


def tell(stage: str, times: list[float], found: dict[str, list[tuple[float, float]]]) -> bool:
    """Print the 99th percentiles; True if those of the others stayed within bounds."""
    first, gone, back = times
    kept = True
    for name, pairs in found.items():
        parts = [
            [delay for came, delay in pairs if start <= came < end]
            for start, end in ((first, gone), (gone, back), (back, float("inf")))
        ]
        before, meanwhile, after = (float(np.percentile(part, 99)) if part else float("nan") for part in parts)
        print(f"{name}, p99 in s: undisturbed {before:.2f}, down {meanwhile:.2f}, after {after:.2f}")
        kept &= name == stage or meanwhile <= SLOWER * before
    caught_up = [came + delay for came, delay in found[stage] if came < back]
    waited = sum(came >= gone for came, _ in found[stage] if came < back)
    seconds = max(caught_up) - back
    print(
        f"{stage} had caught up with {waited} records {seconds:.0f} s after its start, {waited / seconds:.0f} a second"
    )
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", choices=("dedupe", "classify"), default="classify")
    parser.add_argument("--minutes", type=float, default=5.0, help="How long it is down.")
    parser.add_argument("--rate", type=float, default=25.0, help="Records a second.")
    given = parser.parse_args()
    seconds = START_SECONDS + 2 * QUIET_SECONDS + 60 * given.minutes
    plan = Plan(seed=1, records=int(seconds * given.rate), kills=0, poison=0, seconds=seconds)
    down = Down(plan, Path(tempfile.mkdtemp(prefix="down-")), given.stage, 60 * given.minutes)
    report = down.run()
    print(report)
    kept = tell(given.stage, down.times, down.delays)
    for name in STAGES:
        held = {part: memory[f"{name}-0"] for part, memory in down.memory.items() if f"{name}-0" in memory}
        print(f"{name}, most MiB: " + ", ".join(f"{part} {most:.0f}" for part, most in held.items()))
    sys.exit(not (report.held and kept))


if __name__ == "__main__":
    main()
