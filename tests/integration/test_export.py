"""The way out, from a real topic into the tools that read it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from agents.record import ORIGIN_HEADER
from dateline import export_files
from dateline.export import conditions_of, since_of
from dateline.feed import RawRecord
from tests.integration.house import House
from tests.integration.test_commands import command

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]


def enriched(number: int, **fields: Any) -> dict[str, Any]:
    """An event as classify writes it."""
    topic = {"code": "15000000", "top": "15000000", "label": "sport", "score": 0.9}
    country = {"iso2": "FR" if number % 2 else "DE", "name": "France" if number % 2 else "Germany", "score": 0.8}
    area = {"m49": "155", "name": "Western Europe", "score": 0.8}
    return {
        "id": f"id-{number}",
        "url": f"https://outlet.example/{number}",
        "title": f"Title {number}, “quoted”\u2028and broken",
        "body": "Première ligne\nsecond line",
        "language": "fr",
        "authors": ["Ana Lima", "Bo Ek"],
        "published_at": "2026-10-01T10:00:00+02:00",
        "origin": ["raw", 0, number],
        "verdict": {"relation": "original", "version": "dedupe-2"},
        "topics": [topic],
        "regions": {"countries": [country], "areas": [area], "version": "regions-2"},
        "meta": {"rank": number},
        **fields,
    }


def publish(it: House, *events: dict[str, Any]) -> None:
    for event in events:
        origin = f"raw/0/{event['origin'][2]}".encode()
        it.publish("enriched", RawRecord(b"key", json.dumps(event).encode(), [(ORIGIN_HEADER, origin)]))


@pytest.fixture
def it(house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(export_files, "GROUP_ROWS", 2)
    made = house("embedded")
    publish(made, *(enriched(n) for n in range(5)), enriched(1), enriched(9, language="de", source="Wire"))
    made.publish("enriched", RawRecord(b"key", b"no event"))
    return made


def test_duckdb_and_pandas_read_what_was_exported(it: House, tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    done = command(it, "export", "--to", str(path))
    assert done.returncode == 0, done.stderr
    assert f"6 articles in {path}, 1 repeated, 1 unreadable" in done.stdout
    assert [file.name for file in tmp_path.glob("all*")] == ["all.parquet"], "nothing of its making is left"
    by_country = (
        "SELECT c.iso2, count(*) FROM (SELECT unnest(countries) AS c FROM read_parquet($1)) GROUP BY 1 ORDER BY 1"
    )
    assert duckdb.sql(by_country, params=[str(path)]).fetchall() == [("DE", 3), ("FR", 3)]
    frame = pd.read_parquet(path)
    assert frame.explode("countries")["countries"].str["iso2"].value_counts().to_dict() == {"FR": 3, "DE": 3}
    row = frame[frame["id"] == "id-1"].iloc[0]
    assert (row["title"], row["body"]) == ("Title 1, “quoted”\u2028and broken", "Première ligne\nsecond line")
    assert row["published_at"] == datetime(2026, 10, 1, 8, tzinfo=timezone.utc)
    assert json.loads(row["meta"]) == {"rank": 1}
    assert (row["origin"], row["relation"], row["regions_version"]) == ("raw/0/1", "original", "regions-2")


def test_json_lines_hold_whole_events_that_were_asked_for(it: House, tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    done = command(it, "export", "--to", str(path), "--where", "topic=SPORT,country=France", "--where", "language=fr")
    assert "2 articles" in done.stdout
    assert "4 left out" in done.stdout
    assert sorted(pd.read_json(path, lines=True)["id"]) == ["id-1", "id-3"]
    titles = "SELECT title, topics[1].label FROM read_json($1) ORDER BY 1"
    assert duckdb.sql(titles, params=[str(path)]).fetchall()[0] == (enriched(1)["title"], "sport")
    assert json.loads(path.read_text("utf-8").split("\n")[0])["meta"]["rank"] in {1, 3}
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    assert "0 articles" in command(it, "export", "--to", str(path), "--since", later).stdout


async def test_groups_of_rows_are_written_as_they_fill(it: House, tmp_path: Path) -> None:
    from dateline.export import export  # noqa: PLC0415 - beside the command that calls it

    counts = await export(it.settings, tmp_path / "all.parquet", None, {})
    assert counts["written"] == 6
    assert pq.ParquetFile(tmp_path / "all.parquet").num_row_groups == 3


async def test_an_export_that_fails_leaves_the_old_file(it: House, tmp_path: Path) -> None:
    from dateline.export import export  # noqa: PLC0415 - as above

    path = tmp_path / "all.jsonl"
    path.write_text("old")
    it.settings.broker = "127.0.0.1:1"
    with pytest.raises(Exception, match="bootstrap"):
        await export(it.settings, path, None, {})
    assert path.read_text() == "old"
    assert not path.with_name("all.jsonl.part").exists()


def test_what_cannot_be_asked_for_is_said(it: House, tmp_path: Path) -> None:
    for arguments, problem in (
        (["--to", "x.csv"], "x.csv is neither .parquet nor .jsonl"),
        (["--to", str(tmp_path / "x.jsonl"), "--where", "colour=red"], "'colour=red' is none of topic=…"),
        (["--to", str(tmp_path / "x.jsonl"), "--since", "soon"], "Invalid isoformat string: 'soon'"),
        (["--to", "/no/such/folder/x.jsonl"], "/no/such/folder is no folder"),
    ):
        done = command(it, "export", *arguments)
        assert done.returncode in {1, 2}
        assert problem in done.stderr
        assert "Traceback" not in done.stderr


def test_times_and_conditions() -> None:
    now = datetime(2026, 10, 8, tzinfo=timezone.utc)
    assert since_of("7d", now) == datetime(2026, 10, 1, tzinfo=timezone.utc) == since_of("2026-10-01", now)
    assert since_of("2026-10-01T02:00:00+02:00", now) == datetime(2026, 10, 1, tzinfo=timezone.utc)
    assert conditions_of(["topic=sport, country=DE,country=FR"]) == {"topic": {"sport"}, "country": {"de", "fr"}}
