"""Answers to HTTP requests."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.always import listed
from conformance.checks.stimuli.answers import about
from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.requests import sent
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.starts import request
from conformance.trials.learning.worlds import is_request
from conformance.trials.trial import Record, Worker, check, trial
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
    """Invoke each function behind an HTTP trigger with the event of a request.

    A request with little in it is often refused, so the requests that got furthest come after it.
    """
    invocations: dict[str, list[tuple[Invocation, str]]] = {}
    for registration in harness.talk.registrations:
        body = registration.message.json
        function_id = body.get("function_id")
        if registration.kind != "registertrigger" or body.get("trigger_type") != "http":
            continue
        if function_id not in harness.baseline.functions or function_id in invocations:
            continue
        if harness.obstacle(function_id) is None:
            requests = [_request(harness, function_id, body)]
            requests += complete(harness.baseline.knowledge.examples(function_id))
            invocations[function_id] = [sent(harness, function_id, data) for data in requests]
    if not invocations:
        raise Inconclusive("this takes a worker with a function behind an HTTP trigger")
    played = tuple(itertools.chain(*invocations.values()))
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


def _request(harness: Harness, function_id: str, trigger: Mapping[str, Any]) -> Any:
    """The event of a request to the route; the user's example for the function comes first."""
    described = harness.settings.invoking.functions.get(function_id)
    if described is not None and described.examples:
        return described.examples[0]
    event = request(trigger.get("config"))
    return {**event, "path_params": dict.fromkeys(event["path_params"], "1")}


def complete(examples: Iterable[Any]) -> list[Any]:
    """The requests among the examples, with those parts alone that the engine puts into them."""
    parts = request({})
    found = [example for example in examples if is_request(example)]
    return [{name: part for name, part in event.items() if name in parts} for event in found]


@check("USE-005", requested_over_http)
def answers_http_with_an_envelope(record: Record[HttpRequests]) -> Finding:
    """The engine takes status, headers and body from the result, and forwards nothing else."""
    judged: set[str] = set()
    streamed: set[str] = set()
    wrong: list[tuple[Invocation, str]] = []
    for invocation, channel in record.result.invocations:
        answers = record.talk.answers(invocation.id)
        if not answers or answers[0].json.get("error") is not None:
            continue
        if _streamed(record, channel, answers[0]):
            streamed.add(invocation.function_id)
            continue
        judged.add(invocation.function_id)
        fault = _envelope_fault(answers[0].json.get("result"))
        if fault is not None:
            wrong.append((invocation, fault))
    if wrong:
        return broken(
            expected="a result with status_code (a whole number), headers and body from each "
            "function that is behind an HTTP trigger",
            seen=listed(
                list(dict.fromkeys(f"{one.function_id}: {fault}" for one, fault in wrong)), "; "
            ),
            events=about(record, wrong[0][0]),
            remedy='Return {"status_code": 200, "headers": {…}, "body": …}; what stands '
            "elsewhere in the result never reaches the client.",
        )
    if not judged and not streamed:
        return inconclusive("no function behind an HTTP trigger answered its request with a result")
    through = f", {len(streamed)} through a channel" if streamed else ""
    return kept(f"{len(judged)} functions answered a request with status, headers or body{through}")


def _streamed(record: Record[HttpRequests], channel: str, answer: Message) -> bool:
    """Whether the answer went through the channel, and no result came first, which would count."""
    return any(
        request.request.path == CHANNELS + channel
        and (request.at < answer.at or answer.json.get("result") is None)
        for request in record.talk.channel_requests
    )


OTHER_STATUS = {"statusCode", "StatusCode", "status-code", "http_status", "httpStatus"}
"""What other frameworks call the status of a response; the engine knows none of them."""


def _envelope_fault(result: Any) -> str | None:
    if result is None:
        return "no result: the client waits until the engine gives up, and gets 504"
    other = OTHER_STATUS & set(result) if isinstance(result, dict) else ()
    if other and "status_code" not in result:
        return f"{other.pop()} in place of status_code: the client gets 200"
    if not isinstance(result, dict) or not {"status_code", "headers", "body"} & set(result):
        text = shorten(json.dumps(result), 100)
        return f"{text}: the client gets 200 with an empty object"
    status = result.get("status_code", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return f"status_code {as_json(status)}: the client gets 200"
    if not isinstance(result.get("headers") or {}, dict | list):
        return f"headers {as_json(result['headers'])}, neither an object nor a list of lines"
    return None
