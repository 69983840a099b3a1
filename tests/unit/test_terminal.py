"""Commands as people meet them: help, settings that cannot be read, completion, and text that can do nothing."""

import os
import subprocess
import sys
import unicodedata
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from dateline.cli import app
from dateline.terminal import safe

COMMANDS = sorted(command.name or command.callback.__name__ for command in app.registered_commands if command.callback)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_the_statuses(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    words = " ".join(said.output.split())
    assert f"Example: dateline {command}" in words
    assert "Status: 0 " in words
    assert "2 wrong usage or settings" in words


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_is_not_there_is_wrong_usage(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--nonsense"])
    assert said.exit_code == 2
    assert "Traceback" not in said.output


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PARTITIONS", "many", "DATELINE_PARTITIONS: Input should be a valid integer"),
        ("RAW_MAX_BYTES", "99999999", "raw_max_bytes < clean_max_bytes < deadletter_max_bytes must hold"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str, problem: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "dateline", "topics"],
        env={**os.environ, f"DATELINE_{name}": value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert problem in said.stderr
    assert "agents/settings.py" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_shell_completes_commands() -> None:
    script = subprocess.run(
        [sys.executable, "-m", "dateline"],
        env={**os.environ, "_DATELINE_COMPLETE": "complete_bash", "COMP_WORDS": "dateline exp", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "explain" in script.stdout.split()


@settings(deadline=None)
@given(st.text(alphabet=st.characters()))
def test_text_of_the_news_cannot_act_on_a_terminal(text: str) -> None:
    shown = safe(text)
    assert len(shown) == len(text), "offsets hold"
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"} or 0x202A <= ord(c) <= 0x202E]
    console = Console(file=StringIO(), markup=False, highlight=False, width=80)
    console.print(shown)


def test_escapes_are_seen_and_do_nothing() -> None:
    assert safe("a\x1b]0;owned\x07\x9b2J\u202eb\nc") == "a␛]0;owned␇\ufffd2J\ufffdb␊c"
    assert safe("a\nb\r", lines=True) == "a\nb␍"
