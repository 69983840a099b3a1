"""The contract's documents: they are what the models say, they are valid, and real events are valid against them."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from dateline import contract
from pipeline.clean import clean
from pipeline.events import (
    TOPICS,
    CleanArticle,
    CountryScore,
    DeadLetter,
    DeadLetterReason,
    DuplicateArticle,
    EnrichedArticle,
    Event,
    Evidence,
    Origin,
    RawArticle,
    Regions,
    RejectedArticle,
    Relation,
    TopicScore,
    TrendCount,
    UniqueArticle,
    Verdict,
    base64_bytes,
)
from tests.unit.texts import ENGLISH

ROOT = Path(__file__).parents[2]
DOCUMENTS = contract.documents()
SCHEMAS = [name for name in DOCUMENTS if name.endswith(".schema.json")]
ASYNCAPI = json.loads(DOCUMENTS["asyncapi.json"])


def test_the_files_are_what_the_models_say() -> None:
    folder = ROOT / contract.FOLDER
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")} == DOCUMENTS, (
        "run `dateline contract`"
    )


def test_documents_are_the_same_every_time(tmp_path: Path) -> None:
    written = contract.write(tmp_path / "new")
    read = {path.name: path.read_text(encoding="utf-8") for path in written}
    page = (ROOT / "docs" / contract.METRICS_PAGE).read_text(encoding="utf-8")
    assert read == {**DOCUMENTS, contract.METRICS_PAGE: page}, "run `dateline contract`"


# ---------------------------------------------------------------------------------------------- AsyncAPI


@pytest.fixture(scope="module")
def asyncapi() -> Draft7Validator:
    schema = json.loads((ROOT / "tests/data/asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    return Draft7Validator(schema)


def test_the_asyncapi_document_is_valid(asyncapi: Draft7Validator) -> None:
    assert [error.message for error in asyncapi.iter_errors(ASYNCAPI)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("info", "title"), None),
        (("operations", "receive_raw", "action"), "publish"),
        (("channels", "raw", "address"), 7),
        (("channels", "raw", "messages"), []),
        (("unknown",), {}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else repr(value),
)
def test_a_broken_document_is_not_valid(asyncapi: Draft7Validator, path: tuple[str, ...], value: object) -> None:
    broken: Any = copy.deepcopy(ASYNCAPI)
    place = broken
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert not asyncapi.is_valid(broken)


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(ASYNCAPI))
    assert len(found) > 30
    for reference in found:
        place: Any = ASYNCAPI
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


def test_every_topic_is_a_channel_with_its_event() -> None:
    assert set(ASYNCAPI["channels"]) == set(TOPICS)
    for name, topic in TOPICS.items():
        channel = ASYNCAPI["channels"][name]
        assert channel["address"] == f"news.{name}"
        assert list(channel["messages"]) == [topic.model.__name__]
    actions = {name: operation["action"] for name, operation in ASYNCAPI["operations"].items()}
    assert actions.pop("receive_raw") == "receive"
    assert set(actions.values()) == {"send"}


# ----------------------------------------------------------------------------------------------- schemas


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid(name: str) -> None:
    schema = json.loads(DOCUMENTS[name])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


RAW = RawArticle(
    url="https://one.example/a",
    text="\n".join(["A pier", "Ilse Tarnow", *ENGLISH]),
    fetched_at="2026-10-06T00:00:00Z",
    feed_rank=3,
)
CLEAN = clean(RAW, Origin("news.raw", 0, 1))
REJECTED = clean(RAW.model_copy(update={"text": "short"}), Origin("news.raw", 0, 2))
FIELDS = {**CLEAN.model_dump(), "published_at": "2026-10-06T10:00:00+02:00"}
VERDICT = Verdict(
    relation=Relation.REVISION, duplicate_of="a", similarity=0.5, evidence=["url"], revision=1, version="v"
)
EVIDENCE = [Evidence(text="pier", field="body", start=0, end=4, weight=0.5), Evidence(text="model")]
EVENTS: list[Event] = [
    RAW,
    RawArticle(url="u", content="dGV4dA==", fetched_at="2026-10-06T00:00:00Z", published_at="soon", authors="A"),
    CLEAN,
    REJECTED,
    UniqueArticle(**FIELDS, verdict=VERDICT),
    DuplicateArticle(**FIELDS, verdict=VERDICT),
    EnrichedArticle(
        **FIELDS,
        verdict=VERDICT,
        revision=1,
        revision_of="a",
        topics=[TopicScore(code="11000000", top="11000000", label="politics", score=0.9, evidence=EVIDENCE)],
        regions=Regions(countries=[CountryScore(iso2="DK", name="Denmark", score=0.9, evidence=EVIDENCE)]),
    ),
    TrendCount(
        window_start="2026-10-06T10:00:00Z",
        window_seconds=60,
        dimension="topic",
        value="x",
        shard="s",
        count=1,
        position=7,
    ),
    DeadLetter(
        stage="clean",
        reason=DeadLetterReason.INVALID,
        error="e",
        attempts=1,
        time="2026-10-06T00:00:00Z",
        topic="news.raw",
        partition=0,
        offset=1,
        origin=("news.raw", 0, 1),
        key=base64_bytes(b"\xff"),
        value=None,
        headers=[("h", base64_bytes(b"\xff")), ("n", None)],
        size=0,
    ),
]


def validator(model: type[Event]) -> Draft202012Validator:
    return Draft202012Validator(json.loads(DOCUMENTS[f"{model.__name__}.schema.json"]))


def test_there_is_an_event_of_every_kind() -> None:
    assert {type(event) for event in EVENTS} == {topic.model for topic in TOPICS.values()}
    assert isinstance(CLEAN, CleanArticle)
    assert isinstance(REJECTED, RejectedArticle)


@pytest.mark.parametrize("exclude_none", [False, True], ids=["full", "without none"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_real_events_are_valid(event: Event, exclude_none: bool) -> None:  # noqa: FBT001 - as the stages write them
    wire = json.loads(event.model_dump_json(exclude_none=exclude_none))
    assert [f"{list(error.path)}: {error.message}" for error in validator(type(event)).iter_errors(wire)] == []


@pytest.mark.parametrize(
    ("field", "value"), [("url", ""), ("url", 7), ("fetched_at", None), ("meta", []), ("authors", {})]
)
def test_schemas_refuse(field: str, value: object) -> None:
    wire = json.loads(RAW.model_dump_json())
    assert not validator(RawArticle).is_valid({**wire, field: value})


def test_what_scrapers_may_leave_out_is_not_required() -> None:
    """The raw schema is for those who write: what the model reads without a field is valid without it."""
    wire = {"url": "u", "text": "t", "fetched_at": "2026-10-06T00:00:00Z", "authors": "Ilse Tarnow"}
    assert RawArticle.model_validate(wire)
    assert [error.message for error in validator(RawArticle).iter_errors(wire)] == []
