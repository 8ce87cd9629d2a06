from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mock_engine.testing import FunctionFailed
from reference_workers import mission
from reference_workers.client import Worker
from reference_workers.mission import Missions
from reference_workers.mission_life import STATUSES, TRANSITIONS, standing
from reference_workers.service import Function
from reference_workers.service.formats import checked
from tests.reference_workers.services import services

MISSION = {"id": "cups", "title": "Count the cups", "input": [1, 2]}


def event(kind: str, token: str, at: float = 0.0, **fields: Any) -> dict[str, Any]:
    return {"event": kind, "token": token, "at": at, **fields}


TAKEN = event("checkout", "t1", 1.0, worker="ada")


def test_a_mission_is_led_to_its_end() -> None:
    with services(mission.offer) as there:
        assert there.call("mission::create", MISSION)["status"] == "pending"
        assert there.refusal("mission::create", MISSION)[0] == "exists"
        held = there.call("mission::checkout", worker="ada")
        assert (held["id"], held["status"], held["input"]) == ("cups", "active", [1, 2])
        mine = {"id": "cups", "holder": held["holder"]}
        assert there.call("mission::heartbeat", mine)["status"] == "active"
        assert there.call("mission::complete", {**mine, "result": 7})["result"] == 7
        assert there.refusal("mission::complete", mine)[0] == "conflict"
        assert there.refusal("mission::heartbeat", mine)[0] == "conflict"
        done = there.call("mission::list", status="done")["missions"]
        assert [each["id"] for each in done] == ["cups"]
        assert there.call("mission::list", status="pending") == {"missions": []}
        assert there.call("mission::list", realm="acme") == {"missions": []}


def test_a_mission_can_fail() -> None:
    with services(mission.offer) as there:
        there.call("mission::create", MISSION)
        held = there.call("mission::checkout", worker="ada", id="cups")
        mine = {"id": "cups", "holder": held["holder"], "failed": True, "result": "no cups"}
        assert there.call("mission::complete", mine)["status"] == "failed"
        assert there.refusal("mission::checkout", worker="ada", id="cups")[0] == "conflict"


def test_nobody_else_can_end_it() -> None:
    with services(mission.offer) as there:
        there.call("mission::create", MISSION)
        there.call("mission::checkout", worker="ada")
        for function in ("heartbeat", "complete"):
            stranger = {"id": "cups", "holder": "somebody"}
            assert there.refusal(f"mission::{function}", stranger)[0] == "conflict"
        assert there.refusal("mission::checkout", worker="bob", id="cups")[0] == "conflict"
        assert there.refusal("mission::checkout", worker="bob")[0] == "not_found"
        assert there.refusal("mission::checkout", worker="bob", id="none")[0] == "not_found"


def test_of_many_checkouts_at_a_time_one_succeeds() -> None:
    with services(mission.offer) as there:
        for number in range(3):
            there.call("mission::create", id=f"m{number}", title="One of three")

        def take(name: str) -> str:
            try:
                asked = {"worker": name}
                return str(there.engine.invoke("mission::checkout", asked, within=30)["id"])
            except FunctionFailed as fault:
                return fault.code

        with ThreadPoolExecutor(12) as pool:
            taken = list(pool.map(take, [f"w{n}" for n in range(12)]))

        assert sorted(taken) == ["m0", "m1", "m2", *["not_found"] * 9]
        attempts = [each["attempts"] for each in there.call("mission::list", {})["missions"]]
        assert attempts == [1, 1, 1]


def test_what_was_abandoned_goes_back_to_the_others() -> None:
    now = [0.0]

    def offer(worker: Worker) -> None:
        missions = Missions(worker, lambda: now[0])
        mission.offer(worker)
        for function_id, run in (
            ("create", missions.create),
            ("checkout", missions.checkout),
            ("heartbeat", missions.heartbeat),
            ("return_abandoned", missions.return_abandoned),
        ):
            plain = Function(run, {}, {})
            worker.function(f"clocked::{function_id}", checked(plain))

    with services(offer) as there:
        there.call("clocked::create", MISSION | {"lease_seconds": 10})
        held = there.call("clocked::checkout", worker="ada")
        mine = {"id": "cups", "holder": held["holder"]}
        now[0] = 9
        there.call("clocked::heartbeat", mine)
        now[0] = 18
        assert there.call("clocked::return_abandoned", {}) == {"returned": []}
        now[0] = 20
        assert there.call("clocked::return_abandoned", {}) == {"returned": ["cups"]}
        assert there.call("clocked::return_abandoned", {}) == {"returned": []}
        assert there.refusal("clocked::heartbeat", mine)[0] == "conflict"
        assert there.call("clocked::checkout", worker="bob")["attempts"] == 2


def test_the_schedule_is_one_that_the_engine_takes() -> None:
    with services(mission.offer) as there:
        there.engine.wait_for_trigger("cron", "mission::return_abandoned")
        assert len(mission.SWEEP.split()) == 6


@pytest.mark.parametrize(("status", "kind"), TRANSITIONS)
def test_each_transition_leads_to_a_status(status: str, kind: str) -> None:
    assert status in STATUSES
    assert TRANSITIONS[status, kind] in STATUSES


def test_the_second_of_two_checkouts_does_not_count() -> None:
    now = standing([TAKEN, event("checkout", "t2", 2.0, worker="bob")])

    assert (now.holder, now.worker, now.attempts) == ("t1", "ada", 1)
    assert now.accepted == {"t1"}


def test_a_sign_of_life_keeps_a_mission_from_being_abandoned() -> None:
    beat = event("heartbeat", "t2", 5.0, holder="t1")
    late = event("abandon", "t3", 6.0, holder="t1", seen=1.0)

    assert standing([TAKEN, beat, late]).status == "active"
    assert standing([TAKEN, late]).status == "pending"
    assert standing([TAKEN, late, event("complete", "t4", holder="t1")]).status == "pending"


def test_no_order_of_events_leads_out_of_the_table() -> None:
    kinds = [
        TAKEN,
        event("heartbeat", "t2", 2.0, holder="t1"),
        event("abandon", "t3", 3.0, holder="t1", seen=1.0),
        event("complete", "t4", 4.0, holder="t1", result=1),
        event("fail", "t5", 5.0, holder="t1"),
        {"event": 5},
        None,
    ]
    for order in itertools.permutations(kinds, 4):
        now = standing(order)
        assert now.status in STATUSES
        assert (now.holder is None) == (now.status == "pending")


def test_strange_records_are_passed_over() -> None:
    with services(mission.offer) as there:
        there.call("mission::create", MISSION)
        for number, value in enumerate(
            [5, {"id": "x"}, {"id": "y", "created": [5]}, {"id": "z", "created": [{"title": 1}]}]
        ):
            place = {"scope": "realm:default:missions", "key": f"k{number}"}
            there.engine.invoke("state::set", {**place, "value": value})
        listed = there.call("mission::list", {})["missions"]
        assert [each["id"] for each in listed] == ["cups"]
        assert there.call("mission::return_abandoned", {}) == {"returned": []}
