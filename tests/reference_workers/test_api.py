"""The OpenAI-compatible HTTP interface, with agents whose answers a test supplies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from mock_engine.testing import FunctionFailed
from reference_workers import api
from tests.reference_workers.services import services

MESSAGES = [{"role": "user", "content": "Hello"}]
AGENT = {"id": "default", "system": "s", "model": "auto", "limit": 6}


@contextmanager
def served(answer: Callable[[Any], Any]) -> Iterator[httpx.Client]:
    with services(api.offer) as there:
        there.engine.serve("agent::chat", answer)
        there.engine.serve("agent::list", lambda data: {"agents": [AGENT]})
        there.engine.serve("agent::get", lambda data: AGENT)
        for name in ("chat_completions", "models", "health"):
            there.engine.wait_for_trigger("http", f"api::{name}")
        with httpx.Client(base_url=there.engine.http_url, timeout=30) as client:
            yield client


def echo(data: Any) -> Any:
    usage = {"prompt_tokens": 2, "completion_tokens": 3}
    return {"reply": f"{data['agent']} heard {data['text']}", "usage": usage}


def failing(code: str) -> Callable[[Any], Any]:
    def fail(data: Any) -> Any:
        raise FunctionFailed(code, "because")

    return fail


def test_an_answer_has_the_form_of_openai() -> None:
    heard = []
    with served(lambda data: heard.append(data) or echo(data)) as client:  # type: ignore[func-returns-value]
        earlier = [
            {"role": "system", "content": "x"},
            *MESSAGES,
            {"role": "assistant", "content": "Hi"},
        ]
        body = {"model": "agent:ada", "user": "u-1", "messages": [*earlier, *MESSAGES]}
        answer = client.post("/v1/chat/completions", json=body).json()

    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "ada heard Hello"}
    assert (answer["object"], answer["model"]) == ("chat.completion", "agent:ada")
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    assert heard[0]["session"] == "u-1"
    assert [m["role"] for m in heard[0]["history"]] == ["user", "assistant"]


def test_without_a_user_each_request_is_a_session_of_its_own() -> None:
    heard = []
    with served(lambda data: heard.append(data["session"]) or echo(data)) as client:  # type: ignore[func-returns-value]
        for _ in range(2):
            client.post("/v1/chat/completions", json={"messages": MESSAGES})

    assert len(set(heard)) == 2


def test_a_stream_is_server_sent_events_that_end() -> None:
    with served(lambda data: {"reply": "x" * 50}) as client:
        body = {"messages": MESSAGES, "stream": True}
        with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert answer.headers["content-type"] == "text/event-stream"
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == "x" * 50
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-2:] == [None, "stop"]
    assert {chunk["id"] for chunk in chunks} == {chunks[0]["id"]}


def test_a_failure_within_a_stream_is_told_in_it() -> None:
    with served(failing("TIMEOUT")) as client:
        body = {"messages": MESSAGES, "stream": True}
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")

    assert json.loads(lines[1].removeprefix("data: "))["error"]["code"] == "TIMEOUT"
    assert lines[-2] == "data: [DONE]"


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("not_found", 404, "invalid_request_error"),
        ("injection_suspected", 400, "invalid_request_error"),
        ("function_not_found", 502, "api_error"),
        ("invocation_failed", 502, "api_error"),
    ],
)
def test_a_failure_has_a_status(code: str, status: int, kind: str) -> None:
    with served(failing(code)) as client:
        answer = client.post("/v1/chat/completions", json={"messages": MESSAGES})

    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["message"], error["type"], error["code"]) == ("because", kind, code)


@pytest.mark.parametrize(
    "body",
    [
        *(None, 5, [], {}, {"messages": []}, {"messages": [{"role": "user"}]}),
        {"messages": [{"role": "user", "content": "  "}]},
        {"messages": [{"role": "assistant", "content": "x"}]},
        {"messages": MESSAGES, "tools": [{"type": "function"}]},
        {"messages": MESSAGES, "stream": "yes"},
    ],
)
def test_a_body_of_another_form_is_a_bad_request(body: Any) -> None:
    with served(echo) as client:
        answer = client.post("/v1/chat/completions", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with served(echo) as client:
        assert client.post("/v1/chat/completions", content=b"{").status_code == 400
        assert client.post("/v1/chat/completions").status_code == 400


def test_models_are_agents() -> None:
    with served(echo) as client:
        models = client.get("/v1/models").json()

    assert models["data"] == [
        {"id": "agent:default", "object": "model", "created": 0, "owned_by": "agents"}
    ]


def test_health_tells_whether_agents_are_there() -> None:
    with served(echo) as client:
        assert client.get("/health").json() == {"status": "ok"}
    with services(api.offer) as there:
        there.engine.wait_for_trigger("http", "api::health")
        answer = httpx.get(f"{there.engine.http_url}/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


def test_the_official_client_talks_to_it() -> None:
    openai = pytest.importorskip("openai", reason="the extra `agents` is not installed")
    with served(echo) as client:
        url = f"{client.base_url}".rstrip("/")
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as official:
            made = official.chat.completions.create(model="agent:ada", messages=MESSAGES)
            assert made.choices[0].message.content == "ada heard Hello"
            assert made.usage.total_tokens == 5
            parts = official.chat.completions.create(model="auto", messages=MESSAGES, stream=True)
            told = [part.choices[0].delta.content or "" for part in parts]
            assert "".join(told) == "default heard Hello"
            assert [model.id for model in official.models.list()] == ["agent:default"]
            with pytest.raises(openai.BadRequestError, match="non-empty"):
                official.chat.completions.create(model="auto", messages=[])
