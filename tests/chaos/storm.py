"""A storm over the whole house on Apache Kafka: kills, restarts of the broker, pauses and poison, while records flow.

    python -m tests.chaos.storm --records 20000 --kills 100 --minutes 20 --seed 1

What strikes what, and when, follows from the seed; what is in flight at that moment does not. At the end every raw
record must have exactly one outcome, and the verdicts must be those of a clean run over the same `news.clean`.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import threading
import time
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from statistics import median

import psutil
from aiokafka.errors import KafkaError

from agents import STAGES, topics
from agents.changelog import Reader
from agents.journal import Place, in_flight
from agents.record import ORIGIN_HEADER
from agents.settings import Settings
from dateline import audit as audits
from dateline import brokers
from dateline.feed import RawRecord, producer
from dateline.supervisor import Supervisor
from pipeline.dedupe import Deduplicator
from pipeline.events import CleanArticle, EnrichedArticle, Verdict
from tests.chaos.material import articles, poison

#: Records that the feeder has under way, about a second's: a dead broker returns no more to be sent again.
BATCH = 20
LOOK_SECONDS = 0.05
BROKER_DOWN_SECONDS = 2.0
#: A strike that meets a worker between its death and its next start comes so much later.
LATER_SECONDS = 1.0
#: How long the last records may take after the storm: supervisors pause up to 30 s before another start.
CALM_SECONDS = 600.0


SIGNALS = {
    "kill": signal.SIGKILL,
    "leave": signal.SIGTERM,
    "stop": signal.SIGSTOP,
    "continue": signal.SIGCONT,
}


class Broker:
    """Apache Kafka on a port of its own that can be killed, paused and started again with what it had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._port = brokers.free_port()
        self.address = f"{brokers.HOST}:{self._port}"

    def start(self) -> None:
        root = Path(__file__).parents[2]
        running = brokers.kafka(
            root / "deploy/kafka",
            root / "var/test-kafka",
            self._folder / "kafka.log",
            self._port,
            records=self._folder / "records",
        )
        self._stack.enter_context(running)

    def stop(self) -> None:
        self._stack.close()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the Java process that has this broker's properties."""
        wanted = str(self._folder / "kafka.properties")
        for process in psutil.process_iter(["cmdline"]):
            if wanted in (process.info["cmdline"] or ()) and "kafka.Kafka" in process.info["cmdline"]:
                process.send_signal(number)
                with suppress(psutil.TimeoutExpired):
                    process.wait(10 if number == signal.SIGKILL else 0)


class Successors:
    """Times from the start of a killed worker's successor to its first record, by the journals of both."""

    def __init__(self, folder: Path, supervisor: Supervisor) -> None:
        self._folder = folder
        self.supervisor = supervisor
        #: By name: the pid of the dead, what it left in flight, and when its successor started.
        self._expected: dict[str, tuple[int, frozenset[Place], float]] = {}
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def expect(self, name: str, pid: int) -> None:
        """A worker was killed."""
        self._expected[name] = (pid, self._in_flight(name), 0.0)

    def look(self) -> None:
        """Note who has started, and who has taken up a record. Call it often."""
        pids, now = self.supervisor.pids(), time.monotonic()
        for name, (dead, left, started) in list(self._expected.items()):
            if pids.get(name, dead) == dead:
                continue
            if not started:
                self._expected[name] = (dead, left, now)
            elif self._in_flight(name) != left:
                self.seconds[name.partition("-")[0]].append(now - started)
                del self._expected[name]

    def _in_flight(self, name: str) -> frozenset[Place]:
        stage, _, number = name.rpartition("-")
        return in_flight(self._folder / f"{stage}-storm-{number}.inflight")


@dataclass(frozen=True, order=True)
class Strike:
    """Something that happens at a time, in seconds from the start: to a worker by name, or to the broker."""

    at: float
    target: str
    kind: str


@dataclass
class Plan:
    """A storm, all of it from the seed."""

    seed: int
    records: int
    kills: int
    poison: int
    seconds: float
    broker_kills: int = 0
    #: Of each SIGSTOP; 0 for none.
    pause_seconds: float = 0.0
    #: Workers of each stage, and how often one of them is asked to leave (its successor joins).
    workers: int = 1
    leaves: int = 0
    static_membership: bool = True
    #: Articles that dedupe and trends remember of a partition; trends at most what it does by default.
    remembered: int = 1_000_000

    def strikes(self) -> list[Strike]:
        chance = random.Random(self.seed)  # noqa: S311 - a storm is no secret
        names = [f"{stage}-{number}" for stage in STAGES for number in range(self.workers)]
        strikes = [Strike(chance.uniform(0, self.seconds), chance.choice(names), "kill") for _ in range(self.kills)]
        leaves = (self.seconds * (number + 0.5) / self.leaves for number in range(self.leaves))
        strikes += [Strike(at, chance.choice(names), "leave") for at in leaves]
        strikes += [Strike(chance.uniform(0, self.seconds), "broker", "kill") for _ in range(self.broker_kills)]
        # One pause of each, spread over the storm, so that no two are still at once.
        paused = [*(f"{stage}-0" for stage in STAGES), "broker"] if self.pause_seconds else []
        chance.shuffle(paused)
        for number, target in enumerate(paused):
            at = self.seconds * (number + 0.5) / len(paused)
            strikes += [Strike(at, target, "stop"), Strike(at + self.pause_seconds, target, "continue")]
        return sorted(strikes)

    def raw(self) -> Iterator[RawRecord]:
        """What is fed: the poison sprinkled evenly between the articles."""
        bad = list(poison(self.poison, self.seed))
        every = max(1, self.records // max(1, len(bad)))
        for number, record in enumerate(articles(self.records, self.seed)):
            yield record
            if number % every == 0 and bad:
                yield bad.pop()


@dataclass
class Report:
    """What came out."""

    plan: Plan
    seconds: float
    fed: int
    struck: Counter[str]
    audit: audits.Audit
    verdicts: int
    other_verdicts: list[str]
    #: By stage: from the start of a killed worker's successor to its first record, in seconds.
    recoveries: dict[str, list[float]]

    @property
    def held(self) -> bool:
        return self.audit.balanced and self.audit.raw >= self.fed and not self.other_verdicts

    def __str__(self) -> str:
        audit = self.audit
        recoveries = {"all": list(chain(*self.recoveries.values())), **self.recoveries}
        rows = {
            "seed": self.plan.seed,
            "seconds": round(self.seconds),
            "raw records (of them sent again by the feeder)": f"{audit.raw} ({audit.raw - self.fed})",
            "missing": audit.missing,
            "conflicting": audit.conflicting,
            "enriched / duplicates": f"{audit.enriched} / {audit.duplicates}",
            "rejected / dead letters": f"{audit.rejected} / {audit.dead_letters}",
            "repeated / recovered": f"{audit.repeated} / {audit.recovered}",
            "verdicts compared with a clean run": self.verdicts,
            "verdicts that differ": len(self.other_verdicts),
            **{
                f"first record of a successor, s, {name}: median / worst": f"{median(r):.2f} / {max(r):.2f} of {len(r)}"
                for name, r in recoveries.items()
                if r
            },
            **{f"strikes: {name}": count for name, count in sorted(self.struck.items())},
            **audit.reasons,
        }
        return "\n".join(f"{name:<60}{value}" for name, value in rows.items())


class Storm:
    """Broker, supervised workers and feeder of one run, in a folder of its own."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._broker = Broker(folder)
        self.settings = Settings(
            broker=self._broker.address,
            data_dir=folder,
            instance="storm",
            clean_children=2,
            dedupe_memory=plan.remembered,
            trends_memory=min(plan.remembered, Settings.model_fields["trends_memory"].default),
        )
        self.environment = {
            "DATELINE_BROKER": self._broker.address,
            "DATELINE_DATA_DIR": str(folder),
            "DATELINE_INSTANCE": "storm",
            "DATELINE_CLEAN_CHILDREN": "2",
            "DATELINE_DEDUPE_MEMORY": str(self.settings.dedupe_memory),
            "DATELINE_TRENDS_MEMORY": str(self.settings.trends_memory),
            "DATELINE_STATIC_MEMBERSHIP": str(plan.static_membership),
            # Made-up words tell it nothing; a storm is about delivery.
            "DATELINE_TOPIC_ENCODER": "off",
        }
        self.supervisor = Supervisor(dict.fromkeys(STAGES, plan.workers), self.environment, folder / "logs", grace=60.0)
        self._successors = Successors(folder, self.supervisor)
        self._struck: Counter[str] = Counter()
        self._fed = 0

    def run(self) -> Report:
        """The whole run. Raises what stops the harness itself; what the house did wrong stands in the report."""
        started = time.monotonic()
        self._broker.start()
        try:
            asyncio.run(topics.create(self.settings, topics.specs(self.settings)))
            self.supervisor.start()
            feeder = threading.Thread(target=lambda: asyncio.run(self._feed()))
            feeder.start()
            self.rage(feeder)
            audit = self._wait_for_balance()
            verdicts, others = self.look_back()
        finally:
            self.supervisor.stop()
            self._broker.stop()
        seconds = time.monotonic() - started
        recoveries = self._successors.seconds
        return Report(self._plan, seconds, self._fed, self._struck, audit, verdicts, others, recoveries)

    def look_back(self) -> tuple[int, list[str]]:
        """Read the topics when all is over, the broker is still up: verdicts compared, and those that differ."""
        return asyncio.run(compare_verdicts(self.settings))

    def rage(self, feeder: threading.Thread) -> None:
        """Mend and strike until the storm is over and all is fed."""
        strikes, start = self._plan.strikes(), time.monotonic()
        while strikes or feeder.is_alive():
            self.supervisor.mend()
            self._successors.look()
            now = time.monotonic() - start
            while strikes and now >= strikes[0].at:
                strike = strikes.pop(0)
                if not self._strike(strike):
                    insort(strikes, replace(strike, at=now + LATER_SECONDS))
            time.sleep(LOOK_SECONDS)

    def _strike(self, strike: Strike) -> bool:
        """False where the worker is down just now."""
        number = SIGNALS[strike.kind]
        if strike.target == "broker":
            self._broker.signal(number)
            if strike.kind == "kill":
                time.sleep(BROKER_DOWN_SECONDS)
                self._broker.start()
        elif pid := self.supervisor.pids().get(strike.target):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if strike.kind == "kill":
                self._successors.expect(strike.target, pid)
        else:
            return False
        self._struck[f"{strike.kind} {strike.target.partition('-')[0]}"] += 1
        return True

    async def _feed(self) -> None:
        """Send at an even pace; what the broker did not confirm is sent again, and is a raw record of its own."""
        start, batch = time.monotonic(), list[RawRecord]()
        pace = self._plan.seconds / (self._plan.records + self._plan.poison)
        for record in self._plan.raw():
            batch.append(record)
            if len(batch) == BATCH:
                await self._send(batch)
                self._fed += len(batch)
                batch = []
                await asyncio.sleep(max(0.0, start + self._fed * pace - time.monotonic()))
        await self._send(batch)
        self._fed += len(batch)

    async def _send(self, batch: list[RawRecord]) -> None:
        left: Iterable[RawRecord] = batch
        while left := list(left):
            try:
                async with producer(self.settings) as client:
                    sent = [
                        await client.send(self.settings.topic("raw"), r.value, r.key, headers=r.headers) for r in left
                    ]
                    results = await asyncio.gather(*sent, return_exceptions=True)
                left = [r for r, result in zip(left, results, strict=True) if isinstance(result, BaseException)]
            except (KafkaError, OSError):
                await asyncio.sleep(1.0)

    def _wait_for_balance(self) -> audits.Audit:
        deadline = time.monotonic() + CALM_SECONDS
        while True:
            self.supervisor.mend()
            audit = asyncio.run(audits.audit(self.settings))
            if (audit.balanced and audit.raw >= self._fed) or time.monotonic() > deadline:
                return audit
            time.sleep(2.0)


async def compare_verdicts(settings: Settings) -> tuple[int, list[str]]:
    """Judge `news.clean` again, undisturbed: how many verdicts were compared, and the origins of those that differ."""
    clean_run, expected = Deduplicator(settings.dedupe_memory, settings.dedupe_age), dict[bytes, Verdict]()
    others: list[str] = []
    compared = 0
    async with Reader(settings) as reader:
        async for record in reader.topic(settings.topic("clean")):
            origin = dict(record.headers)[ORIGIN_HEADER]
            article = CleanArticle.model_validate_json(record.value or b"")
            judged = clean_run.judge(article, origin.decode(), record.offset, record.timestamp / 1000)
            expected.setdefault(origin, judged.verdict)
        for topic in ("unique", "duplicates"):
            async for record in reader.topic(settings.topic(topic)):
                origin = dict(record.headers)[ORIGIN_HEADER]
                verdict = EnrichedArticle.model_validate_json(record.value or b"").verdict
                compared += 1
                if verdict != expected.get(origin):
                    others.append(f"{origin.decode()}: {verdict} and not {expected.get(origin)}")
    return compared, others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--poison", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=15.0, help="How long records are fed and strikes fall.")
    parser.add_argument("--broker-kills", type=int, default=3)
    parser.add_argument("--pause", type=float, default=30.0, help="Seconds of each SIGSTOP.")
    parser.add_argument("--workers", type=int, default=1, help="Of each stage.")
    parser.add_argument("--leaves", type=int, default=0, help="How often a worker is asked to leave; another joins.")
    parser.add_argument("--dynamic", action="store_true", help="Workers without a fixed identity in their group.")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    plan = Plan(
        seed=given.seed,
        records=given.records,
        kills=given.kills,
        poison=given.poison,
        seconds=given.minutes * 60,
        broker_kills=given.broker_kills,
        pause_seconds=given.pause,
        workers=given.workers,
        leaves=given.leaves,
        static_membership=not given.dynamic,
    )
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    print(f"logs, topics and journals: {folder}", flush=True)
    report = Storm(plan, folder).run()
    print(report)
    for line in report.other_verdicts[:10]:
        print("differs:", line)
    sys.exit(0 if report.held else 1)


if __name__ == "__main__":
    main()
