"""Health that cannot lie: workers that freeze, in ways that they see and in ways that they cannot."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from agents import health
from tests.integration.conftest import BOTH
from tests.integration.house import House, article, wait_until

pytestmark = pytest.mark.timeout(240)

MakeHouse = Callable[..., House]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page that a worker serves; 0 where it does not serve yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


def told(it: House, *options: str) -> tuple[int, str]:
    """Status and words of `dateline health dedupe`."""
    asked = subprocess.run(
        [sys.executable, "-m", "dateline", "health", "dedupe", *options],
        env=it.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.returncode, " ".join(asked.stderr.split())


@pytest.mark.parametrize("kind", BOTH)
def test_work_that_never_ends_is_seen_by_the_worker_itself(house: MakeHouse, kind: str) -> None:
    port = free_port()
    it = house(kind, stuck_after=5.0, metrics_port=port)
    assert told(it)[0] == 1, "nothing runs yet"
    it.start("freezing", module="tests.integration.faulty")
    wait_until(lambda: ask(port, "/live")[0] != 0, "the pages")
    it.start("clean")
    it.feed(article(n) for n in range(5))
    wait_until(lambda: len(it.records("unique")) == 5, "five articles")
    wait_until(lambda: ask(port, "/ready")[0] == 200, "readiness")
    assert told(it, "--ready") == (0, "")
    it.feed([article(5, "freeze-the-work " * 80)])
    wait_until(lambda: ask(port, "/live")[0] == 503, "the freeze to be seen")
    assert "clean/0 has not moved for" in ask(port, "/live")[1]
    status, words = told(it)
    assert status == 1
    assert "clean/0 has not moved for" in words
    metrics = ask(port, "/metrics")[1]
    assert 'dateline_live{stage="dedupe"} 0.0' in metrics
    assert 'dateline_lag_records{partition="0",stage="dedupe",topic="clean"} 1.0' in metrics
    assert ask(port, "/other")[0] == 404


@pytest.mark.embedded
def test_an_event_loop_that_hangs_is_seen_from_a_thread(house: MakeHouse) -> None:
    port = free_port()
    it = house("embedded", metrics_port=port)
    it.start("freezing", module="tests.integration.faulty")
    wait_until(lambda: ask(port, "/live")[0] != 0, "the pages")
    it.start("clean")
    wait_until(lambda: ask(port, "/ready")[0] == 200, "readiness")
    it.feed([article(1, "freeze-the-loop " * 80)])
    wait_until(lambda: ask(port, "/live")[0] == 503, "the freeze to be seen")
    assert "the last heartbeat is" in ask(port, "/live")[1]


@pytest.mark.embedded
def test_the_supervisor_ends_a_worker_that_is_stopped(house: MakeHouse) -> None:
    it = house("embedded", restart_after=1.0)
    up = subprocess.Popen([sys.executable, "-m", "dateline", "up", "--stages", "clean,dedupe"], env=it.environment())
    try:
        it.feed(article(n) for n in range(3))
        wait_until(lambda: len(it.records("unique")) == 3, "three articles")
        beat = health.heartbeat(it.settings.data_dir, "dedupe", "a-0")
        stopped = json.loads(beat.read_text())["pid"]
        os.kill(stopped, signal.SIGSTOP)
        it.feed(article(n) for n in range(3, 6))
        wait_until(lambda: health.judge(beat).pid not in (0, stopped), "a successor")
        wait_until(lambda: len(it.records("unique")) == 6, "what the stopped worker left")
    finally:
        up.terminate()
        assert up.wait(60) == 0
