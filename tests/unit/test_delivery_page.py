"""docs/delivery.md promises nothing that no test holds."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/delivery.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
HELD = ("What is promised", "What repeats look like", "What order is kept")


def sentences(section: str) -> list[str]:
    """The points of a section, each with its tests."""
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^- .*(?:\n  .*)*", text, re.MULTILINE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("section", HELD)
def test_every_promise_names_a_test(section: str) -> None:
    points = sentences(section)
    assert points
    assert [point for point in points if "::test_" not in point] == []


def test_the_files_that_work_around_defects_are_there() -> None:
    assert all((ROOT / path).is_file() for path in re.findall(r"`(agents/\w+\.py)`", PAGE))
