from __future__ import annotations

from typing import Any

import pytest

from reference_workers import embedding, memory
from reference_workers.memory import HALF_LIFE, LIKENESS, Memory, identity
from tests.reference_workers.services import services

KETTLE = {"agent": "ada", "text": "The kettle is blue."}


def recalled(there: Any, query: str, **fields: Any) -> list[str]:
    asked = {"agent": "ada", "query": query, **fields}
    return [each["text"] for each in there.call("memory::recall", asked)["memories"]]


def test_what_is_stored_is_there_and_the_same_again_is_told_so() -> None:
    with services(embedding.offer, memory.offer) as there:
        first, again = (there.call("memory::store", KETTLE) for _ in range(2))

        assert (first["status"], first["times"]) == ("stored", 1)
        assert (again["status"], again["times"]) == ("duplicate", 2)
        assert first["id"] == again["id"] == identity(KETTLE["text"], "fact")
        kept = there.engine.invoke("state::list", {"scope": "realm:default:memory:ada:episodes"})
        assert [each["text"] for each in kept] == [KETTLE["text"]]


def test_the_most_alike_comes_first() -> None:
    with services(embedding.offer, memory.offer) as there:
        for text in ("Oslo is cold.", KETTLE["text"], "A horse eats hay."):
            there.call("memory::store", agent="ada", text=text)

        assert recalled(there, "Which colour is the kettle?")[0] == KETTLE["text"]
        assert recalled(there, "What does a horse eat?", limit=1) == ["A horse eats hay."]


def test_sessions_agents_and_realms_are_apart() -> None:
    with services(embedding.offer, memory.offer) as there:
        there.call("memory::store", KETTLE)
        there.call("memory::store", agent="ada", session="s", text="In the session.")

        assert set(recalled(there, "x", session="s")) == {KETTLE["text"], "In the session."}
        assert recalled(there, "x", session="other") == [KETTLE["text"]]
        assert recalled(there, "x", realm="acme") == []
        assert there.call("memory::recall", agent="bob", query="x") == {"memories": []}


def test_forgetting_takes_one_or_all() -> None:
    with services(embedding.offer, memory.offer) as there:
        kept = there.call("memory::store", KETTLE)
        there.call("memory::store", agent="ada", text="Another.")

        forget = {"agent": "ada", "id": kept["id"]}
        assert there.call("memory::forget", forget) == {"forgotten": 1}
        assert there.call("memory::forget", forget) == {"forgotten": 0}
        assert there.call("memory::forget", agent="ada") == {"forgotten": 1}
        assert recalled(there, "kettle") == []


def test_recency_decides_between_equals() -> None:
    now = [0.0]
    ranked = Memory(None, lambda: now[0])._ranked  # type: ignore[arg-type]
    record = {"id": "x", "text": "t", "kind": "fact", "embedding": [1.0, 0.0], "at": 0.0}

    fresh = ranked(record, [1.0, 0.0])["score"]
    now[0] = HALF_LIFE
    aged = ranked(record, [1.0, 0.0])["score"]

    assert (fresh, aged) == (1.0, pytest.approx(LIKENESS + 0.1))
    assert ranked(record | {"embedding": [1.0, "x"]}, [1.0, 0.0])["score"] == pytest.approx(0.1)
    assert ranked(record | {"embedding": [1.0]}, [1.0, 0.0])["score"] == pytest.approx(0.1)


def test_strange_records_are_passed_over() -> None:
    with services(embedding.offer, memory.offer) as there:
        there.call("memory::store", KETTLE)
        for number, value in enumerate([5, {"id": 1}, {"id": "x", "text": "t"}, "text"]):
            place = {"scope": "realm:default:memory:ada:episodes", "key": f"k{number}"}
            there.engine.invoke("state::set", {**place, "value": value})

        assert recalled(there, "kettle") == [KETTLE["text"]]


def test_without_embeddings_nothing_is_acknowledged() -> None:
    with services(memory.offer) as there:
        assert there.refusal("memory::store", KETTLE)[0] == "function_not_found"
        assert there.engine.invoke("state::list_groups", {}) == {"groups": []}
        there.engine.serve("embedding::generate", lambda data: {"embedding": ["x"]})
        assert there.refusal("memory::store", KETTLE)[0] == "embedding_failed"


@pytest.mark.parametrize(
    "data", [None, {}, {"agent": "ada"}, {"agent": "ada", "text": ""}, {"agent": 1, "text": "x"}]
)
def test_what_cannot_be_used_is_refused(data: Any) -> None:
    with services(memory.offer) as there:
        assert there.refusal("memory::store", data or {})[0] == "invalid_request"
