"""Routing, the local model, and a provider over HTTP with its failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reference_workers.client import FunctionError
from reference_workers.llm_router import __main__ as llm_router
from reference_workers.llm_router import local, remote
from reference_workers.llm_router.providers import (
    LOCAL,
    Provider,
    ProvidersError,
    configured,
    model_of,
    ranked,
)
from tests.reference_workers.services import services

HELLO = [{"role": "user", "content": "Hello"}]


def user(text: str, *earlier: dict[str, Any]) -> list[dict[str, Any]]:
    return [*earlier, {"role": "user", "content": text}]


# -- the local model -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("What is 12 * (3+4)?", "math::evaluate", {"expression": "12 * (3+4)"}),
        ("2^8 please", "math::evaluate", {"expression": "2**8"}),
        ("What time is it?", "time::now", {}),
        ("Read the file notes/a.txt.", "file::read", {"path": "notes/a.txt"}),
        ("list my files", "file::list", {}),
        ('Write "tea" to a.txt', "file::write", {"path": "a.txt", "text": "tea"}),
        ("fetch http://a.example/x?", "web::fetch", {"url": "http://a.example/x"}),
        ("run `ls -l`", "shell::exec", {"command": ["ls", "-l"]}),
        ("SHA256 of tea", "hash::digest", {"text": "tea"}),
        ("What is related to tea?", "kg::neighbours", {"id": "tea"}),
    ],
)
def test_a_question_of_its_kind_asks_for_the_tool(text: str, tool: str, arguments: Any) -> None:
    message = local.complete(user(text), [tool])

    function = message["tool_calls"][0]["function"]
    assert (function["name"], json.loads(function["arguments"])) == (tool, arguments)
    assert local.complete(user(text), [tool]) == message
    assert "tool_calls" not in local.complete(user(text), [])


def after(*contents: str) -> str:
    asked = local.complete(user("1 + 1"), ["math::evaluate"])
    call = asked["tool_calls"][0]["id"]
    told = [{"role": "tool", "tool_call_id": call, "content": each} for each in contents]
    return str(local.complete([*user("1 + 1"), asked, *told], ["math::evaluate"])["content"])


def test_what_tools_gave_back_is_told() -> None:
    assert after('{"value": 2}') == "math::evaluate says: 2"
    assert after("plain", '{"a": 1, "b": 2}').endswith(
        'plain math::evaluate says: {"a": 1, "b": 2}'
    )
    assert after('{"error": {"code": "c", "message": "why"}}') == "math::evaluate failed: why"


def test_a_memory_answers_a_question() -> None:
    system = {
        "role": "system",
        "content": f"Be.\n{local.REMEMBERED}\n- Tea is hot.\n- My cat is Tom.",
    }

    assert local.complete(user("What about my cat?", system), [])["content"].endswith("cat is Tom.")
    assert local.complete(user("What now?", system), [])["content"] == "You said: What now?"
    assert local.complete(user("My cat.", system), [])["content"] == "You said: My cat."


def test_long_numbers_are_looked_at_once() -> None:
    assert local.complete(user("1" * 500_000), ["math::evaluate"])["role"] == "assistant"


# -- routing -------------------------------------------------------------------------------------

CHEAP = Provider("cheap", ("small",), 1.0, 1000, ("chat",), url="http://a")
DEAR = Provider(
    "dear", ("big", "bigger"), 9.0, 100_000, ("chat", "tools", "vision"), url="http://b"
)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["local", "cheap", "dear"]),
        ({"needs": ["vision"]}, ["dear"]),
        ({"needs": ["tools"]}, ["local", "dear"]),
        ({"context": 50_000}, ["dear"]),
        ({"max_cost": 1}, ["local", "cheap"]),
        ({"model": "bigger"}, ["dear"]),
        ({"model": "cheap/small"}, ["cheap"]),
        ({"model": "auto"}, ["local", "cheap", "dear"]),
    ],
)
def test_the_cheapest_that_fits_comes_first(wanted: Any, names: list[str]) -> None:
    assert [each.name for each in ranked([DEAR, CHEAP, LOCAL], wanted)] == names


def test_nothing_that_fits_is_told_with_all_reasons() -> None:
    with pytest.raises(FunctionError) as refused:
        ranked([CHEAP, DEAR], {"needs": ["vision"], "max_cost": 2})

    assert refused.value.code == "no_provider"
    assert "cheap: lacks vision" in refused.value.message
    assert "dear: costs 9.0" in refused.value.message
    assert model_of(DEAR, {"model": "dear/bigger"}) == "bigger"
    assert model_of(DEAR, {}) == "big"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no JSON"),
        ("{}", "expected a list"),
        ("[5]", "expected an object"),
        ('[{"name": "a"}]', "`models` is missing"),
        ('[{"name": "a", "models": ["m"], "url": "ftp://x"}]', "http://"),
        ('[{"name": "a", "models": ["m"], "url": "http://x", "key": "k"}]', "unknown field `key`"),
        ('[{"name": "a", "models": ["m"], "url": "http://x", "cost": "1"}]', "wrong type"),
        ('[{"name": "local", "models": ["m"], "url": "http://x"}]', "names must differ"),
    ],
)
def test_a_wrong_list_of_providers_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ProvidersError, match=told):
        configured({"LLM_PROVIDERS": text})


# -- a provider over HTTP ------------------------------------------------------------------------


def spoken(content: str | None, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return {"choices": [{"index": 0, "message": message}], "usage": usage}


class Service:
    """A local service that answers from a list; the last answer is repeated for ever."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.release = threading.Event()
        self._answers = list(answers)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["content-length"])
        body = json.loads(handler.rfile.read(length))
        self.requests.append(
            ({name.lower(): value for name, value in handler.headers.items()}, body)
        )
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if given == "hang":
            self.release.wait(30)
            return
        status, data = given if isinstance(given, tuple) else (200, json.dumps(given).encode())
        handler.send_response(status)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    @contextmanager
    def serving(self) -> Iterator[str]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            self.release.set()
            server.shutdown()
            server.server_close()
            thread.join()


def provider(url: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "shop",
        "models": ["m-1"],
        "url": url,
        "capabilities": ["chat", "tools"],
        **more,
    }


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_PAUSE", 0.001)


def test_a_service_gets_and_gives_the_openai_form(monkeypatch: pytest.MonkeyPatch) -> None:
    function = {"name": "math__evaluate", "arguments": '{"expression": "1+1"}'}
    calls = [{"id": "c1", "type": "function", "function": function}]
    service = Service(spoken(None, tool_calls=calls))
    with service.serving() as url:
        monkeypatch.setenv("SHOP_KEY", "secret")
        monkeypatch.setenv("LLM_PROVIDERS", json.dumps([provider(url, key_variable="SHOP_KEY")]))
        with services(llm_router.offer) as there:
            tool = {"name": "math::evaluate", "parameters": {"type": "object"}}
            asked = {"messages": HELLO, "tools": [tool], "model": "shop"}
            told = there.call("llm::complete", asked)
            rows = there.call("llm::providers", {})["providers"]

    headers, body = service.requests[0]
    assert headers["authorization"] == "Bearer secret"
    assert (body["model"], body["tools"][0]["function"]["name"]) == ("m-1", "math__evaluate")
    assert told["message"]["tool_calls"][0]["function"]["name"] == "math::evaluate"
    assert (told["provider"], told["usage"]["total_tokens"]) == ("shop", 5)
    assert rows[1]["usage"] == {"completions": 1, "tokens": 5}
    assert "secret" not in json.dumps(rows)


@pytest.mark.usefixtures("hurry")
def test_what_may_pass_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service((503, b"later"), (429, b""), spoken("Hello yourself"))
    with service.serving() as url:
        monkeypatch.setenv("LLM_PROVIDERS", json.dumps([provider(url)]))
        with services(llm_router.offer) as there:
            told = there.call("llm::complete", messages=HELLO, model="shop")

    assert told["message"]["content"] == "Hello yourself"
    assert len(service.requests) == 3


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    ("answer", "tries", "reason"),
    [
        ((500, b""), 2, "HTTP status 500"),
        ((401, b""), 1, "HTTP status 401"),
        ((200, b"no JSON"), 1, "no completion"),
        ((200, b'{"choices": []}'), 1, "no completion"),
        ((200, b'{"choices": [{"message": 5}]}'), 1, "no completion"),
    ],
)
def test_a_failing_service_is_left_for_the_next(
    answer: Any, tries: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(answer)
    with service.serving() as url:
        settings = {"cost": 0, "name": "a-shop", "retries": 1}
        monkeypatch.setenv("LLM_PROVIDERS", json.dumps([provider(url) | settings]))
        with services(llm_router.offer) as there:
            told = there.call("llm::complete", messages=HELLO)
            alone = there.refusal("llm::complete", messages=HELLO, model="a-shop")

    assert told["provider"] == "local"
    assert reason in told["failures"][0]
    assert alone[0] == "providers_failed"
    assert len(service.requests) == 2 * tries


@pytest.mark.usefixtures("hurry")
def test_a_silent_service_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with Service("hang").serving() as url:
        shop = provider(url, cost=0, name="a-shop", retries=1, timeout=0.05)
        monkeypatch.setenv("LLM_PROVIDERS", json.dumps([shop]))
        with services(llm_router.offer) as there:
            told = there.call("llm::complete", messages=HELLO)

    assert told["provider"] == "local"
    assert told["failures"] == ["a-shop: no answer within 0.05 s"]


@pytest.mark.parametrize(
    "data",
    [None, {}, {"messages": []}, {"messages": [{"role": "king"}]}, {"messages": [5]}],
)
def test_what_cannot_be_used_is_refused(data: Any) -> None:
    with services(llm_router.offer) as there:
        assert there.refusal("llm::complete", data or {})[0] == "invalid_request"
        assert there.refusal("llm::route", {"needs": ["wings"]})[0] == "no_provider"
        assert there.call("llm::route", {"needs": ["chat"]})["model"] == "rules-1"
