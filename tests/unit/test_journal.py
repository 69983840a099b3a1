"""The journal: what was in flight outlives the worker, and only a record that kills it alone is blamed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agents.journal import BLAME_AFTER, InstanceInUse, Journal

SLOTS = 4


@contextmanager
def opened(path: Path, slots: int = SLOTS) -> Iterator[Journal]:
    with closing(Journal(path, slots)) as journal:
        yield journal


def left_by_a_killed_worker(path: Path) -> Path:
    """The file as the next worker finds it, though the one that has it open never closed it."""
    copy = path.with_name(path.name + ".copy")
    shutil.copyfile(path, copy)
    return copy


def test_a_new_journal_suspects_nobody(tmp_path: Path) -> None:
    with opened(tmp_path / "not" / "yet" / "there") as journal:
        assert len(journal) == 0
        assert journal.deaths("news.raw", 0, 0) is None


def test_what_was_in_flight_is_suspect_and_what_was_finished_is_not(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        for offset in range(3):
            journal.started("news.raw", 1, offset)
        journal.finished("news.raw", 1, 1)
        with opened(left_by_a_killed_worker(tmp_path / "j")) as after:
            assert len(after) == 2
            assert [after.deaths("news.raw", 1, offset) for offset in range(4)] == [0, None, 0, None]
            assert after.deaths("news.raw", 0, 0) is None, "another partition"
            assert after.deaths("news.clean", 1, 0) is None, "another topic"


def test_survives_kill_9(tmp_path: Path) -> None:
    script = f"""
import os, signal, pathlib
from agents.journal import Journal
journal = Journal(pathlib.Path({str(tmp_path / "j")!r}), {SLOTS})
journal.started("news.raw", 0, 7, alone=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    with opened(tmp_path / "j") as journal:
        assert journal.deaths("news.raw", 0, 7) == 1


def test_only_deaths_alone_count_and_blame_comes_after_three(tmp_path: Path) -> None:
    path, seen = tmp_path / "j", []
    for alone in (False, True, True, True):
        with opened(path) as journal:
            seen.append(journal.deaths("news.raw", 0, 7))
            journal.started("news.raw", 0, 7, alone=alone)
    with opened(path) as journal:
        seen.append(journal.deaths("news.raw", 0, 7))
    assert seen == [None, 0, 1, 2, 3]
    assert seen[-1] == BLAME_AFTER


def test_a_suspect_that_comes_through_is_cleared(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        journal.started("news.raw", 0, 7, alone=True)
    with opened(tmp_path / "j") as journal:
        journal.started("news.raw", 0, 7, alone=True)
        assert len(journal) == 0
        assert journal.deaths("news.raw", 0, 7) is None, "it is in flight, not suspect"
        journal.finished("news.raw", 0, 7)
    with opened(tmp_path / "j") as journal:
        assert len(journal) == 0


def test_a_suspect_that_is_not_seen_again_stays_suspect(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        journal.started("news.raw", 0, 7, alone=True)
    for _ in range(3):
        with opened(tmp_path / "j") as journal:
            assert journal.deaths("news.raw", 0, 7) == 1


def test_a_second_worker_of_the_same_name_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        journal.started("news.raw", 0, 7)
        with pytest.raises(InstanceInUse, match="DATELINE_INSTANCE"):
            Journal(tmp_path / "j", SLOTS)
        script = (
            f"from agents.journal import Journal; import pathlib; Journal(pathlib.Path({str(tmp_path / 'j')!r}), 1)"
        )
        other = subprocess.run([sys.executable, "-c", script], check=False, timeout=30, capture_output=True, text=True)
        assert other.returncode == 1
        assert "InstanceInUse" in other.stderr
    with opened(tmp_path / "j") as journal:
        assert journal.deaths("news.raw", 0, 7) == 0, "the refused ones changed nothing"


def test_slots_are_used_again(tmp_path: Path) -> None:
    with opened(tmp_path / "j") as journal:
        for offset in range(50 * SLOTS):
            journal.started("news.raw", 0, offset)
            if offset >= SLOTS - 1:
                journal.finished("news.raw", 0, offset - SLOTS + 1)
        assert os.path.getsize(tmp_path / "j") < 50 * SLOTS  # noqa: PTH202 - bytes of the file
    with opened(tmp_path / "j") as journal:
        assert len(journal) == SLOTS - 1


def test_a_record_delivered_twice_takes_one_slot(tmp_path: Path) -> None:
    with opened(tmp_path / "j", slots=1) as journal:
        for _ in range(10):
            journal.started("news.raw", 0, 7)
        journal.finished("news.raw", 0, 7)
        journal.finished("news.raw", 0, 7)
    with opened(tmp_path / "j") as journal:
        assert len(journal) == 0


def test_more_suspects_than_slots(tmp_path: Path) -> None:
    with opened(tmp_path / "j", slots=40) as journal:
        for offset in range(40):
            journal.started("news.raw", 0, offset)
    with opened(tmp_path / "j", slots=2) as journal:
        assert len(journal) == 40
        journal.started("news.raw", 0, 100)
        journal.started("news.raw", 0, 101)
        assert journal.deaths("news.raw", 0, 39) == 0
    with opened(tmp_path / "j", slots=2) as journal:
        assert len(journal) == 42


def test_where_slots_run_out_old_suspects_make_room_and_records_in_flight_stay(tmp_path: Path) -> None:
    with opened(tmp_path / "j", slots=3) as journal:
        for offset in range(3):
            journal.started("news.raw", 0, offset)
    with opened(tmp_path / "j", slots=1) as journal:
        for offset in range(100, 105):
            journal.started("news.raw", 0, offset)
    with opened(tmp_path / "j") as journal:
        assert [journal.deaths("news.raw", 0, offset) for offset in range(100, 105)] == [0] * 5


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"torn"], ids=["empty", "blank", "torn"])
def test_a_file_that_holds_nothing_suspects_nobody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(content)
    with opened(tmp_path / "j") as journal:
        assert len(journal) == 0
        journal.started("news.raw", 0, 0)
    with opened(tmp_path / "j") as journal:
        assert journal.deaths("news.raw", 0, 0) == 0
