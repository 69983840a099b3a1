"""Killable child processes for CPU work.

Parsing hostile HTML can hang, crash natively or eat memory (notes/clean.md, Poison), and lxml crashes under threads;
so the work runs in processes of our own. `concurrent.futures` cannot kill one stuck task and breaks as a whole when a
child dies, hence one process a slot, each with a deadline, a memory limit and an end after so many records.
"""

import asyncio
import logging
import os
import struct
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from agents.frames import Answer, pack
from agents.record import BadRecord, WorkFailed
from pipeline.events import DeadLetterReason

#: A child is one core's work, and there are as many children as are wanted: threads of a linear algebra library of its
#: own wait for each other in a loop, ten times slower than one (measured with two children on two cores).
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

log = logging.getLogger(__name__)

# A child imports its libraries first; a minute is far beyond what the slowest disk here took (3 s).
START_SECONDS = 60.0
# A child that closed its pipes is gone, or about to be.
END_SECONDS = 1.0


class ChildPool:
    """A fixed number of child processes that run `target` ("module:function", bytes… → list of bytes).

    `deadline` in seconds and `memory` in bytes of address space hold for one call and one child; a child is replaced
    after `recycle` calls. `start` before use, `stop` at the end; both belong to the running loop.
    """

    def __init__(self, target: str, *, children: int, deadline: float, memory: int, recycle: int) -> None:
        self._arguments = ["-m", "agents.child", target, str(memory), str(deadline)]
        self._children = children
        self._deadline = deadline
        self._recycle = recycle
        #: The last one in first: those that have started before those that have not.
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()
        self._all: set[_Child] = set()

    async def start(self) -> None:
        """Start the first child; the others start when there is work for them, so that the first record waits for one.

        Raises what keeps a child from starting: a worker without its libraries must not read.
        """
        self._all = {_Child(self._arguments) for _ in range(self._children)}
        for child in self._all:
            self._idle.put_nowait(child)
        await child.start()  # the last one in is the first one out

    async def stop(self) -> None:
        """Kill the children."""
        for child in self._all:
            await child.kill()
        self._all.clear()

    async def run(self, *parts: bytes) -> list[bytes]:
        """Run the function on one idle child.

        Raises BadRecord where the function said so, WorkFailed with TIMEOUT, CHILD_DIED or OUT_OF_MEMORY (the child
        is replaced), or FAILED where the function raised.
        """
        child = await self._idle.get()
        try:
            if child.calls >= self._recycle or not child.alive:
                await child.kill()
                await child.start()
            kind, *result = await asyncio.wait_for(child.call(list(parts)), self._deadline)
            if kind == Answer.OUT_OF_MEMORY:
                await child.kill()
        except TimeoutError:
            await child.kill()
            raise WorkFailed(DeadLetterReason.TIMEOUT, f"no answer in {self._deadline:g} s") from None
        except (EOFError, OSError):
            status = await child.ended()
            raise WorkFailed(DeadLetterReason.CHILD_DIED, f"the child ended with status {status}") from None
        except asyncio.CancelledError:
            await child.kill()
            raise
        finally:
            self._idle.put_nowait(child)
        if kind == Answer.RESULT:
            return result
        error = result[0].decode("utf-8", "replace")
        if kind == Answer.BAD_RECORD:
            raise BadRecord(error)
        if kind == Answer.OUT_OF_MEMORY:
            raise WorkFailed(DeadLetterReason.OUT_OF_MEMORY, error)
        raise WorkFailed(DeadLetterReason.FAILED, error)


class _Child:
    """One process and its pipes."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._process: Process | None = None
        self.calls = 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process and wait until it has loaded its libraries."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdin=PIPE, stdout=PIPE, env={**os.environ, **_ONE_THREAD}
        )
        self.calls = 0
        await asyncio.wait_for(self._read(), START_SECONDS)

    async def call(self, parts: list[bytes]) -> list[bytes]:
        """Send a request and read its answer."""
        assert self._process is not None  # noqa: S101 - started before use
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self.calls += 1
        self._process.stdin.write(pack(parts))
        await self._process.stdin.drain()
        return await self._read()

    async def ended(self) -> int | None:
        """Status of a process that closed its pipes (negative: the signal that ended it); killed if it lingers."""
        if self._process is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), END_SECONDS)
        return await self.kill()

    async def kill(self) -> int | None:
        """End the process now, if it has not ended; gives its status."""
        if self._process is None:
            return None
        with suppress(ProcessLookupError):
            self._process.kill()
        status = await self._process.wait()
        self._process = None
        return status

    async def _read(self) -> list[bytes]:
        assert self._process is not None  # noqa: S101 - started before use
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        stdout = self._process.stdout
        (count,) = struct.unpack("<I", await stdout.readexactly(4))
        lengths = struct.unpack(f"<{count}I", await stdout.readexactly(4 * count))
        return [await stdout.readexactly(length) for length in lengths]
