"""Logs: one line an event, for machines and people, and never the text of an article."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from agents import logs

BODY = "The harbour council of Lisbon said that the ferry would not sail."

SCRIPT = """
import asyncio, logging
import faust
from pathlib import Path
from agents import logs
from agents.record import Record, WorkFailed
from agents.settings import Settings
from agents.stage import Guard, Stage
from pipeline.events import DeadLetterReason

settings = Settings(data_dir=Path({folder!r}), attempts=4)
logs.set_up({format!r}, {{"agents": "INFO"}})
errors = [
    ValueError({body!r}),
    WorkFailed(DeadLetterReason.FAILED, {body!r}),
    WorkFailed(DeadLetterReason.TIMEOUT, "no answer in 10 s"),
    OSError("the disk is full"),
]

async def work(record):
    raise errors.pop(0)

async def main():
    guard = Guard(Stage("clean", ("raw",), work), settings, faust.App("of-a-test"))
    record = Record("news.raw", 0, 1, None, {body!r}.encode())
    (letter,) = await guard._outputs(record, 0)
    assert letter.topic == "deadletter"
    try:
        raise ValueError({body!r})
    except ValueError as error:
        try:
            raise RuntimeError({body!r}) from error
        except RuntimeError:
            logging.getLogger("agents").critical("the guard failed", exc_info=True)
            logging.getLogger("faust.app").exception("Crashed reason=%r", ValueError({body!r}))

asyncio.run(main())
"""


def logged(folder: Path, log_format: str) -> str:
    script = SCRIPT.format(folder=str(folder), format=log_format, body=BODY)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("log_format", ["auto", "json", "human"])
def test_a_body_is_not_logged_whatever_fails_on_it(tmp_path: Path, log_format: str) -> None:
    said = logged(tmp_path, log_format)
    assert "harbour" not in said
    assert "ValueError at " in said
    assert "no answer in 10 s" in said
    assert "the disk is full" in said
    assert "the guard failed" in said


def test_where_stderr_is_no_terminal_each_line_is_an_object(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in logged(tmp_path, "auto").splitlines()]
    assert len(lines) == 6
    assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in lines)
    assert lines[4]["error"].startswith("RuntimeError at ")
    assert lines[4]["cause"].startswith("ValueError at ")
    assert lines[4]["frames"]


def test_an_error_of_the_system_keeps_its_words() -> None:
    assert logs.describe(OSError("the disk is full")) == "OSError: the disk is full"
    assert logs.describe(KeyError(BODY)) == "KeyError"


def test_only_what_is_asked_for_is_below_a_warning() -> None:
    config = logs.configuration("json", {"agents": "INFO"})
    assert config["root"]["level"] == logging.getLevelName(logging.WARNING)
    assert config["loggers"] == {"agents": {"level": "INFO"}}
