"""When a partition stands still, and what a heartbeat is worth."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faust.types import TP

from agents import health
from agents.progress import Movement, Partition

A, B = TP("news.raw", 0), TP("news.raw", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_partition_stands_while_it_is_busy_and_nothing_is_committed() -> None:
    clock = Clock()
    movement = Movement(clock)
    movement.note({A: Partition(5, 3, busy=True), B: Partition(5, 0, busy=False)})
    clock.now += 10
    movement.note({A: Partition(5, 3, busy=True), B: Partition(5, 0, busy=False)})
    assert movement.idle() == {A: 10, B: 0}
    movement.note({A: Partition(6, 9, busy=True), B: Partition(5, 1, busy=True)})
    assert movement.idle() == {A: 0, B: 0}, "lag may grow while it moves; work that has just come is no standstill"
    clock.now += 5
    movement.note({B: Partition(5, 1, busy=True)})
    assert movement.idle() == {B: 5}, "what went to another worker is no longer ours"
    movement.note({A: Partition(6, 9, busy=True), B: Partition(5, 0, busy=False)})
    assert movement.idle() == {A: 0, B: 0}, "what comes back begins anew"


def test_a_heartbeat_says_what_it_says(tmp_path: Path) -> None:
    path = health.heartbeat(tmp_path / "new", "clean", "a")
    assert not health.judge(path).live
    health.write(path, {"ready": True, "stuck": "", "stuck_seconds": 0})
    assert health.judge(path) == health.Health(ready=True, reason="", since=0, pid=os.getpid())
    health.write(path, {"ready": True, "stuck": "news.raw/0 has not moved", "stuck_seconds": 4})
    found = health.judge(path)
    assert (found.live, found.ready, found.since) == (False, False, 4)


def test_an_old_heartbeat_is_none_whatever_it_says(tmp_path: Path) -> None:
    path = tmp_path / "clean-a.heartbeat"
    health.write(path, {"ready": True, "stuck": "", "stuck_seconds": 0})
    old = time.time() - 2 * health.STALE_SECONDS
    os.utime(path, (old, old))
    found = health.judge(path)
    assert (found.live, found.ready) == (False, False)
    assert found.since > health.STALE_SECONDS


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ready": true}', "\0", '{"pid": null}'])
def test_a_broken_heartbeat_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clean-a.heartbeat"
    path.write_text(text)
    assert not health.judge(path).live


@pytest.mark.parametrize(("since", "ends"), [(30, False), (90, True)])
def test_the_check_ends_what_has_been_stuck_for_too_long(tmp_path: Path, since: float, ends: bool) -> None:  # noqa: FBT001
    path = tmp_path / "clean-a.heartbeat"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as worker:
        health.write(path, {"pid": worker.pid, "ready": True, "stuck": "it stands", "stuck_seconds": since})
        checked = subprocess.run(
            [sys.executable, "-m", "agents.health", path, "--end-after", "60"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (1, "it stands\n")
        if ends:
            assert worker.wait(10) == -9
        else:
            assert worker.poll() is None
            worker.kill()
