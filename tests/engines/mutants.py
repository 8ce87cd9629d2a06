"""The engine mutants, by name: what each breaks, and words that the finding must contain."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from mock_engine.wire import Connection, Response
from tests.engines.mutant import Frame, Mutant

Frames = Iterable[Frame | str]

GREETING, RESULT, CALL = "workerregistered", "invocationresult", "invokefunction"
REGISTER = "engine::workers::register"
ZERO = "00000000-0000-4000-8000-000000000000"


def without(frame: Frame, *keys: str) -> Frame:
    return {key: value for key, value in frame.items() if key not in keys}


def dropping(kind: str, *keys: str) -> Any:
    """Leaves keys out of the frames of a kind that it sends."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        return [without(frame, *keys) if frame.get("type") == kind else frame]

    return sends


def putting(kind: str, **values: Any) -> Any:
    """Puts values into the frames of a kind that it sends."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        return [frame | values if frame.get("type") == kind else frame]

    return sends


def of_function(function_id: str, change: Any) -> Any:
    """Changes the results of a built-in function."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        if frame.get("type") == RESULT and frame.get("function_id") == function_id:
            return [change(frame)]
        return [frame]

    return sends


def twice(kind: str) -> Any:
    """Sends the frames of a kind twice, except answers of the engine's own functions."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        own = str(frame.get("function_id")).startswith("engine::")
        return [frame, frame] if frame.get("type") == kind and not own else [frame]

    return sends


def silent_about(kind: str) -> Any:
    def sends(connection: Connection, frame: Frame) -> Frames:
        return [] if frame.get("type") == kind else [frame]

    return sends


def deaf_to(kind: str) -> Any:
    def receives(connection: Connection, frame: Frame) -> Frame | None:
        return None if frame.get("type") == kind else frame

    return receives


def losing(every: int) -> Any:
    """Loses a reply now and then."""
    numbers = count(1)

    def sends(connection: Connection, frame: Frame) -> Frames:
        user = frame.get("type") == RESULT and not str(frame.get("function_id")).startswith("eng")
        return [] if user and next(numbers) % every == 0 else [frame]

    return sends


def code_of(old: str, new: str) -> Any:
    """Uses another code for an error."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        error = frame.get("error")
        if isinstance(error, dict) and error.get("code") == old:
            return [frame | {"error": error | {"code": new}}]
        return [frame]

    return sends


def reworded(connection: Connection, frame: Frame) -> Frames:
    error = frame.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return [frame | {"error": error | {"message": error["message"].upper()}}]
    return [frame]


def floats(connection: Connection, frame: Frame) -> Frames:
    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [changed(item) for item in value]
        return float(value) if type(value) is int and abs(value) < 2**53 else value

    return [frame | {"result": changed(frame["result"])} if "result" in frame else frame]


def without_caller(connection: Connection, frame: Frame) -> Frames:
    if frame.get("type") == CALL and isinstance(frame.get("data"), dict):
        return [frame | {"data": without(frame["data"], "_caller_worker_id")}]
    return [frame]


def null_results(connection: Connection, frame: Frame) -> Frames:
    lacks = frame.get("type") == RESULT and "result" not in frame and "error" not in frame
    return [frame | {"result": None} if lacks else frame]


def chatty(connection: Connection, frame: Frame) -> Frames:
    return [frame, {"type": "ping"}] if frame.get("type") == GREETING else [frame]


def complaining(connection: Connection, frame: Frame) -> Frame | None:
    if frame.get("type") not in (CALL, RESULT) and "namespace" in frame:
        return without(frame, "namespace")
    return frame


_tokens: dict[str, str] = {}


def remembering(connection: Connection, frame: Frame) -> Frames:
    if frame.get("type") == GREETING:
        _tokens[frame["worker_id"]] = frame["reattach_token"]
    return [frame]


def trusting(connection: Connection, frame: Frame) -> Frame | None:
    """Lets any worker that knows another one's id reattach as that worker."""
    if frame.get("type") == "reattach":
        known = _tokens.get(frame.get("previous_worker_id", ""))
        return frame if known is None else frame | {"reattach_token": known}
    return frame


def dying(connection: Connection, frame: Frame) -> Frame | None:
    if frame.get("type") == CALL and frame.get("function_id") == "fid::add":
        os._exit(3)
    return frame


def mute(connection: Connection, frame: Frame) -> Frames:
    """Says nothing after the greeting, for ever."""
    return [frame] if frame.get("type") == GREETING else []


def status(old: int, new: int) -> Any:
    def responds(response: Response) -> Response:
        return replace(response, status=new) if response.status == old else response

    return responds


def bare(response: Response) -> Response:
    kept = [(k, v) for k, v in response.headers if k.lower() != "content-type"]
    return replace(response, headers=tuple(kept))


def cut(response: Response) -> Response:
    assert isinstance(response.body, bytes)
    return replace(response, body=response.body[:65_536])


def closed(response: Response) -> Response:
    kept = [(k, v) for k, v in response.headers if not k.lower().startswith("access-control")]
    return replace(response, headers=tuple(kept))


def renamed_event(old: str, new: str) -> Any:
    """Uses another name for an event of a trigger."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        data = frame.get("data")
        if frame.get("type") == CALL and isinstance(data, dict) and data.get("event_type") == old:
            return [frame | {"data": data | {"event_type": new}}]
        return [frame]

    return sends


def in_stream(key: str, value: Any) -> Any:
    """Changes a field in the messages to subscribers of streams."""

    def sends(connection: Connection, frame: Frame) -> Frames:
        return [frame | {key: value} if key in frame and "event" in frame else frame]

    return sends


def _old_value(frame: Frame) -> Frame:
    result = frame.get("result")
    return frame | {"result": without(result, "old_value")} if isinstance(result, dict) else frame


def _unsuccessful(frame: Frame) -> Frame:
    return frame | {"result": {"success": False}}


def _first(frame: Frame) -> Frame:
    result = frame.get("result")
    return frame | {"result": result[:1]} if isinstance(result, list) else frame


def _one_key(frame: Frame) -> Frame:
    return frame | {"result": {"writer": frame.get("result", {}).get("writer")}}


MUTANTS: Mapping[str, Mutant] = {
    "greets-without-token": Mutant(
        "ENG-001", r"workerregistered", sends=dropping(GREETING, "reattach_token")
    ),
    "greets-twice": Mutant("ENG-001", r"frames", sends=twice(GREETING)),
    "pings-by-message": Mutant("ENG-001", r'"ping"', sends=chatty),
    "one-id-for-all": Mutant("ENG-161", r"worker_id", sends=putting(GREETING, worker_id=ZERO)),
    "never-confirms": Mutant(
        "ENG-121", r"success.*is false", sends=of_function(REGISTER, _unsuccessful)
    ),
    "no-caller-id": Mutant("ENG-243", r"_caller_worker_id|frames", sends=without_caller),
    "null-for-nothing": Mutant("ENG-245", r'"result": null', sends=null_results),
    "every-number-a-float": Mutant("ENG-246", r"\.0", sends=floats),
    "answers-twice": Mutant("ENG-241", r"frames\.b", sends=twice(RESULT)),
    "loses-replies": Mutant("ENG-263", r"frames", sends=losing(7)),
    "forgets-traces": Mutant("ENG-258", r"frames", sends=dropping(CALL, "traceparent", "baggage")),
    "forgets-traces-of-answers": Mutant(
        "ENG-259", r"frames", sends=dropping(RESULT, "traceparent")
    ),
    "another-code-for-lost-workers": Mutant(
        "ENG-254", r"invocation_gone", sends=code_of("invocation_stopped", "invocation_gone")
    ),
    "another-code-for-bad-input": Mutant(
        "ENG-260", r"bad_input", sends=code_of("deserialization_error", "bad_input")
    ),
    "shouts": Mutant("ENG-041", r"[A-Z]{4}", sends=reworded),
    "believes-any-token": Mutant("ENG-162", r"frames|close", sends=remembering, receives=trusting),
    "never-unregisters": Mutant("ENG-255", r"frames", receives=deaf_to("unregisterfunction")),
    "hides-the-end-of-bindings": Mutant(
        "ENG-325", r"frames", sends=silent_about("unregistertrigger")
    ),
    "hides-refusals": Mutant("ENG-328", r"frames", sends=silent_about("triggerregistrationresult")),
    "forgets-metadata-of-bindings": Mutant(
        "ENG-323", r"frames", sends=dropping("registertrigger", "metadata")
    ),
    "forgets-namespaces": Mutant("ENG-330", r".", receives=complaining),
    "finds-everything": Mutant("ENG-447", r"status is 200", responds=status(404, 200)),
    "no-content-types": Mutant("ENG-441", r"content-type|headers", responds=bare),
    "cuts-bodies": Mutant("ENG-442", r"body", responds=cut),
    "no-cross-origin": Mutant("ENG-443", r"headers", responds=closed),
    "late-is-an-error": Mutant("ENG-461", r"status is 500", responds=status(504, 500)),
    "forgets-old-values": Mutant("ENG-481", r"result", sends=of_function("state::set", _old_value)),
    "lists-one-value": Mutant("ENG-482", r"result", sends=of_function("state::list", _first)),
    "calls-updates-creations": Mutant(
        "ENG-486",
        r"state:created",
        sends=renamed_event("state:updated", "state:created"),
    ),
    "one-end-of-channels": Mutant(
        "ENG-401", r"result", sends=of_function("engine::channels::create", _one_key)
    ),
    "dies-of-a-call": Mutant("ENG-241", r"the engine ended \(exit code 3\)", receives=dying),
    "falls-silent": Mutant("ENG-121", r"frames\.a is \[\]", sends=mute),
}
