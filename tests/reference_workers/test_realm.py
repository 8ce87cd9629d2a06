from __future__ import annotations

from typing import Any

import pytest

from reference_workers import embedding, memory, realm
from tests.reference_workers.services import services


def test_a_realm_is_created_once() -> None:
    with services(realm.offer) as there:
        created = there.call("realm::create", id="acme", description="Anvils")
        assert there.refusal("realm::create", id="acme")[0] == "exists"
        assert there.call("realm::get", id="acme")["description"] == "Anvils"
        assert there.call("realm::list", {}) == {"realms": [created]}
        assert there.refusal("realm::get", id="other")[0] == "not_found"
        assert there.refusal("realm::export", id="other")[0] == "not_found"
        assert there.refusal("realm::import", id="other", records={})[0] == "not_found"


def test_what_is_in_a_realm_stays_there_and_moves_whole() -> None:
    with services(realm.offer, embedding.offer, memory.offer) as there:
        for name in ("acme", "acme-2", "copy"):
            there.call("realm::create", id=name)
        there.call("memory::store", realm="acme", agent="ada", text="Anvils are heavy.")
        there.call("memory::store", realm="acme-2", agent="ada", text="Feathers are light.")

        records = there.call("realm::export", id="acme")["records"]
        assert [r["text"] for r in records["memory:ada:episodes"]] == ["Anvils are heavy."]
        assert there.call("realm::get", id="acme")["records"] == {"memory:ada:episodes": 1}
        assert there.call("realm::export", id="copy")["records"] == {}

        told = there.call("realm::import", id="copy", records=records)
        assert told == {"imported": 1, "skipped": 0, "reasons": []}
        asked = {"realm": "copy", "agent": "ada", "query": "anvils"}
        found = there.call("memory::recall", asked)["memories"]
        assert [each["text"] for each in found] == ["Anvils are heavy."]


@pytest.mark.parametrize(
    "records",
    [None, 5, "text", [], {"a": 5}, {"a": None}, {"a": {"b": 1}}, {"": []}, {"x" * 600: []}],
)
def test_data_of_any_kind_are_answered(records: Any) -> None:
    with services(realm.offer) as there:
        there.call("realm::create", id="acme")
        told = there.call("realm::import", id="acme", records=records)
        assert told["imported"] == 0
        assert told["skipped"] == 1
        assert told["reasons"][0]["reason"].startswith("expected")


def test_one_wrong_leaf_leaves_the_others() -> None:
    with services(realm.offer) as there:
        there.call("realm::create", id="acme")
        leaves = [{"id": "a"}, None, {"id": 5}, ["b"], {"no": "id"}, {"id": "c", "deep": [[1]]}]
        told = there.call("realm::import", id="acme", records={"notes": leaves, "more": 1})
        assert (told["imported"], told["skipped"]) == (2, 5)
        places = [each["place"] for each in told["reasons"]]
        assert places == ["notes[1]", "notes[2]", "notes[3]", "notes[4]", "more"]
        kept = there.call("realm::export", id="acme")["records"]["notes"]
        assert sorted(each["id"] for each in kept) == ["a", "c"]


def test_what_the_engine_refuses_is_left_out_with_its_code() -> None:
    with services(realm.offer) as there:
        there.call("realm::create", id="acme")
        there.engine.serve("state::set", lambda data: 1 / 0)
        told = there.call("realm::import", id="acme", records={"notes": [{"id": "a"}]})
        assert (told["imported"], told["skipped"]) == (0, 1)
        assert told["reasons"][0]["place"] == "notes/a"


def test_a_long_list_of_reasons_is_counted() -> None:
    with services(realm.offer) as there:
        there.call("realm::create", id="acme")
        told = there.call("realm::import", id="acme", records={"notes": [None] * 500})
        assert (told["skipped"], len(told["reasons"])) == (500, 100)


@pytest.mark.parametrize("name", ["", "A", "a:b", "a/b", "-a", "x" * 70, 5])
def test_a_name_that_could_leave_its_scope_is_refused(name: Any) -> None:
    with services(realm.offer) as there:
        assert there.refusal("realm::create", {"id": name})[0] == "invalid_request"
