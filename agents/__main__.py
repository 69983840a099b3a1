"""One worker of one stage: `python -m agents clean`. The supervisor and the compose services start these."""

import asyncio
import importlib
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


def main() -> None:
    """Start the stage that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] not in STAGES:  # noqa: PLR2004 - program and stage
        sys.exit(f"usage: python -m agents {{{','.join(STAGES)}}}")
    settings = load()
    logs.set_up(settings.log_format, LEVELS)
    run(importlib.import_module(f"agents.{sys.argv[1]}").stage(settings), settings)


if __name__ == "__main__":
    main()
