"""What all tests share: which could not run here, said plainly in the closing summary."""

import os
import shutil

import pytest

KAFKA_TOOLS = ("java", "mvn")
_NOT_RUN = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_NOT_RUN] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = [tool for tool in KAFKA_TOOLS if shutil.which(tool) is None]
    if not missing or os.environ.get("DATELINE_REQUIRE_KAFKA") == "1":
        return  # with the variable set, the broker fixture fails where a tool is missing
    for item in items:
        if item.get_closest_marker("kafka"):
            item.add_marker(pytest.mark.skip(reason=f"Kafka needs {' and '.join(missing)}"))
            config.stash[_NOT_RUN].append(item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not_run := config.stash[_NOT_RUN]:
        terminalreporter.write_line(
            f"NOT RUN: {len(not_run)} tests on Apache Kafka, for want of Java and Maven; DATELINE_REQUIRE_KAFKA=1 makes"
            " their absence a failure",
            red=True,
        )
