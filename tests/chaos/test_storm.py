"""The short form of `make chaos`: every kind of strike once or more, on Kafka, in about three minutes."""

from pathlib import Path

import pytest

from tests.chaos.material import articles, poison
from tests.chaos.storm import Plan, Storm


def test_a_storm_follows_from_its_seed() -> None:
    plan = Plan(seed=3, records=50, kills=9, poison=15, seconds=60.0, broker_kills=2, pause_seconds=5.0)
    assert plan.strikes() == plan.strikes()
    assert list(articles(50, 3)) == list(articles(50, 3)) != list(articles(50, 4))
    assert [strike.kind for strike in plan.strikes()].count("kill") == 11
    assert len(list(plan.raw())) == 50 + 15
    assert len({record.key for record in poison(15, 3)}) == 15


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_nothing_is_lost_in_a_storm(tmp_path: Path) -> None:
    plan = Plan(seed=8, records=1500, kills=15, poison=30, seconds=90.0, broker_kills=1, pause_seconds=8.0)
    report = Storm(plan, tmp_path).run()
    assert report.held, f"{report}\n{report.other_verdicts[:5]}"
    assert report.struck["kill broker"] == 1
    assert report.audit.dead_letters + report.audit.rejected >= 30
