"""Brokers, one of each kind for the whole run, and a house of its own for every test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dateline import brokers
from tests.integration.house import House

BOTH = [pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.kafka)]
KAFKA = [pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Address of a broker by kind; each is started when it is first asked for."""
    started: dict[str, str] = {}
    folder = tmp_path_factory.mktemp("brokers")
    root = Path(__file__).parents[2]
    with ExitStack() as stack:

        def address(kind: str) -> str:
            if kind not in started:
                log = folder / f"{kind}.log"
                # The jars are kept in var/ from run to run; the log of the broker is not.
                kafka_data = root / "var" / "test-kafka"
                running = (
                    brokers.embedded(log)
                    if kind == "embedded"
                    else brokers.kafka(root / "deploy" / "kafka", kafka_data, log, records=folder / "records")
                )
                started[kind] = stack.enter_context(running)
            return started[kind]

        yield address


@pytest.fixture
def house(
    request: pytest.FixtureRequest, addresses: Callable[[str], str], tmp_path: Path
) -> Iterator[Callable[..., House]]:
    """Makes the house of a test: `house(kind, **settings)`."""
    houses: list[House] = []

    def build(kind: str, **settings: Any) -> House:
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:80]
        houses.append(House(addresses(kind), kind, name, tmp_path, **settings))
        return houses[-1]

    yield build
    for each in houses:
        each.stop()
