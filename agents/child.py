"""The child's side of `agents.workers`: a process that does CPU work on byte strings and can be killed at any time.

    python -m agents.child MODULE:FUNCTION MEMORY_BYTES DEADLINE_SECONDS

Reads frames from standard input and answers each on standard output; see `agents.frames`. It knows neither Faust nor
Kafka, so that it starts fast. Two things it does for itself, because its parent may be dead: it ends at the end of
its input, and a timer of the kernel ends it a second after its deadline. Where the module has a function `warm_up`,
it is called first, so that no record spends its deadline on loading models.
"""

import importlib
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable

from agents.frames import Answer, read_frame, write_frame
from agents.record import BadRecord

_GRACE_SECONDS = 1.0


def main() -> None:
    """Serve until the input ends."""
    target, memory, deadline = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not write into the frames.
    os.dup2(2, 1)
    # Libraries quote the page in what they log; what became of it is said by its outcome.
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, _, name = target.partition(":")
    loaded = importlib.import_module(module)
    work: Callable[..., list[bytes]] = getattr(loaded, name)
    if warm_up := getattr(loaded, "warm_up", None):
        warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    write_frame(answers, [Answer.READY])
    while (request := read_frame(requests)) is not None:
        signal.setitimer(signal.ITIMER_REAL, deadline + _GRACE_SECONDS)
        write_frame(answers, _answer(work, request))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(work: Callable[..., list[bytes]], request: list[bytes]) -> list[bytes]:
    try:
        return [Answer.RESULT, *work(*request)]
    except BadRecord as error:
        return [Answer.BAD_RECORD, str(error).encode("utf-8", "replace")]
    except MemoryError:
        return [Answer.OUT_OF_MEMORY, b"the address space of the child was used up"]
    except Exception as error:  # noqa: BLE001 - reported to the parent, which decides
        return [Answer.ERROR, f"{type(error).__name__}: {error}".encode("utf-8", "replace")]


if __name__ == "__main__":
    main()
