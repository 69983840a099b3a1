"""The seeds as raw records: articles from `raw.jsonl`, hostile ones from the recipes in `hostile.jsonl`."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dateline.feed import RawRecord

SEEDS = Path("seeds")
#: The article that the project grew from.
FIRST_SEED = "en-putin-syria"


def load(folder: Path = SEEDS) -> Iterator[tuple[str, RawRecord]]:
    """Yield the name of each seed and the record that a scraper would send. Raises OSError where there are none."""
    with (folder / "raw.jsonl").open("rb") as lines:
        for line in lines:
            article = json.loads(line)
            yield article["meta"]["seed"], RawRecord(article["url"].encode(), line.strip())
    with (folder / "hostile.jsonl").open("rb") as lines:
        for line in lines:
            recipe = json.loads(line)
            key = recipe.get("key")
            headers = [(name, value.encode()) for name, value in recipe.get("headers", [])]
            yield recipe["id"], RawRecord(None if key is None else key.encode(), _value(recipe), headers)


def expectations(folder: Path = SEEDS) -> dict[str, dict[str, Any]]:
    """What a careful reader expects of each seed, by name; see seeds/README.md."""
    with (folder / "expected.jsonl").open("rb") as lines:
        return {row["seed"]: row for row in map(json.loads, lines)}


def _value(recipe: dict[str, Any]) -> bytes | None:
    if "value_base64" in recipe:
        return base64.b64decode(recipe["value_base64"])
    if "repeat" in recipe:
        part = recipe["repeat"]
        times = part["times"]
        text = part["prefix"] + part["unit"] * times + part.get("middle", "") + part.get("unit_after", "") * times
        return str(text + part["suffix"]).encode()
    value = recipe.get("value")
    return None if value is None else str(value).encode()
