from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from reference_workers import knowledge_graph
from tests.reference_workers.services import Services, services

CHAIN = ["a", "b", "c", "d"]


def related(there: Services, *pairs: tuple[str, str], kind: str = "next") -> None:
    relations = [{"from": a, "type": kind, "to": b} for a, b in pairs]
    there.call("kg::add", relations=relations)


def near(there: Services, **fields: Any) -> dict[str, int]:
    found = there.call("kg::neighbours", fields)["neighbours"]
    return {each["id"]: each["distance"] for each in found}


def test_entities_are_completed_and_found_by_type_and_properties() -> None:
    with services(knowledge_graph.offer) as there:
        tea = {"id": "tea", "type": "plant", "properties": {"green": True}}
        assert there.call("kg::add", entities=[tea])["created"] == 1
        again = {"id": "tea", "properties": {"hot": True}}
        assert there.call("kg::add", entities=[again])["created"] == 0
        there.call("kg::add", entities=[{"id": "cup", "type": "thing"}])

        whole = {"id": "tea", "type": "plant", "properties": {"green": True, "hot": True}}
        assert there.call("kg::query", type="plant") == {"entities": [whole], "count": 1}
        assert there.call("kg::query", properties={"hot": True})["entities"] == [whole]
        assert there.call("kg::query", properties={"hot": 1.5})["entities"] == []
        assert there.call("kg::query", {"limit": 1})["count"] == 2
        assert there.call("kg::query", realm="acme") == {"entities": [], "count": 0}


def test_relations_are_followed_breadth_first_either_way() -> None:
    with services(knowledge_graph.offer) as there:
        related(there, *pairwise(CHAIN), ("a", "d"), ("d", "a"))
        assert near(there, id="a") == {"b": 1, "d": 1}
        assert near(there, id="a", depth=3) == {"b": 1, "d": 1, "c": 2}
        assert near(there, id="b", direction="in") == {"a": 1}
        assert near(there, id="b", direction="out", depth=2) == {"c": 1, "d": 2}
        related(there, ("a", "x"), kind="likes")
        assert near(there, id="a", relation="likes", depth=6) == {"x": 1}
        via = there.call("kg::neighbours", id="x")["neighbours"][0]["via"]
        assert via == {"from": "x", "relation": "likes", "direction": "in"}


def test_limits_are_kept_and_told() -> None:
    with services(knowledge_graph.offer) as there:
        related(there, *(("hub", f"n{number}") for number in range(10)))
        told = there.call("kg::neighbours", id="hub", limit=4)
        assert (len(told["neighbours"]), told["truncated"]) == (4, True)
        assert there.call("kg::neighbours", id="hub", limit=10)["truncated"] is False
        assert there.refusal("kg::neighbours", id="nobody")[0] == "not_found"


@pytest.mark.parametrize("name", ["é" * 60, "a.b/c:d", " ", "constructor2"])
def test_names_may_hold_anything_short(name: str) -> None:
    with services(knowledge_graph.offer) as there:
        related(there, ("a", name))
        assert near(there, id=name) == {"a": 1}


def test_what_the_engine_does_not_take_as_a_name_is_an_error() -> None:
    with services(knowledge_graph.offer) as there:
        relation = {"from": "a", "type": "__proto__", "to": "b"}
        assert there.refusal("kg::add", relations=[relation])[0] == "update_refused"


def test_strange_records_are_passed_over() -> None:
    with services(knowledge_graph.offer) as there:
        related(there, ("a", "b"))
        strange = [5, {"id": "x", "out": 5}, {"id": "y", "out": {"r": 5}, "properties": []}]
        for value, key in zip(strange, ("w", "x", "y"), strict=True):
            place = {"scope": "realm:default:graph", "key": key}
            there.engine.invoke("state::set", {**place, "value": value})
        assert near(there, id="x") == near(there, id="y") == {}
        assert there.call("kg::query", {})["count"] == 4
