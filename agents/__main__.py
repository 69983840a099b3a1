"""One worker of one stage: `python -m agents clean`. The supervisor and the compose services start these.

`python -m agents --spare clean dedupe` loads what these stages need and waits: the supervisor has it take the place of
a worker that dies, without the seconds that the libraries take (2 to 3 of CPU, the most of a start; measured).
"""

import asyncio
import importlib
import json
import logging
import os
import sys
import threading
import time

import faust
from aiokafka.errors import KafkaError

from agents import STAGES, health, logs, topics
from agents.failures import explain
from agents.settings import Settings, load
from agents.stage import Stage, build_app

log = logging.getLogger("agents")

LEVELS = {"agents": "INFO"}
LONGEST_PAUSE = 10.0
#: One question to the broker; a topic that was deleted is missed no longer than this.
CHECK_SECONDS = 15.0


async def wait_for_broker(settings: Settings, stage: str) -> None:
    """Wait until the broker answers and every topic is there; say what is missing meanwhile."""
    heartbeat = health.heartbeat(settings.data_dir, stage, settings.instance)
    pause = 0.5
    while True:
        try:
            problems = await topics.missing(settings)
        except (KafkaError, OSError) as error:
            problems = [await explain(settings, error)]
        if not problems:
            return
        health.write(heartbeat, {"ready": False, "stuck": "", "stuck_seconds": 0, "waiting": problems[:3]})
        log.warning("waiting: %s", "; ".join(problems[:3]))
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)


def run(stage: Stage, settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT, which let the records in flight finish. Ends the process."""
    asyncio.run(wait_for_broker(settings, stage.name))
    app = build_app(stage, settings)
    threading.Thread(target=_bound_stop, args=(app, settings.stop_timeout), daemon=True).start()
    threading.Thread(target=_check_topics, args=(settings,), daemon=True).start()
    # A level below WARNING keeps Faust from drawing a spinner; our configuration has the last word on what is said.
    worker = app.Worker(
        loglevel="INFO",
        logging_config=logs.configuration(settings.log_format, LEVELS),
        redirect_stdouts=False,
        quiet=True,
    )
    worker.execute_from_commandline()


def _check_topics(settings: Settings) -> None:
    """Say so when a topic goes while the worker runs: deliveries to it wait, and what it held is for its owner."""
    while True:
        time.sleep(CHECK_SECONDS)
        try:
            problems = asyncio.run(topics.missing(settings))
        except (KafkaError, OSError) as error:
            problems = [asyncio.run(explain(settings, error))]
        if problems:
            log.error("nothing is acknowledged that is not delivered, but: %s", "; ".join(problems[:3]))


def _bound_stop(app: faust.App, seconds: float) -> None:
    """End a worker whose stop hangs: aiokafka may look for a coordinator for ever when a rebalance meets the stop.

    What it had acknowledged is committed every `commit_interval`; the rest comes again.
    """
    while not app.should_stop:
        time.sleep(1.0)
    time.sleep(seconds)
    log.critical("the stop hung for %.0f s: ending; what was not committed comes again", seconds)
    logging.shutdown()
    os._exit(os.EX_TEMPFAIL)


def wait_as_spare(stages: list[str]) -> str:
    """Load the stages, then wait for the order of the supervisor; gives the stage to run. Ends with the supervisor.

    The order is a line of JSON on standard input: stage, environment, and the log file to write to.
    """
    importlib.import_module("faust.transport.drivers.aiokafka")  # Faust itself loads it when an app is built
    for stage in stages:
        if warm_up := getattr(importlib.import_module(f"agents.{stage}"), "warm_up", None):
            warm_up()
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    order = json.loads(line)
    os.environ.clear()
    os.environ.update(order["environment"])
    with open(order["log"], "ab") as output:  # noqa: PTH123 - a descriptor is what is wanted
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    return str(order["stage"])


def main() -> None:
    """Start the stage that the command line names, or that the supervisor orders."""
    arguments = sys.argv[1:]
    spare = arguments[:1] == ["--spare"]
    stages = arguments[spare:]
    if not stages or not set(stages) <= set(STAGES) or len(stages) > 1 > spare:
        sys.exit(f"usage: python -m agents [--spare] {{{','.join(STAGES)}}}")
    stage = wait_as_spare(stages) if spare else stages[0]
    settings = load()
    logs.set_up(settings.log_format, LEVELS)
    run(importlib.import_module(f"agents.{stage}").stage(settings), settings)


if __name__ == "__main__":
    main()
