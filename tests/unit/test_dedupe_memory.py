"""The local copy of dedupe's changelog: read back where it fits the topic, dropped with a word where it does not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Self

import pytest

from agents import memory
from agents.memory import Memory
from agents.segments import Segments
from agents.settings import Settings
from pipeline.dedupe import Deduplicator
from pipeline.events import CleanArticle, Relation
from tests.unit.texts import prose

SEGMENT = 8


class Topic:
    """A changelog without a broker, and a reader of it that keeps the offsets it was asked for."""

    def __init__(self, records: list[bytes], first: int = 0) -> None:
        self.records, self.first = records, first
        self.starts: list[int] = []

    def __call__(self, _: Settings) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        pass

    async def partition(self, _topic: str, _partition: int, start: int = 0) -> AsyncIterator[SimpleNamespace]:
        self.starts.append(start)
        for offset in range(max(start, self.first), self.first + len(self.records)):
            yield SimpleNamespace(offset=offset, value=self.records[offset - self.first])


def article(number: int) -> CleanArticle:
    return CleanArticle(id=f"{number:032x}", url=f"https://one.example/{number}", body=prose(number, 60))


def changelog(count: int, seed: int = 0) -> list[bytes]:
    index = Deduplicator(count)
    return [index.judge(article(seed + n), f"r/0/{n}", n).to_bytes() for n in range(count)]


WRITTEN = changelog(30)


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic(WRITTEN)
    monkeypatch.setattr(memory, "Reader", made)
    monkeypatch.setattr(memory, "SEGMENT", SEGMENT)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, dedupe_memory=100, instance="a")


def restored(settings: Settings) -> Memory:
    made = Memory(settings, 0)
    asyncio.run(made.restore())
    return made


def saved(settings: Settings) -> list[Path]:
    asyncio.run(restored(settings).save())
    return sorted(settings.data_dir.glob("dedupe-a-0/*.segment"))


def knows(made: Memory, count: int, seed: int = 0) -> bool:
    """Whether an index of `count` entries takes a copy of each for one."""
    found = [made.index.judge(article(seed + n), f"again/{n}", 1000 + n).verdict for n in range(count)]
    return [verdict.duplicate_of for verdict in found] == [f"{seed + n:032x}" for n in range(count)]


def test_after_the_local_copy_only_the_rest_is_read(topic: Topic, settings: Settings) -> None:
    assert len(saved(settings)) == len(WRITTEN) // SEGMENT
    topic.starts.clear()
    made = restored(settings)
    # One record before, to see that the topic is the one that was copied.
    assert topic.starts == [len(WRITTEN) // SEGMENT * SEGMENT - 1]
    assert knows(made, len(WRITTEN))


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "gone"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_damaged_segment_costs_a_longer_read(
    topic: Topic, settings: Settings, caplog: pytest.LogCaptureFixture, damage: str, number: int
) -> None:
    path = saved(settings)[number]
    data = path.read_bytes()
    changed = {"cut": data[:-10], "changed": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}
    path.write_bytes(changed[damage]) if damage != "gone" else path.unlink()
    topic.starts.clear()
    with caplog.at_level(logging.WARNING):
        made = restored(settings)
    assert topic.starts == [max(0, number * SEGMENT - 1)]
    # That the last is gone looks as if it had never been there.
    assert bool(caplog.records) == (damage != "gone" or number < len(WRITTEN) // SEGMENT - 1)
    assert knows(made, len(WRITTEN))


@pytest.mark.parametrize("length", [0, 5, 30])
def test_a_copy_of_another_topic_of_that_name_is_dropped(topic: Topic, settings: Settings, length: int) -> None:
    assert saved(settings)
    topic.records = changelog(30, seed=500)[:length]
    made = restored(settings)
    assert len(made.index) == length
    assert knows(made, length, seed=500)
    assert not list(settings.data_dir.glob("dedupe-a-0/*.segment"))


def test_entries_of_another_version_on_disk_are_dropped(topic: Topic, settings: Settings) -> None:
    Segments(settings.data_dir / "dedupe-a-0", 100).write(0, [b"of another layout"] * SEGMENT)
    assert knows(restored(settings), len(WRITTEN))
    assert topic.starts == [0]


def test_what_the_topic_no_longer_holds_breaks_the_copy_off(topic: Topic, settings: Settings) -> None:
    made = restored(settings)
    topic.first, topic.records = 4, WRITTEN[4:]
    asyncio.run(made.save())
    assert [int(path.stem) for path in sorted(settings.data_dir.glob("dedupe-a-0/*.segment"))] == [4, 12, 20]
    topic.starts.clear()
    assert len(restored(settings).index) == len(WRITTEN) - 4
    assert topic.starts == [0], "the copy holds less than is to be remembered"


def test_a_disk_that_cannot_be_written_is_done_without(
    topic: Topic, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.data_dir / "dedupe-a-0").write_text("a file where the directory should be")
    asyncio.run(restored(settings).save())
    assert "was not written" in caplog.text
    assert len(topic.starts) == 2


@pytest.mark.usefixtures("topic")
def test_a_copy_is_made_while_the_stage_works(settings: Settings) -> None:
    async def work() -> None:
        made = Memory(settings, 0)
        await made.restore()
        made.judged()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(work())
    assert len(list(settings.data_dir.glob("dedupe-a-0/*.segment"))) == len(WRITTEN) // SEGMENT


def test_old_segments_go(tmp_path: Path) -> None:
    segments = Segments(tmp_path, 20)
    for first in range(0, 100, 10):
        segments.write(first, [b"%d" % number for number in range(first, first + 10)])
    kept = list(segments.read())
    assert [first for first, _ in kept] == [80, 90]
    assert kept[1][1][0] == b"90"


def test_a_second_assignment_reads_on_from_the_first(topic: Topic, settings: Settings) -> None:
    made = restored(settings)
    topic.records = changelog(40)
    asyncio.run(made.restore())
    assert topic.starts == [0, 30]
    assert made.index.judge(article(39), "again", 39).verdict.relation is Relation.EXACT
