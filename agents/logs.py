"""Logs: one line an event worth waking for; JSON for machines, readable on a terminal, never the text of an article.

Any error may quote what it failed on, so an exception is told by its type and the places of its frames. The words of
errors of the broker, the system and the settings are ours or theirs, and are kept. The whole error of a record stands
in its dead letter.
"""

import logging.config
import sys
import traceback
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from structlog.typing import EventDict, WrappedLogger

from agents.record import WorkFailed
from pipeline.events import DeadLetterReason

#: Frames of an exception that are told: the innermost ones.
FRAMES = 12


def describe(error: BaseException) -> str:
    """An error in one line, without what it may quote."""
    ours = isinstance(error, WorkFailed) and error.reason is not DeadLetterReason.FAILED
    words = f": {error}" if ours or isinstance(error, KafkaError | OSError) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames and not words else ""
    return f"{type(error).__name__}{words}{where}"


class _Told:
    """How an error is shown in a line that has it among its arguments."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __repr__(self) -> str:
        return describe(self._error)


def _tell(record: logging.LogRecord) -> bool:
    """Faust's lines, as ours, have errors among their arguments: they are told in the same way."""
    if isinstance(record.args, tuple):
        record.args = tuple(_Told(each) if isinstance(each, BaseException) else each for each in record.args)
    return True


def _frames(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its chain of types and the places of its frames."""
    found = event.pop("exc_info", None)
    event.pop("exc_text", None)
    error = found[1] if isinstance(found, tuple) else found if isinstance(found, BaseException) else sys.exc_info()[1]
    if not found or error is None:
        return event
    event["error"] = describe(error)
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    if cause := error.__cause__ or error.__context__:
        event["cause"] = describe(cause)
    return event


def configuration(log_format: str, levels: dict[str, str]) -> dict[str, Any]:
    """Configuration of the standard library's logging, for it and for Faust; `levels` by logger, others WARNING."""
    human = sys.stderr.isatty() if log_format == "auto" else log_format == "human"
    before = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _frames,
    ]
    renderer = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": before,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "filters": {"tell": {"()": lambda: _tell}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tell"]}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {name: {"level": level} for name, level in levels.items()},
    }


def set_up(log_format: str, levels: dict[str, str]) -> dict[str, Any]:
    """Configure logging; gives the configuration, for a library that wants to configure it again."""
    config = configuration(log_format, levels)
    logging.config.dictConfig(config)
    return config
