"""Nothing is lost: real workers are killed, stopped, starved and fed poison; after each the audit balances."""

import base64
import json
import re
import signal
import time
from collections.abc import Callable

import pytest

from agents.journal import BLAME_AFTER
from dateline.feed import RawRecord
from tests.integration.conftest import BOTH, KAFKA
from tests.integration.house import House, article, wait_until

pytestmark = pytest.mark.timeout(240)

MakeHouse = Callable[..., House]
FAULTY = "tests.integration.faulty"
STAGES = ("clean", "dedupe", "classify")
#: Kills in a run: ten on Kafka; the embedded broker needs seconds for each successor.
KILLS = {"kafka": 10, "embedded": 4}


@pytest.mark.parametrize("kind", BOTH)
def test_every_stage_may_be_killed_in_the_middle_of_work(house: MakeHouse, kind: str) -> None:
    # A small window, so that work is left to be in flight at every kill.
    it = house(kind, window_records=16)
    workers = {stage: it.start(stage, module=FAULTY) for stage in STAGES}
    count = 0
    killed = 0
    for number in range(KILLS[kind]):
        it.feed(article(n) for n in range(count, count + 60))
        count += 60
        stage = STAGES[number % len(STAGES)]
        left = it.kill_in_flight(stage, workers[stage])
        assert left > 0, f"{stage} was killed with nothing in flight"
        killed += left
        workers[stage] = it.start(stage, module=FAULTY)
    result = it.balanced(count, patience=150)
    assert result.enriched == count
    assert result.dead_letters == 0
    # What was in flight came again: each successor says how many suspects it was left.
    suspects = [int(found) for found in re.findall(r"reads; (\d+) records are suspects", it.log.read_text())]
    assert len(suspects) == len(STAGES) + KILLS[kind]
    assert sum(suspects) == killed >= KILLS[kind]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("stage", STAGES)
def test_sigterm_lets_the_records_in_flight_finish(house: MakeHouse, kind: str, stage: str) -> None:
    it = house(kind, window_records=16)
    others = {name: it.start(name) for name in STAGES if name != stage}
    worker = it.start(stage, module=FAULTY)
    it.feed(article(n) for n in range(60))
    wait_until(lambda: it.in_flight(stage) > 0, "records in flight")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=40) == 0
    assert it.in_flight(stage) == 0, "a record was dropped half-way"
    it.start(stage)
    result = it.balanced(60)
    assert result.repeated == 0, "what was acknowledged came again"
    assert all(other.poll() is None for other in others.values())


@pytest.mark.parametrize("kind", BOTH)
def test_poison_becomes_dead_letters_and_the_others_go_through(house: MakeHouse, kind: str) -> None:
    # The address space holds the libraries and little more, so that an eater of memory meets its limit soon.
    it = house(kind, clean_deadline=5.0, clean_memory=700 * 1024 * 1024)
    it.start("poison", module=FAULTY)
    for stage in ("dedupe", "classify"):
        it.start(stage)
    trace = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-scraper", b"\xff\x00")]
    faults = {
        "child-dies": "child_died",
        "child-hangs": "timeout",
        "child-eats": "out_of_memory",
    }
    poison = {
        fault: json.dumps(article(1000 + n, f"{fault} " + "word " * 80)).encode() for n, fault in enumerate(faults)
    }
    values: dict[str, bytes | None] = {
        **{faults[fault]: value for fault, value in poison.items()},
        "invalid": b'{"url": "https://outlet.example/cut", "text": "trunc',
        "null_value": None,
    }
    it.feed(article(n) for n in range(20))
    it.feed_records(RawRecord(reason.encode(), value, trace) for reason, value in values.items())
    it.feed(article(n) for n in range(20, 40))
    result = it.balanced(40 + len(values), patience=90)
    assert result.enriched == 40
    assert result.dead_letters == len(values)
    letters = {letter["reason"]: letter for letter in it.events("deadletter")}
    assert set(letters) == set(values)
    for reason, value in values.items():
        letter = letters[reason]
        assert letter["stage"] == "clean"
        assert letter["error"]
        assert letter["key"] == base64.b64encode(reason.encode()).decode()
        assert letter["value"] == (None if value is None else base64.b64encode(value).decode())
        assert [(name, base64.b64decode(data)) for name, data in letter["headers"]] == trace
    # Trace context travels on to the end; a scraper's own headers do not.
    for record in it.records("enriched"):
        assert {"traceparent", "x-scraper"}.isdisjoint(dict(record.headers))
    assert all(dict(record.headers)["traceparent"] == trace[0][1] for record in it.records("deadletter"))


@pytest.mark.parametrize("kind", BOTH)
def test_work_that_raises_is_tried_again_and_then_a_dead_letter(house: MakeHouse, kind: str) -> None:
    it = house(kind)
    it.start("raising", module=FAULTY)
    for stage in ("dedupe", "classify"):
        it.start(stage)
    once = {**article(900), "url": "https://outlet.example/raise-once"}
    always = {**article(901), "url": "https://outlet.example/raise-always"}
    it.feed([*(article(n) for n in range(10)), once, always, *(article(n) for n in range(10, 20))])
    result = it.balanced(22)
    assert result.enriched == 21
    (letter,) = it.events("deadletter")
    assert (letter["stage"], letter["reason"], letter["attempts"]) == ("clean", "failed", 2)
    assert letter["error"] == "RuntimeError: a bug in the work"
    assert json.loads(base64.b64decode(letter["value"])) == always


@pytest.mark.parametrize("kind", BOTH)
def test_a_record_that_kills_its_worker_is_found_among_its_neighbours(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16)
    for stage in ("clean", "classify"):
        it.start(stage)
    culprit = {**article(900), "url": "https://outlet.example/kill-the-worker"}
    it.feed([*(article(n) for n in range(20)), culprit, *(article(n) for n in range(20, 40))])
    worker = it.start("killing", module=FAULTY)
    deaths = 0
    deadline = time.monotonic() + 120
    while not (result := it.audit()).balanced or result.raw < 41:
        assert time.monotonic() < deadline, result
        if worker.poll() is not None:
            deaths += 1
            worker = it.start("killing", module=FAULTY)
        time.sleep(0.2)
    assert result.enriched == 40
    assert deaths == BLAME_AFTER + 1, "once among its neighbours, then alone until it is blamed"
    (letter,) = it.events("deadletter")
    assert (letter["stage"], letter["reason"]) == ("dedupe", "killed_worker")
    assert json.loads(base64.b64decode(letter["value"]))["url"] == culprit["url"]


@pytest.mark.parametrize("kind", KAFKA)
def test_an_output_that_the_broker_refuses_is_a_dead_letter(house: MakeHouse, kind: str) -> None:
    it = house(kind)
    it.create("small", {"max.message.bytes": "900"})
    it.start("refused", module=FAULTY)
    it.feed(article(n) for n in range(5))
    result = it.balanced(5)
    assert result.dead_letters == 5
    letters = it.events("deadletter")
    assert {letter["reason"] for letter in letters} == {"refused"}
    assert {json.loads(base64.b64decode(letter["value"]))["url"] for letter in letters} == {
        article(n)["url"] for n in range(5)
    }


@pytest.mark.parametrize("kind", KAFKA)
def test_two_workers_share_a_stage_and_hand_over(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16)
    for stage in ("dedupe", "classify"):
        it.start(stage)
    first = it.start("clean", "a", module=FAULTY)
    it.feed(article(n) for n in range(200))
    wait_until(lambda: it.in_flight("clean", "a") > 0, "the first worker at work")
    second = it.start("clean", "b", module=FAULTY)
    count = 200

    def shared() -> bool:
        nonlocal count
        it.feed(article(n) for n in range(count, count + 40))
        count += 40
        return it.in_flight("clean", "a") > 0 and it.in_flight("clean", "b") > 0

    wait_until(shared, "both workers at work")
    first.send_signal(signal.SIGKILL)
    it.feed(article(n) for n in range(count, count + 40))
    assert it.balanced(count + 40, patience=120).enriched == count + 40
    assert second.poll() is None


@pytest.mark.parametrize("kind", KAFKA)
def test_a_stage_may_be_down_for_a_while(house: MakeHouse, kind: str) -> None:
    it = house(kind)
    it.start("clean")
    it.start("classify")
    it.feed(article(n) for n in range(100))
    wait_until(lambda: len(it.records("clean")) == 100, "cleaned articles")
    assert it.audit().missing == 100
    it.start("dedupe")
    assert it.balanced(100).enriched == 100


@pytest.mark.parametrize("kind", BOTH)
def test_dedupe_keeps_its_memory_and_meets_itself_after_a_kill(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16)
    it.start("clean")
    it.start("classify")
    worker = it.start("dedupe", module=FAULTY)
    it.feed(article(n) for n in range(40))
    wait_until(lambda: len(it.records("unique")) >= 10, "the first verdicts")
    it.kill_in_flight("dedupe", worker)
    it.start("dedupe")
    it.balanced(40)
    # The same forty from other addresses: each is a copy of the one that was judged before or after the kill.
    it.feed({**article(n), "url": f"https://copy.example/{n}"} for n in range(40))
    result = it.balanced(80)
    assert (result.enriched, result.duplicates) == (40, 40)
    ids = {event["origin"][1:].__repr__(): event["id"] for event in it.events("enriched")}
    assert {event["verdict"]["duplicate_of"] for event in it.events("duplicates")} == set(ids.values())


@pytest.mark.parametrize("kind", BOTH)
def test_trends_count_an_origin_once_over_kills_and_repeats(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16)
    for stage in STAGES:
        it.start(stage)
    trends = it.start("trends")
    it.feed({**article(n), "source": "Outlet"} for n in range(60))
    it.balanced(60)
    # The upstream repeats itself: the same outcomes once more, under the same keys.
    it.repeat("enriched", 20)
    wait_until(lambda: it.trend("outlet", "Outlet") == 60, "sixty counted")
    trends.send_signal(signal.SIGKILL)
    trends.wait()
    it.repeat("enriched", 20)
    it.start("trends")
    it.feed({**article(n), "source": "Outlet"} for n in range(60, 100))
    it.balanced(100)
    wait_until(lambda: it.trend("outlet", "Outlet") >= 100, "a hundred counted")
    time.sleep(2)  # one more than a hundred would show by now
    assert it.trend("outlet", "Outlet") == 100
    assert it.trend("relation", "original") == 100


@pytest.mark.parametrize("kind", BOTH)
def test_articles_go_where_the_rules_say_though_route_is_killed(house: MakeHouse, kind: str) -> None:
    it = house(kind, window_records=16)
    for stage in STAGES:
        it.start(stage)
    it.feed(article(n) for n in range(60))
    it.balanced(60)
    assert it.kill_in_flight("route", it.start("route", module=FAULTY)) > 0
    it.start("route")
    # Portugal is in Southern Europe, M49 039; what was in flight may be there twice.
    wait_until(lambda: len(set(it.origins("region.039"))) == 60, "routed articles")
    assert set(it.origins("region.039")) == set(it.origins("enriched"))
