"""A child outlives its parent by no more than its deadline."""

import subprocess
import sys
import time

import pytest

from tests.unit.child_work import alive


@pytest.mark.parametrize(("command", "within"), [("idle", 1.0), ("spin", 3.0)])
def test_a_child_ends_when_its_parent_is_killed(command: str, within: float) -> None:
    """Idle, it sees the end of its input; at work, a timer of the kernel ends it a second after its deadline."""
    script = f"""
import asyncio
from agents.workers import ChildPool

async def main():
    pool = ChildPool("tests.unit.child_work:work", children=1, deadline=1.0, memory=1 << 29, recycle=9)
    await pool.start()
    print((await pool.run(b"pid"))[0].decode(), flush=True)
    await (asyncio.sleep(60) if {command!r} == "idle" else pool.run({command.encode()!r}))

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.3)
        assert alive(child)
        parent.kill()
    deadline = time.monotonic() + within
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)
