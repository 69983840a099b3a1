"""What every command shares: text made harmless, consoles, statuses, errors as one sentence and a hint."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, NoReturn, TypeVar

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from typer.core import TyperGroup

from agents.failures import explain
from agents.settings import Settings
from dateline.brokers import BrokerFailed

T = TypeVar("T")

#: Statuses of every command. 2 is click's own for a command line that cannot be read.
WELL, FAILED, MISUSED, REJECTED = 0, 1, 2, 3
BRIEF_CHARACTERS = 200
#: Ctrl-C, as shells report it.
INTERRUPTED: Final = 130

# Unicode has pictures for C0 and DEL. C1 holds one-byte escapes of some terminals; the others turn the direction of
# what follows, break lines, or are halves of characters that no charset can write.
_HARMLESS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_HARMLESS |= dict.fromkeys(
    [*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)
_HARMLESS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_WITH_LINES = {code: text for code, text in _HARMLESS.items() if code != ord("\n")}

# Text from events goes through markup=False everywhere: news is hostile.
out = Console(markup=False, emoji=False, highlight=False)
err = Console(stderr=True, markup=False, emoji=False, highlight=False)


def safe(text: str, *, lines: bool = False) -> str:
    """Text that can do nothing to a terminal, character for character, so that offsets hold; `lines` keeps its ends."""
    return text.translate(_WITH_LINES if lines else _HARMLESS)


def brief(text: str) -> str:
    """Harmless text that is cut where it is long."""
    return safe(text if len(text) <= BRIEF_CHARACTERS else f"{text[: BRIEF_CHARACTERS - 1]}…")


def closing(example: str, *statuses: str) -> str:
    """The end of a command's help: one example, and what its statuses say."""
    return f"Example: {example}\n\nStatus: {'; '.join(statuses) or '0 done; 1 failed'}; 2 wrong usage or settings."


def fail(message: str, status: int = FAILED) -> NoReturn:
    """Say what is wrong and end with a status."""
    err.print(f"dateline: {safe(message, lines=True)}", soft_wrap=True)
    raise typer.Exit(status)


def ask(settings: Settings, request: Coroutine[Any, Any, T]) -> T:
    """Run what needs the broker. Ends with one sentence where it does not answer."""
    try:
        return asyncio.run(request)
    except KafkaError as error:
        fail(asyncio.run(explain(settings, error)))


class Commands(TyperGroup):
    """The commands; what they do not catch themselves and a user can mend ends as one sentence."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokerFailed as error:
            fail(str(error))
        except BrokenPipeError:
            raise  # nobody reads any more: typer ends quietly
        except OSError as error:
            fail(f"{error.strerror or error!r}{f': {error.filename}' if error.filename else ''}")
