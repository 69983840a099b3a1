"""Fields are joined to events as bytes."""

import json

import pytest

from agents.splice import splice
from pipeline.events import Enrichment, Event, Relation, Verdict


class Judged(Event):
    verdict: Verdict


@pytest.mark.parametrize(
    "event",
    [b'{"a":1}', b' {"a" : [1, {"b": "}"}]} \n', b"{}", b"{ }", b'{\n"a": "\xc3\xa9\\u0041"}'],
    ids=ascii,
)
def test_the_event_keeps_its_text_and_has_the_fields(event: bytes) -> None:
    joined = splice(event, Judged(verdict=Verdict(relation=Relation.NEAR, duplicate_of="x")))
    found = json.loads(joined)
    assert found.pop("verdict")["duplicate_of"] == "x"
    assert found == json.loads(event)
    assert joined.endswith(event.strip()[1:])


def test_fields_may_come_as_text() -> None:
    assert json.loads(splice(b'{"a":1}', '{"b":2}')) == {"a": 1, "b": 2}


@pytest.mark.parametrize("event", [b'{"a":1}', b"{}"])
def test_no_fields_change_nothing(event: bytes) -> None:
    assert json.loads(splice(event, "{}")) == json.loads(event)


def test_fields_without_a_value_are_left_out() -> None:
    found = json.loads(splice(b'{"a":1}', Enrichment()))
    assert "revision_of" not in found
    assert found["topics"] == []


def test_the_later_field_of_a_name_wins() -> None:
    assert json.loads(splice(b'{"a":1}', '{"a":2}')) == {"a": 1}
