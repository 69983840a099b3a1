"""Quality of cleaning on the shared development pages never falls below the stored baseline."""

import json
from pathlib import Path

import pytest

from benchmarks import clean as bench

BASELINE = json.loads(Path("benchmarks/clean_baseline.json").read_text(encoding="utf-8"))
# Extraction libraries change in small steps: what a page of 60 can turn, .002 of F1, is no fall.
TOLERANCE = 0.002

pytestmark = pytest.mark.skipif(
    not (bench.shared() / "data/extract").is_dir(), reason=f"no labelled pages under {bench.shared()} (DATELINE_SHARED)"
)


@pytest.mark.parametrize("name", bench.SETS)
def test_quality_holds(name: str) -> None:
    predictions = {key: bench.by_dateline(url, content) for key, url, content in bench.pages(name)}
    found = bench.score(bench.scorer(), name, predictions)
    fallen = {
        figure: (found[figure], least) for figure, least in BASELINE[name].items() if found[figure] < least - TOLERANCE
    }
    assert not fallen
    assert found["rejected"] <= 0.01
