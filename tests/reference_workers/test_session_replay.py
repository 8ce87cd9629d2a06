from __future__ import annotations

from typing import Any

import pytest

from reference_workers import session_replay
from tests.reference_workers.services import Services, services


def write(there: Services, number: int, session: str = "s-1", realm: str = "default") -> None:
    place = {"stream_name": "agent.turns", "group_id": f"{realm}/{session}"}
    turn = {"turn": number, "text": f"t{number}"}
    there.engine.invoke("stream::set", {**place, "item_id": f"{number:012}", "data": turn})


def turns(there: Services, session: str = "s-1", **fields: Any) -> list[int]:
    told = there.call("replay::get", {"session": session, **fields})
    return [each["turn"] for each in told["turns"]]


def recorded(there: Services, count: int) -> None:
    """Wait until so many events of the stream were recorded."""
    for _ in range(count):
        there.engine.expect("invocationresult", function_id="replay::record")


def test_turns_are_recorded_as_they_happen_and_come_back_in_order() -> None:
    with services(session_replay.offer) as there:
        there.engine.wait_for_trigger("stream", "replay::record")
        for number in (2, 10, 1):
            write(there, number)
        write(there, 1, "s-2", "acme")
        recorded(there, 4)
        for number in (1, 2, 10):
            place = {"stream_name": "agent.turns", "group_id": "default/s-1"}
            there.engine.invoke("stream::delete", {**place, "item_id": f"{number:012}"})

        assert turns(there) == [1, 2, 10]
        listed = there.call("replay::list", {})["sessions"]
        assert listed == [{"session": "s-1", "turns": 3}]
        assert turns(there, "s-2", realm="acme") == [1]
        assert there.refusal("replay::get", session="s-2")[0] == "not_found"


def test_what_was_said_while_it_was_away_is_not_missing() -> None:
    with services() as there:
        write(there, 1)
        write(there, 2)
        with services(session_replay.offer, engine=Running(there)) as later:  # type: ignore[arg-type]
            listed = later.call("replay::list", {})["sessions"]
            assert listed == [{"session": "s-1", "turns": 2}]
            assert turns(later) == [1, 2]


class Running:
    """An engine that is already running, and is not stopped."""

    def __init__(self, there: Services) -> None:
        self._engine = there.engine

    def __enter__(self) -> Any:
        return self._engine

    def __exit__(self, *_: object) -> None:
        pass


def test_the_same_turn_again_changes_nothing() -> None:
    event = {"type": "create", "data": {"turn": 1, "text": "x"}}
    with services(session_replay.offer) as there:
        data = {"groupId": "default/s-1", "event": event}
        assert there.call("replay::record", data) == {"recorded": True}
        assert there.call("replay::record", data) == {"recorded": False}


@pytest.mark.parametrize(
    "data",
    [
        {"groupId": "s-1", "event": {"type": "create", "data": {"turn": 1}}},
        {"groupId": "default/s-1"},
        {"groupId": "default/s-1", "event": {"type": "delete", "data": {"turn": 1}}},
        {"groupId": "default/s-1", "event": {"type": "create", "data": None}},
        {"groupId": "default/s-1", "event": {"type": "create", "data": {"turn": 0}}},
        {"groupId": "default/s-1", "event": {"type": "create", "data": {"turn": "x"}}},
        {"groupId": "default/s-1", "event": {"type": "create", "data": {"turn": 10**20}}},
    ],
)
def test_what_is_no_turn_is_not_recorded(data: Any) -> None:
    with services(session_replay.offer) as there:
        assert there.call("replay::record", data) == {"recorded": False}
        assert there.call("replay::list", {}) == {"sessions": []}
