"""Functions that the tests run in child processes: well-behaved ones and all the ways to go wrong."""

import mmap
import os
import signal
import sys
import time

from agents.record import BadRecord


def work(command: bytes, *parts: bytes) -> list[bytes]:  # noqa: C901, PLR0912 - a table of behaviours
    match command:
        case b"echo":
            return list(parts)
        case b"pid":
            return [str(os.getpid()).encode()]
        case b"bad":
            raise BadRecord("no such thing as a näme")
        case b"raise":
            raise LookupError("a shelf is empty")
        case b"exit":
            sys.exit(3)
        case b"hard-exit":
            os._exit(4)
        case b"segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"hang":
            while True:
                time.sleep(1)
        case b"spin":
            while True:
                pass
        case b"eat":
            eaten = []
            while True:
                eaten.append(bytes(16 * 1024 * 1024))
        case b"map":
            held = [mmap.mmap(-1, 1 << 30) for _ in range(8)]
            return [str(len(held)).encode()]
        case b"print":
            print("to standard output", flush=True)  # noqa: T201 - it is what is tested
            os.write(1, b"past the buffer\n")
            return [b"printed"]
        case b"wrong-type":
            return ["text"]  # type: ignore[list-item]
    raise AssertionError(command)


def alive(process: int) -> bool:
    """Whether a process runs (one that waits to be reaped does not)."""
    try:
        with open(f"/proc/{process}/stat") as stat:  # noqa: PTH123 - no path to handle
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
