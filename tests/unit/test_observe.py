"""Prometheus' rules and Grafana's board ask for metrics that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agents.metrics import METRICS, PREFIX

DEPLOY = Path(__file__).parents[2] / "deploy"
PANELS = json.loads((DEPLOY / "grafana/dateline.json").read_text(encoding="utf-8"))["panels"]
SERIES = {
    PREFIX + metric.name + suffix
    for metric in METRICS
    for suffix in (("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",))
}


@pytest.mark.parametrize("arguments", [("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml")])
def test_prometheus_takes_the_files(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: Debian's package prometheus has it")
    said = subprocess.run([promtool, *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("text", [(DEPLOY / "alerts.yml").read_text(), *(p["targets"][0]["expr"] for p in PANELS)])
def test_what_is_asked_for_is_emitted(text: str) -> None:
    asked = set(re.findall(r"\bdateline_\w+", text))
    assert asked <= SERIES
    assert asked or "process_" in text


def test_every_question_of_the_board_is_one(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: Debian's package prometheus has it")
    rules = [{"record": f"panel:{panel['id']}", "expr": panel["targets"][0]["expr"]} for panel in PANELS]
    file = tmp_path / "board.yml"
    file.write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))  # JSON is YAML
    said = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
