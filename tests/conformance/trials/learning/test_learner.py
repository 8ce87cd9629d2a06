"""The learner: error messages guide it, whoever wrote them and wherever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.trials.learning.knowledge import Depth, Learned
from conformance.trials.learning.learner import Learner, Names, Reply, complaint

Function = Callable[[Any], Reply]


def learned(function: Function, *starts: Any, names: Names | None = None) -> Learned:
    learner = Learner("shop::put", starts or ({},), names or Names())
    explore(learner, function)
    return learner.learned()


def explore(learner: Learner, function: Function) -> None:
    while (proposal := learner.next()) is not None:
        learner.take(proposal[0], function(proposal[0]))


def failure(message: str) -> Reply:
    return Reply(failed=True, message=message)


def orders(data: Any) -> Reply:
    """Never fails; its results contain the errors."""
    missing = [name for name in ("sessionId", "agentId", "action") if not data.get(name)]
    if missing:
        return Reply({"error": "sessionId, agentId, and action required"})
    if data["action"] not in ("create", "drop"):
        return Reply({"ok": False, "message": "action must be one of: create, drop"})
    return Reply({"done": data["action"]}, calls=("state::set",))


def python(data: Any) -> Reply:
    try:
        return Reply(sum(line["price"] * line["count"] for line in data["lines"]))
    except (KeyError, TypeError) as fault:
        stack = f"Traceback (most recent call last):\n  x\n{type(fault).__name__}: {fault}\n"
        return Reply(failed=True, message=str(fault), stack=stack)


def rust(data: Any) -> Reply:
    if "customer" not in data:
        return failure("missing field `customer` at line 1 column 2")
    if not isinstance(data["customer"], str):
        return failure("invalid type: integer `1`, expected a string at line 1")
    return Reply({"for": data["customer"]})


def request(data: Any) -> Reply:
    body = data.get("body") if isinstance(data, dict) else None
    if not isinstance(body, dict) or not isinstance(body.get("title"), str):
        return Reply({"status_code": 400, "body": {"error": "title is required"}})
    return Reply({"status_code": 200, "body": {"title": body["title"]}})


def route(data: Any) -> Reply:
    """Expects one field in the path and another one in the body."""
    account = (data.get("path_params") or {}).get("account")
    amount = (data.get("body") or {}).get("amount")
    if not isinstance(account, str) or not isinstance(amount, int | float) or amount <= 0:
        return Reply({"status_code": 400, "body": {"error": "account and amount are required"}})
    return Reply({"status_code": 200, "body": {}})


def test_a_request_is_followed_although_the_plain_data_was_refused_alike() -> None:
    event = {"path": "/", "body": {}, "query_params": {}, "path_params": {}}

    found = learned(route, {}, event)

    assert found.depth is Depth.RESULT
    assert found.tries < 100


@pytest.mark.parametrize(
    ("function", "start", "depth"),
    [
        (orders, {}, Depth.CALLED),
        (python, {}, Depth.RESULT),
        (rust, {}, Depth.RESULT),
        (request, {"path": "/", "body": {}, "query_params": {}}, Depth.RESULT),
    ],
)
def test_it_gets_past_the_checks(function: Function, start: Any, depth: Depth) -> None:
    found = learned(function, start)

    assert found.depth is depth
    assert not complaint(function(found.examples[0]).result)
    assert found.tries < 160
    assert start in found.refused


def test_it_says_what_it_never_got_past() -> None:
    found = learned(lambda _: failure("the moon must be full"))

    assert (found.depth, found.complaint) == (Depth.REFUSED, "the moon must be full")


def test_silence_ends_it() -> None:
    found = learned(lambda _: Reply(silent=True), {}, {"a": 1}, {"b": 1})

    assert (found.depth, found.tries) == (Depth.SILENT, 1)


def test_what_one_function_returns_goes_into_another() -> None:
    names = Names()
    names.note({"id": "order-77"}, "orders::create")

    def get(data: Any) -> Reply:
        if "orderId" not in data:
            return failure("orderId is required")
        if data["orderId"] != "order-77":
            return failure(f"order {data['orderId']} not found")
        return Reply({"order": 1})

    assert learned(get, {}, names=names).examples[0] == {"orderId": "order-77"}


def test_what_was_refused_after_a_call_is_tried_with_what_others_return() -> None:
    names = Names()

    def lend(data: Any) -> Reply:
        if set(data) != {"film_id"}:
            return failure("film_id is required")
        if data["film_id"] != "F-1":
            return replace(failure("nothing there"), calls=("state::get",))
        return Reply({"lent": True}, calls=("state::get", "shop::label"))

    learner = Learner("films::lend", [{"film_id": "x"}, {}], names)
    explore(learner, lend)
    names.note({"id": "F-1"}, "films::add")

    assert learner.again()
    explore(learner, lend)
    assert learner.learned().examples[0] == {"film_id": "F-1"}
    assert "shop::label" in learner.learned().calls


def test_a_boolean_that_a_function_takes_is_set_otherwise() -> None:
    asked: list[Any] = []

    def follow(data: Any) -> Reply:
        asked.append(data)
        return Reply({"film": "a"})

    learned(follow, {"film": "a", "how": {"quietly": True}})

    assert {"film": "a", "how": {"quietly": False}} in asked


def test_the_same_answers_lead_to_the_same_data() -> None:
    assert learned(orders) == learned(orders)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"error": "no id"}, "no id"),
        ({"error": {"message": "no id"}}, "no id"),
        ({"success": False, "reason": "closed"}, "closed"),
        ({"status_code": 404, "body": {"error": "none"}}, "none"),
        ({"status": "error", "detail": "bad"}, "bad"),
        ({"errors": [{"path": ["a"]}]}, '[{"path": ["a"]}]'),
        ({"ok": False}, "refused"),
        ({"error": None, "data": 1}, ""),
        ({"message": "hello"}, ""),
        ({"status": "open"}, ""),
        ([{"error": "in a list"}], ""),
        (None, ""),
    ],
)
def test_a_result_may_complain(result: Any, text: str) -> None:
    assert complaint(result) == text


def dilution(data: Any) -> Reply:
    """Names what it misses, and asks for the same again where a type is wrong."""
    stock, target = data.get("stock"), data.get("target")
    if not isinstance(stock, int) or not isinstance(target, int):
        return Reply({"error": "stock and target are required"})
    return Reply({"factor": stock / target})


def transfer(data: Any) -> Reply:
    if not isinstance(data.get("from"), str) or not isinstance(data.get("amount"), int):
        return failure("bad_request: Missing required fields: from, amount")
    return Reply({"done": True})


def triage(data: Any) -> Reply:
    """Its SDK puts the code before the message, and its call is not seen in the trace."""
    if not isinstance(data.get("text"), str):
        return failure("bad_request: text must be a string")
    return failure("function_not_found: Function llm::complete not found in namespace default.")


@pytest.mark.parametrize("function", [dilution, transfer])
def test_numbers_are_tried_where_texts_did_not_help(function: Function) -> None:
    found = learned(function)

    assert found.depth is Depth.RESULT
    assert found.tries < 50


def test_what_names_an_absent_function_of_others_got_past_the_checks_of_its_data() -> None:
    found = learned(triage)

    assert found.depth is Depth.CALLED
    assert found.examples[0] == {"text": "text"}
    assert found.complaint == ""


def test_a_word_of_the_data_in_a_complaint_makes_it_no_other() -> None:
    proposed: list[Any] = []

    def picky(data: Any) -> Reply:
        proposed.append(data)
        return failure("text must be a string")

    assert learned(picky, {}, {"text": "text"}).depth is Depth.REFUSED
    assert len(proposed) < 10


def test_codes_are_no_fields() -> None:
    proposed: list[Any] = []

    def coded(data: Any) -> Reply:
        proposed.append(data)
        return Reply(failed=True, message="refused: missing bed", code="refused")

    learned(coded)

    assert not [data for data in proposed if "refused" in str(data)]


def test_what_a_result_says_is_so_is_asked_to_be_otherwise() -> None:
    proposed: list[Any] = []

    def aisle(data: Any) -> Reply:
        proposed.append(data)
        return Reply({"aisle": 7, "open": data.get("open", True), "ok": True})

    learned(aisle, {"aisle": 7})

    assert {"aisle": 7, "open": False} in proposed
    assert not [data for data in proposed if "ok" in data]
