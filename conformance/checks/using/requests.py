"""Answers to HTTP requests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.always import listed
from conformance.checks.stimuli.answers import about
from conformance.checks.stimuli.invoking import all_answered
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.modules.channel import READ, WRITE
from mock_engine.paths import CHANNELS
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Message


@dataclass(frozen=True, slots=True)
class HttpRequests:
    """Functions behind HTTP triggers, invoked as the engine does for a request.

    Each invocation has the id of the channel through which it may be answered instead.
    """

    invocations: tuple[tuple[Invocation, str], ...]


@trial(Worker.SHARED)
async def requested_over_http(harness: Harness) -> HttpRequests:
    """Invoke each function behind an HTTP trigger with the event of a request."""
    invocations: dict[str, tuple[Invocation, str]] = {}
    for registration in harness.talk.registrations:
        body = registration.message.json
        function_id = body.get("function_id")
        if registration.kind != "registertrigger" or body.get("trigger_type") != "http":
            continue
        if function_id not in harness.baseline.functions or function_id in invocations:
            continue
        if harness.obstacle(function_id) is None:
            answering = harness.engine.channels.create()
            answering.read(lambda *_: None, lambda: None)
            event = _request(harness, function_id, body, answering.end(WRITE))
            invocations[function_id] = harness.invoker.invoke(function_id, event), answering.id
    if not invocations:
        raise Inconclusive("this takes a worker with a function behind an HTTP trigger")
    played = tuple(invocations.values())
    invocations_sent = [invocation for invocation, _ in played]
    await all_answered(harness, invocations_sent, harness.invoker.patience(invocations_sent))
    # One that answered null may take the channel a moment later.
    silent = [channel for i, channel in played if _is_null(harness.invoker.replies(i))]
    await harness.until(lambda: set(silent) <= _taken(harness.talk), harness.pace.reply)
    return HttpRequests(played)


def _is_null(answers: list[Message]) -> bool:
    """Whether the answer has neither a result nor an error."""
    names = ("result", "error")
    return bool(answers) and all(answers[0].json.get(name) is None for name in names)


def _taken(talk: Conversation) -> set[str]:
    """The ids of the channels of which the worker opened an end."""
    return {r.request.path.removeprefix(CHANNELS) for r in talk.channel_requests}


def _request(
    harness: Harness, function_id: str, trigger: Mapping[str, Any], answering: Mapping[str, str]
) -> Any:
    """The event of a request to the route; the user's example for the function comes first."""
    described = harness.settings.invoking.functions.get(function_id)
    if described is not None and described.examples:
        return described.examples[0]
    found = trigger.get("config")
    config = found if isinstance(found, dict) else {}
    path, method = str(config.get("api_path", "/")), str(config.get("http_method") or "GET").upper()
    sent = harness.engine.channels.create()
    sent.write(True, b"{}")
    sent.finish()
    return {
        "path": path,
        "method": method,
        "path_params": dict.fromkeys(re.findall(r"[:{](\w+)", path), "1"),
        "query_params": {},
        "headers": {"content-type": "application/json", "host": "127.0.0.1:3111"},
        "body": {},
        "trigger": {"type": "http", "path": path, "method": method},
        "request_body": sent.end(READ),
        "response": answering,
    }


@check("USE-005", requested_over_http)
def answers_http_with_an_envelope(record: Record[HttpRequests]) -> Finding:
    """The engine takes status, headers and body from the result, and forwards nothing else."""
    judged = streamed = 0
    wrong: list[tuple[Invocation, str]] = []
    for invocation, channel in record.result.invocations:
        answers = record.talk.answers(invocation.id)
        if not answers or answers[0].json.get("error") is not None:
            continue
        if _streamed(record, channel, answers[0]):
            streamed += 1
            continue
        judged += 1
        fault = _envelope_fault(answers[0].json.get("result"))
        if fault is not None:
            wrong.append((invocation, fault))
    if wrong:
        return broken(
            expected="a result with status_code (a whole number), headers and body from each "
            "function that is behind an HTTP trigger",
            seen=listed(
                [f"{invocation.function_id}: {fault}" for invocation, fault in wrong], "; "
            ),
            events=about(record, wrong[0][0]),
            remedy='Return {"status_code": 200, "headers": {…}, "body": …}; what stands '
            "elsewhere in the result never reaches the client.",
        )
    if not judged and not streamed:
        return inconclusive("no function behind an HTTP trigger answered its request with a result")
    through = f", {streamed} through a channel" if streamed else ""
    return kept(f"{judged} functions answered a request with status, headers or body{through}")


def _streamed(record: Record[HttpRequests], channel: str, answer: Message) -> bool:
    """Whether the answer went through the channel, and no result came first, which would count."""
    return any(
        request.request.path == CHANNELS + channel
        and (request.at < answer.at or answer.json.get("result") is None)
        for request in record.talk.channel_requests
    )


def _envelope_fault(result: Any) -> str | None:
    if result is None:
        return "no result: the client waits until the engine gives up, and gets 504"
    if not isinstance(result, dict) or not {"status_code", "headers", "body"} & set(result):
        text = shorten(json.dumps(result), 100)
        return f"{text}: the client gets 200 with an empty object"
    status = result.get("status_code", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return f"status_code {as_json(status)}: the client gets 200"
    if not isinstance(result.get("headers") or {}, dict | list):
        return f"headers {as_json(result['headers'])}, neither an object nor a list of lines"
    return None
