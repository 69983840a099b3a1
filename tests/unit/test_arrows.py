"""Who may import whom: dateline → agents → pipeline, dashboard → pipeline.events; children without Faust."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = {"faust", "mode", "aiokafka"}
FILES = sorted(path for room in ("pipeline", "agents", "dashboard") for path in (ROOT / room).rglob("*.py"))
#: What a child process and the feed of events load: they start fast and know no engine.
WITHOUT_ENGINE = ("child", "clean_child", "classify_child", "frames", "record")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            found.add((node.module or "").partition(".")[0])
    return found


def test_the_rooms_are_found() -> None:
    assert {"pipeline/events.py", "pipeline/clean/html.py", "agents/stage.py"} <= set(map(name, FILES))
    assert imported(ROOT / "agents/stage.py") >= {"faust", "aiokafka", "agents", "pipeline"}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_run_one_way(path: Path) -> None:
    forbidden = {"dateline", "tests"}
    if not path.is_relative_to(ROOT / "dashboard"):
        forbidden |= {"dashboard"}
    if path.is_relative_to(ROOT / "pipeline"):
        forbidden |= ENGINE | {"agents", "asyncio"}
    assert not imported(path) & forbidden


@pytest.mark.parametrize("path", sorted((ROOT / "dashboard").rglob("*.py")), ids=name)
def test_the_page_knows_the_contract_alone(path: Path) -> None:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    house = {module for module in modules if module.partition(".")[0] in {"agents", "dateline", "pipeline", "seeds"}}
    assert house <= {"pipeline.events"}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", WITHOUT_ENGINE)
def test_children_load_no_engine(module: str) -> None:
    script = f"import sys, agents.{module}; print(*sorted({ENGINE | {'dateline'}!r} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True, cwd=ROOT
    )
    assert ended.stdout.split() == []
