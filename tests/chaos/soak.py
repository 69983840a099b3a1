"""The whole house on Apache Kafka at full feed, undisturbed, and what memory each process takes over time.

    python -m tests.chaos.soak --minutes 60

Flat is a last quarter of at most 1.05 times the second: the first one fills caches and what dedupe and trends remember,
which is so little here that it is full by then and the oldest are forgotten.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import psutil

from agents.settings import Settings
from tests.chaos.storm import Plan, Storm

LOOK_SECONDS = 5.0
MEBIBYTE = 1024 * 1024
#: Growth that is flat.
FLAT = 1.05
QUARTERS = 4
#: Of the articles of a partition, the share that dedupe and trends remember: full within the first quarter.
REMEMBERED = 0.15


class Soak(Storm):
    """A storm without strikes that weighs its processes."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        super().__init__(plan, folder)
        #: Resident memory in bytes by process, look for look.
        self.weights: dict[str, list[int]] = defaultdict(list)

    def rage(self, feeder: threading.Thread) -> None:
        """Mend, which should have nothing to do, and weigh until all is fed."""
        while feeder.is_alive():
            self.supervisor.mend()
            for name, pid in self.supervisor.pids().items():
                worker = psutil.Process(pid)
                self.weights[name].append(worker.memory_info().rss)
                if children := worker.children():
                    self.weights[f"{name}, children"].append(sum(child.memory_info().rss for child in children))
            time.sleep(LOOK_SECONDS)

    def growth(self) -> dict[str, tuple[float, float]]:
        """Mean MiB of the second and of the last quarter, by process."""
        return {name: (_quarter(looks, 1), _quarter(looks, 3)) for name, looks in sorted(self.weights.items())}


def _quarter(looks: list[int], number: int) -> float:
    size = len(looks) // QUARTERS
    return fmean(looks[number * size : (number + 1) * size]) / MEBIBYTE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--rate", type=float, default=25.0, help="Records a second; what two cores take beside other work."
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    seconds = given.minutes * 60
    records = int(seconds * given.rate)
    remembered = int(records * REMEMBERED / Settings.model_fields["partitions"].default)
    plan = Plan(seed=given.seed, records=records, kills=0, poison=0, seconds=seconds, remembered=remembered)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"logs and topics: {folder}", flush=True)
    soak = Soak(plan, folder)
    report = soak.run()
    print(report)
    print(f"{'MiB: second quarter, last quarter, ratio':<52}")
    growth = soak.growth()
    for name, (second, last) in growth.items():
        print(f"{name:<52}{second:7.0f}{last:7.0f}{last / second:7.2f}")
    sys.exit(0 if report.held and all(last <= FLAT * second for second, last in growth.values()) else 1)


if __name__ == "__main__":
    main()
