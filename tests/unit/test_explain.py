"""`dateline explain`: the whole judgement, by real children, and nothing of the news acts on the terminal."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.settings import Settings
from dateline.cli import app
from dateline.explain import records
from dateline.sources import Skip, SkipReason

SEED = Path("seeds/articles/putin-syria.txt")
HOSTILE = """<html><head><title>Harbour [bold]rebuilt[/bold] :bomb: \x1b]0;owned\x07</title></head><body><article>
<h1>Harbour [bold]rebuilt[/bold] :bomb: \x1b]0;owned\x07</h1>{}</article>
<ul><li>\x1b[2JSee also \u202ethis</li></ul></body></html>"""
PARAGRAPH = "<p>The council of Lisbon in Portugal said that \x9b31mthe harbour will be rebuilt by next spring, {}.</p>"


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """The encoder takes seconds to load, and changes nothing of what is looked at here."""
    os.environ["DATELINE_TOPIC_ENCODER"] = "off"
    yield
    del os.environ["DATELINE_TOPIC_ENCODER"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """An article, its copy, a listing page, a hostile page, an event that is none."""
    folder = tmp_path_factory.mktemp("pages")
    copy = folder / "copy.txt"
    copy.write_text(SEED.read_text(encoding="utf-8") + "\nThe ministry gave no further details on Friday.\n", "utf-8")
    hostile = folder / "\x1b[31mhostile.html"
    body = "".join(PARAGRAPH.format(f"as {n} engineers explained to the port authority on day {n}") for n in range(9))
    hostile.write_text(HOSTILE.format(body), encoding="utf-8")
    broken = folder / "broken.json"
    broken.write_text('{"url": "https://one.example/", "fetched_at": "2026-10-01T00:00:00Z"}', encoding="utf-8")
    return [str(SEED), str(copy), "seeds/others/listing-sport.html", str(hostile), str(broken)]


@pytest.fixture(scope="module")
def told(files: list[str]) -> Result:
    return CliRunner().invoke(app, ["explain", *files])


@pytest.fixture(scope="module")
def rows(files: list[str]) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, ["explain", "--json", *files])
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_file_has_its_outcome(rows: list[dict[str, Any]], files: list[str]) -> None:
    assert [row["file"] for row in rows] == files
    assert [row["outcome"] for row in rows] == ["enriched", "duplicate", "rejected", "enriched", "unreadable"]
    assert rows[0]["event"]["topics"][0]["top"] == "16000000"
    assert {"RU", "SY"} <= {row["iso2"] for row in rows[0]["event"]["regions"]["countries"]}
    assert "Discuss This Article" in rows[0]["cut"]
    assert not [line for line in rows[0]["cut"] if line in rows[0]["event"]["body"]]
    assert rows[1]["event"]["verdict"]["duplicate_of"] == rows[0]["event"]["id"]
    assert (rows[2]["reason"], "links" in rows[2]["detail"]) == ("listing_page", True)
    assert "exactly one of html, text and content" in rows[4]["detail"]


def test_people_read_what_was_judged_and_why(told: Result) -> None:
    words = " ".join(told.stdout.split())
    assert told.exit_code == 1, "one file is no event"
    assert re.search(r"0\.\d\d Syria SY Syria ·", words)
    assert re.search("conflict, war and peace 16000000 .{,40}troops", words)
    assert "2017-12-15T00:00:00Z (date-line)" in words
    assert "1 byline · 2 caption" in words
    assert f"of {SEED}:1, similarity" in words
    assert "listing_page: 93% of the text is links" in words
    assert "clean-" in words
    assert "regions-" in words


def test_a_page_cannot_act_on_the_terminal(told: Result) -> None:
    assert "Harbour [bold]rebuilt[/bold] :bomb:" in told.stdout
    assert not set(told.output) & set("\x1b\x07\x9b\u202e")
    assert "␛[31mhostile.html" in told.output.replace("\n", "")


def test_statuses(files: list[str]) -> None:
    assert CliRunner().invoke(app, ["explain", files[2]]).exit_code == 3, "no article"
    page = CliRunner().invoke(app, ["explain", "-"], input=Path(files[1]).read_bytes())
    assert page.exit_code == 0
    assert "standard input:1" in page.stdout
    assert CliRunner().invoke(app, ["explain", "no-such-file"]).exit_code == 1


def test_a_file_of_nothing_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"\n\n")
    said = CliRunner().invoke(app, ["explain", "--format", "jsonl", str(tmp_path / "empty.jsonl")])
    assert said.exit_code == 1
    assert "nothing in there could be judged" in said.output


def test_a_page_that_is_too_large_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "large.html").write_text("<html>" + "x" * 1000, encoding="utf-8")
    ((_, _, skip),) = records([tmp_path / "large.html"], None, 1, Settings(feed_max_bytes=1000))
    assert skip == Skip(SkipReason.TOO_LARGE, "more than 1000 bytes, DATELINE_FEED_MAX_BYTES")
