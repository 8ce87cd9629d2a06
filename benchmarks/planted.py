"""A worker with planted mistakes, one in each function, as they occur in real workers.

    python -m benchmarks.planted NAME [NAME…]      offers these functions; without names all

A handler that raises ``Panic`` never answers, like a thread that dies; any other exception becomes
an error, as SDKs send it. A handler that returns ``Raw`` sends those messages unchanged.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import struct
import sys
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

Json = Any


class Panic(Exception):
    """The handler dies without an answer."""


class Drop(Exception):
    """The worker closes its connection."""


class Complaint(Exception):
    """An intended error."""


@dataclass
class Raw:
    """Messages to send instead of a result; ``ID`` stands for the ids of the invocation."""

    messages: list[str]


@dataclass
class State:
    """The state that handlers share, in which some mistakes lie."""

    calls: int = 0
    mode: str = "slow"
    current: Json = None
    locked: bool = False
    kept: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Json, State], Json]


@dataclass(frozen=True)
class Planted:
    """A function with a mistake; ``functions`` are others that take part in it."""

    handler: Handler
    request: Json = None
    response: Json = None
    also: tuple[str, ...] = ()


PLANTED: dict[str, Planted] = {}


def planted(
    request: Json = None, response: Json = None, also: tuple[str, ...] = ()
) -> Callable[[Handler], Handler]:
    """Register a handler under its name."""

    def register(handler: Handler) -> Handler:
        PLANTED[handler.__name__] = Planted(handler, request, response, also)
        return handler

    return register


def form(required: tuple[str, ...] = (), **properties: Json) -> Json:
    """The format of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
NUMBERS = {"type": "array", "items": {"type": "number"}}


# -- with a declared format ----------------------------------------------------------------------


@planted(form(("values",), values=NUMBERS))
def empty_list(data: Json, state: State) -> Json:
    return {"mean": sum(data["values"]) / len(data["values"])}


@planted(form(("name",), name=TEXT))
def not_ascii(data: Json, state: State) -> Json:
    return {"size": len(data["name"].encode("ascii"))}


@planted(form(("text",), text=TEXT))
def long_text(data: Json, state: State) -> Json:
    if len(data["text"]) > 5000:
        os._exit(134)
    return {}


@planted(form(("count",), count=WHOLE))
def large_number(data: Json, state: State) -> Json:
    if data["count"] > 2**31 - 1:
        raise OverflowError("'i' format requires -2147483648 <= number <= 2147483647")
    return {"packed": len(struct.pack("i", max(data["count"], -1)))}


@planted(form(("template",), template=TEXT))
def template(data: Json, state: State) -> Json:
    if "{" in data["template"]:
        return {"text": data["template"].format()}
    return {}


@planted(form(("colour",), colour={"enum": ["red", "green", "blue", "black", "white", "grey"]}))
def forgotten_case(data: Json, state: State) -> Json:
    return {"code": {"red": 1, "green": 2, "blue": 3, "black": 4, "white": 5}[data["colour"]]}


@planted(form(("percent",), percent={"type": "integer", "minimum": 0, "maximum": 1000}))
def off_by_one(data: Json, state: State) -> Json:
    return {"bucket": list(range(1000))[data["percent"]]}


@planted(form(("name",), name=TEXT, nick={"anyOf": [TEXT, {"type": "null"}]}, a=WHOLE, b=WHOLE))
def optional_null(data: Json, state: State) -> Json:
    return {"nick": data["nick"].upper() if "nick" in data else None}


@planted(
    {
        "$defs": {
            "node": form(("v",), v=WHOLE, kids={"type": "array", "items": {"$ref": "#/$defs/node"}})
        },
        "$ref": "#/$defs/node",
    }
)
def deep_tree(data: Json, state: State) -> Json:
    def depth(node: Json) -> int:
        return 1 + max(map(depth, node.get("kids", [])), default=0)

    if depth(data) > 4:
        raise IndexError("list index out of range")
    return {}


@planted(form(("n",), n=WHOLE), form(("square",), square=WHOLE))
def after_37_calls(data: Json, state: State) -> Json:
    state.calls += 1
    return {"square": data["n"] ** 2 if state.calls < 37 else str(data["n"])}


@planted(
    form(("size",), size={"type": "number", "minimum": 0}),
    form(("ratio",), ratio={"type": "number"}),
)
def not_a_number(data: Json, state: State) -> Json:
    if data["size"] == 0:
        return Raw(['{"type":"invocationresult",ID,"result":{"ratio":NaN}}'])
    return {"ratio": 1 / data["size"]}


@planted(form(("words",), words={"type": "array", "items": TEXT}), form(("first",), first=TEXT))
def wrong_result(data: Json, state: State) -> Json:
    return {"first": data["words"][0] if data["words"] else None}


@planted(form(("text",), text=TEXT))
def says_it_twice(data: Json, state: State) -> Json:
    answer = '{"type":"invocationresult",ID,"result":{}}'
    return Raw([answer] * (2 if data["text"].strip() == "" else 1))


@planted(form(("mode",), mode={"enum": ["slow", "fast", "turbo"]}), also=("state_user",))
def state_setter(data: Json, state: State) -> Json:
    state.mode = data["mode"]
    return {}


def state_user(data: Json, state: State) -> Json:
    """Takes part in the mistake of ``state_setter``."""
    return {"speed": {"slow": 1, "fast": 2}[state.mode]}


STATE_USER = Planted(state_user, form((), n=WHOLE))


@planted(form(("code",), code={"type": "string", "pattern": "^(EU|US|AS|AF|OC)-[0-9]{3}$"}))
def one_of_a_pattern(data: Json, state: State) -> Json:
    """One alternative of the pattern has no entry in the table."""
    return {"zone": {"EU": 1, "US": 2, "AS": 3, "AF": 4}[data["code"][:2]]}


@planted(form(("search",), search=TEXT))
def text_as_expression(data: Json, state: State) -> Json:
    return {"hits": len(re.findall(data["search"], "some text"))}


@planted(form(("name",), name=TEXT))
def left_locked(data: Json, state: State) -> Json:
    """An error leaves the lock locked, and all later calls wait for ever."""
    if state.locked:
        raise Panic
    state.locked = True
    if not data["name"]:
        raise Complaint("a name must not be empty")
    state.locked = False
    return {"name": data["name"]}


@planted(form(("title",), title=TEXT), also=("show_note",))
def create_note(data: Json, state: State) -> Json:
    note_id = str(uuid.uuid4())
    state.notes[note_id] = data["title"]
    return {"id": note_id}


def show_note(data: Json, state: State) -> Json:
    """Takes part in the mistake of ``create_note``."""
    if data["noteId"] not in state.notes:
        raise Complaint("no such note")
    os._exit(9)


SHOW_NOTE = Planted(show_note, form(("noteId",), noteId=TEXT))


# -- without a format ----------------------------------------------------------------------------


def wanted(data: Json, name: str) -> Json:
    """A field; when it is missing, the error is worded as serde does it."""
    if not isinstance(data, dict):
        raise Complaint(f"invalid type: {_serde(data)}, expected struct Request at line 1 column 1")
    if name not in data:
        raise Complaint(f"missing field `{name}` at line 1 column 2")
    return data[name]


def _serde(value: Json) -> str:
    names = {dict: "map", list: "sequence", str: "string", bool: "boolean", float: "floating point"}
    return "null" if value is None else names.get(type(value), "integer")


@planted()
def null_root(data: Json, state: State) -> Json:
    if data is None:
        raise Panic
    return {}


@planted()
def serde_leaf(data: Json, state: State) -> Json:
    """A leaf three levels deep is used without a check."""
    zip_code = wanted(wanted(wanted(data, "customer"), "address"), "zip")
    if not isinstance(zip_code, str):
        raise Panic
    return {"zip": zip_code}


@planted()
def serde_list(data: Json, state: State) -> Json:
    """One of the lines in a list has a quantity that is not a number."""
    lines = wanted(wanted(data, "order"), "lines")
    if not isinstance(lines, list):
        raise Complaint(f"invalid type: {_serde(lines)}, expected a sequence at line 1 column 9")
    for line in lines:
        if wanted(line, "quantity") is None or wanted(line, "quantity") == -1:
            raise Panic
    return {"lines": len(lines)}


@planted()
def python_leaf(data: Json, state: State) -> Json:
    total = 0
    for item in data["basket"]["items"]:
        price = item["price"]
        if isinstance(price, str):
            raise Panic
        total += price
    return {"total": total}


@planted()
def javascript_leaf(data: Json, state: State) -> Json:
    def read(value: Json, name: str) -> Json:
        if value is None:
            raise Complaint(f"Cannot read properties of undefined (reading '{name}')")
        return value.get(name) if isinstance(value, dict) else None

    street = read(read(read(data, "profile"), "address"), "street")
    if street is not None and not isinstance(street, str):
        raise Panic
    return {}


@planted()
def zod_leaf(data: Json, state: State) -> Json:
    def issue(path: list[str], expected: str) -> Complaint:
        told = {"code": "invalid_type", "expected": expected, "path": path, "message": "Required"}
        return Complaint(json.dumps([told]))

    for path, kind, word in (
        (["user"], dict, "object"),
        (["user", "contact"], dict, "object"),
        (["user", "contact", "email"], str, "string"),
        (["user", "contact", "age"], int, "number"),
    ):
        value = data
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, kind):
            raise issue(path, word)
    if data["user"]["contact"]["age"] < 0:
        raise Panic
    return {}


@planted()
def go_leaf(data: Json, state: State) -> Json:
    def check(value: Json, kind: type, name: str, word: str) -> Json:
        if not isinstance(value, kind):
            told = (
                f"json: cannot unmarshal {_serde(value)} into Go struct field {name} of type {word}"
            )
            raise Complaint(told)
        return value

    job = check(data.get("job") if isinstance(data, dict) else None, dict, "Req.job", "main.Job")
    steps = check(job.get("steps"), list, "Req.job.steps", "[]string")
    if not steps:
        raise Panic
    return {}


@planted()
def pydantic_leaf(data: Json, state: State) -> Json:
    path: list[str] = []
    for name, kind, words in (
        ("filter", dict, "Input should be a valid dictionary [type=dict_type]"),
        ("range", dict, "Input should be a valid dictionary [type=dict_type]"),
        ("limit", int, "Input should be a valid integer [type=int_type]"),
    ):
        path.append(name)
        if not isinstance(data, dict) or name not in data:
            told = ".".join(path)
            raise Complaint(
                f"1 validation error for Query\n{told}\n  Field required [type=missing]"
            )
        data = data[name]
        if not isinstance(data, kind):
            raise Complaint(f"1 validation error for Query\n{'.'.join(path)}\n  {words}")
    if data == 0:
        raise Panic
    return {}


@planted()
def empty_name(data: Json, state: State) -> Json:
    if isinstance(data, dict) and "" in data:
        raise Panic
    return {}


@planted()
def prototype(data: Json, state: State) -> Json:
    if isinstance(data, dict) and {"__proto__", "__class__", "constructor"} & set(data):
        os._exit(139)
    return {}


@planted()
def nesting(data: Json, state: State) -> Json:
    depth = 0
    while isinstance(data, list) and data:
        data, depth = data[0], depth + 1
    if depth > 50:
        raise KeyboardInterrupt  # ends the reading loop
    return {}


@planted()
def twins(data: Json, state: State) -> Json:
    if isinstance(data, list) and len(data) > 1 and any(data.count(x) > 1 for x in data[:50]):
        raise Panic
    return {}


@planted()
def nul(data: Json, state: State) -> Json:
    if "\x00" in json.dumps(data, ensure_ascii=False).replace("\\u0000", "\x00"):
        raise Drop
    return {}


@planted()
def held_lock(data: Json, state: State) -> Json:
    if state.locked:
        raise Panic
    if isinstance(data, dict) and "id" in data and not isinstance(data["id"], int):
        state.locked = True
    return {"id": wanted(data, "id")}


@planted()
def mixed_up(data: Json, state: State) -> Json:
    """The mistake is in ``serve``: the data is in a shared variable while the handler waits."""
    return data


@planted(form(("path",), path=TEXT))
def open_files(data: Json, state: State) -> Json:
    state.files.append(open(os.devnull))  # noqa: SIM115 - the mistake it is made for
    return {}


@planted(form(("key",), key=TEXT))
def grows(data: Json, state: State) -> Json:
    state.kept.append(bytearray(4096))
    return {}


# -- the worker ----------------------------------------------------------------------------------


def functions(names: list[str]) -> dict[str, Planted]:
    """The functions to offer, by id."""
    chosen: dict[str, Planted] = {name: PLANTED[name] for name in names or PLANTED}
    if "state_setter" in chosen:
        chosen["state_user"] = STATE_USER
    if "create_note" in chosen:
        chosen["show_note"] = SHOW_NOTE
    return {f"planted::{name}": one for name, one in chosen.items()}


async def answer(socket: ClientConnection, message: Json, one: Planted, state: State) -> None:
    """Run a handler and send its result."""
    ids = {"invocation_id": message["invocation_id"], "function_id": message["function_id"]}
    try:
        if one.handler is mixed_up:
            state.current = message["data"]
            await asyncio.sleep(0)
            result = state.current
        else:
            result = one.handler(message["data"], state)
    except Panic:
        return
    except Drop:
        await socket.close(1011)
        return
    except Exception as fault:  # noqa: BLE001 - as SDKs do
        error = {"code": "invocation_failed", "message": str(fault)}
        if not isinstance(fault, Complaint):
            error["stacktrace"] = traceback.format_exc()
        await socket.send(json.dumps({"type": "invocationresult", **ids, "error": error}))
        return
    if isinstance(result, Raw):
        written = json.dumps(ids)[1:-1]
        for text in result.messages:
            await socket.send(text.replace("ID", written))
        return
    await socket.send(json.dumps({"type": "invocationresult", **ids, "result": result}))


async def serve(url: str, offered: dict[str, Planted]) -> None:
    """Connect, reconnect after each loss, and answer."""
    state = State()
    while True:
        try:
            async with connect(url, max_size=2**26, ping_interval=None) as socket:
                await session(socket, offered, state)
        except (OSError, EOFError):
            pass
        except Exception as fault:  # noqa: BLE001 - the connection is gone
            print(f"connection lost: {fault}", file=sys.stderr)
        await asyncio.sleep(0.2)


async def session(socket: ClientConnection, offered: dict[str, Planted], state: State) -> None:
    """One connection."""
    for name, one in offered.items():
        formats = {"request_format": one.request, "response_format": one.response}
        given = {key: value for key, value in formats.items() if value is not None}
        await socket.send(json.dumps({"type": "registerfunction", "id": name, **given}))
    told = {"name": f"planted:{os.getpid()}", "runtime": "python", "pid": os.getpid()}
    announce = {
        "function_id": "engine::workers::register",
        "data": told,
        "action": {"type": "void"},
    }
    await socket.send(json.dumps({"type": "invokefunction", **announce}))
    running: set[asyncio.Task[None]] = set()
    async for raw in socket:
        message = json.loads(raw)
        if message.get("type") != "invokefunction" or not message.get("invocation_id"):
            continue
        called = offered.get(message["function_id"])
        if called is None:
            ids = {"invocation_id": message["invocation_id"], "function_id": message["function_id"]}
            error = {"code": "function_not_found", "message": "no such function"}
            await socket.send(json.dumps({"type": "invocationresult", **ids, "error": error}))
            continue
        if called.handler is nesting:
            try:
                nesting(message["data"], state)
            except KeyboardInterrupt:
                print("the loop that reads has ended", file=sys.stderr)
                await asyncio.Event().wait()
        task = asyncio.ensure_future(answer(socket, message, called, state))
        running.add(task)
        task.add_done_callback(running.discard)


if __name__ == "__main__":
    asyncio.run(serve(os.environ["III_URL"], functions(sys.argv[1:])))
