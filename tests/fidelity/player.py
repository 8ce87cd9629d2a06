"""Plays a probe against an engine and compares what it says with the recording."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from mock_engine.wire import Listener
from tests.fidelity.client import Client
from tests.fidelity.http import Server, fetch
from tests.fidelity.pattern import DRAWN, ISO, Names, fit, fit_in_any_order

SILENT = ("reply", "ack", "unreply", "capture", "serve")
"""Steps after which nothing is waited for."""

QUIET = 0.06
"""Seconds without a frame after which a step is over."""

PATIENCE = 8.0
"""Seconds in which what was recorded for a step has to come."""

NAME = re.compile(r"<([a-z][A-Za-z0-9_.]*)>")
SHORTEST = 4
"""Characters of a value from which a recording tells its name instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine is: URLs by ``ws``, ``rbac``, ``http`` and ``stream``, and its process."""

    urls: dict[str, str]
    pid: int


@dataclass(slots=True)
class Step:
    """What came in one step."""

    handshake: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, list[Any]] = field(default_factory=dict)
    http: list[Any] = field(default_factory=list)
    served: dict[str, list[Any]] = field(default_factory=dict)

    def count(self) -> int:
        """How many things came."""
        parts = (self.frames, self.served)
        return len(self.http) + sum(len(v) for part in parts for v in part.values())


async def play(probe: dict[str, Any], golden: dict[str, Any], place: Place) -> str | None:
    """Play a probe; return what differs from its recording, or ``None``."""
    player = _Player(probe, golden, place)
    try:
        return await player.run()
    finally:
        await player.end()


class _Player:
    def __init__(self, probe: dict[str, Any], golden: dict[str, Any], place: Place) -> None:
        self._probe, self._place = probe, place
        self._recorded = {entry["step"]: entry for entry in golden["steps"]}
        self._gathered = [*probe.get("gather", []), *probe.get("dedupe", [])]
        self._all: dict[str, list[Any]] = {}
        self._names: dict[str, str] = {"run": uuid.uuid4().hex[:10]}
        for kind, url in place.urls.items():
            self._names[f"{kind}_port"] = url.rpartition(":")[2]
        self._drawn: Names = {}
        self._clients: dict[str, Client] = {}
        self._step = Step()
        self._news = asyncio.Event()
        self._http = httpx.AsyncClient(trust_env=False, timeout=40)
        self._waiting: dict[str, asyncio.Task[Any]] = {}
        self._servers: list[Listener] = []

    async def run(self) -> str | None:
        for number, raw in enumerate(self._probe["steps"], 1):
            self._step = Step()
            step = self._filled(raw)
            kind = next(k for k in step if k not in ("quiet", "unordered"))
            await getattr(self, f"_do_{kind}")(step[kind], number)
            if kind not in SILENT:
                await self._settle(number, step.get("quiet"))
            complaint = self._compare(number)
            if complaint:
                told = json.dumps(step, default=str)[:300]
                return f"step {number}, {told}\n{complaint}"
        last = len(self._probe["steps"]) + 1
        if self._gathered and last in self._recorded:
            self._step = Step(frames=self._all)
            self._gathered = []
            return self._compare(last)
        return None

    async def end(self) -> None:
        for client in self._clients.values():
            await client.end()
        for task in self._waiting.values():
            task.cancel()
        for server in self._servers:
            await server.stop()
        await self._http.aclose()

    # -- names -----------------------------------------------------------------------------------

    def _filled(self, value: Any) -> Any:
        """A part of the script with its names replaced by what they stand for."""
        if isinstance(value, str):
            return NAME.sub(lambda match: self._value(match[1]), value)
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            if "$repeat" in value:
                return str(value["$repeat"]["text"]) * int(value["$repeat"]["count"])
            return {self._filled(k): self._filled(v) for k, v in value.items()}
        return value

    def _value(self, name: str) -> str:
        return self._names.setdefault(name, str(uuid.uuid4()))

    # -- what comes in ---------------------------------------------------------------------------

    def _note(self, connection: str, frame: Any) -> None:
        if isinstance(frame, dict) and frame.get("type") == "workerregistered":
            self._names[f"{connection}.worker_id"] = frame["worker_id"]
            self._names[f"{connection}.token"] = frame["reattach_token"]
        target = self._all if connection in self._gathered else self._step.frames
        target.setdefault(connection, []).append(frame)
        self._news.set()

    async def _settle(self, number: int, quiet: int | None) -> None:
        """Wait for what was recorded, for answers under way, and then until nothing comes.

        A step with a ``quiet`` time of its own, in milliseconds, waits for no answers, nor does
        any later step wait for those.
        """
        recorded = self._recorded.get(number, {})
        wanted = Step(
            frames=recorded.get("frames", {}),
            http=recorded.get("http", []),
            served=recorded.get("served", {}),
        ).count()
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while True:
            self._news.clear()
            lacking = self._step.count() < wanted and loop.time() < end
            pause = QUIET if quiet is None else quiet / 1000
            try:
                await asyncio.wait_for(self._news.wait(), 0.5 if lacking else pause)
            except TimeoutError:
                due = [task for c in self._clients.values() for task in c.answering]
                if not lacking and (quiet is not None or not due):
                    break
        for client in self._clients.values():
            client.answering.clear()

    # -- comparing -------------------------------------------------------------------------------

    def _compare(self, number: int) -> str | None:
        recorded = self._recorded.get(number, {})
        self._drawn |= {f"<{name}>": value for name, value in self._names.items()}
        for part in ("handshake", "http", "served"):
            empty: Any = [] if part == "http" else {}
            complaint = fit(recorded.get(part, empty), getattr(self._step, part), self._drawn, part)
            if complaint:
                return complaint
        told: dict[str, Any] = recorded.get("frames", {})
        seen = {name: [self._normal(f) for f in found] for name, found in self._step.frames.items()}
        for name in self._probe.get("dedupe", []):
            if name in seen:
                seen[name] = self._once(seen[name])
        if set(told) != set(seen):
            return fit(told, seen, dict(self._drawn), "frames") or "frames differ"
        for name, frames in told.items():
            compare = fit_in_any_order if name in recorded.get("any_order", []) else fit
            complaint = compare(frames, seen[name], self._drawn, f"frames.{name}")
            if complaint:
                return complaint
        return None

    def _normal(self, frame: Any) -> Any:
        rules = self._probe.get("normalise", {})
        frame = json.loads(json.dumps(frame))
        for keep in rules.get("keep_items", []):
            text = self._filled(keep["contains"])
            _at(frame, keep["path"], partial(_kept, text=text))
        for path in rules.get("mask", []):
            _at(frame, path, lambda _: "$masked")
        for path in rules.get("sort_items", []):
            _at(frame, path, self._sorted)
        for path in rules.get("drop", []):
            _at(frame, path, None)
        return frame

    def _once(self, frames: list[Any]) -> list[Any]:
        """The frames without those that say the same as an earlier one."""
        found: dict[str, Any] = {}
        for frame in frames:
            called = frame.get("type") == "invokefunction"
            drawn = ("invocation_id", "traceparent") if called else ()
            told = {key: value for key, value in frame.items() if key not in drawn}
            found.setdefault(self._told(told), frame)
        return list(found.values())

    def _sorted(self, items: Any) -> Any:
        return sorted(items, key=self._told) if isinstance(items, list) else items

    def _told(self, item: Any) -> str:
        """An item as a recording tells it, but for the numbers of what the engine drew."""
        text = json.dumps(item, ensure_ascii=False, sort_keys=True)
        for name, value in sorted(self._names.items(), key=lambda entry: -len(entry[1])):
            text = text.replace(value, f"<{name}>") if len(value) >= SHORTEST else text
        return re.sub(ISO, "$iso", re.sub(DRAWN["$id"], "$id", text))

    # -- steps -----------------------------------------------------------------------------------

    async def _do_open(self, given: Any, number: int) -> None:
        del number
        given = {"conn": given} if isinstance(given, str) else given
        client = Client(given["conn"], self._note)
        self._clients[given["conn"]] = client
        client.peers = self._clients
        url = self._place.urls[given.get("base", "ws")] + given.get("path", "/")
        headers = {k: str(v) for k, v in given.get("headers", {}).items()}
        self._step.handshake[given["conn"]] = await client.open(url, headers)

    async def _do_announce(self, given: Any, number: int) -> None:
        del number
        given = {"conn": given} if isinstance(given, str) else dict(given)
        name = given.pop("conn")
        invocation_id = self._value(given.pop("id", f"announce_{name}"))
        data = {"name": f"fid-{name}", "runtime": "python", "version": "0.0.1", "os": "linux"}
        omitted = given.pop("omit", [])
        data = {k: v for k, v in (data | {"pid": 4242} | given).items() if k not in omitted}
        await self._invoke(name, "engine::workers::register", data, invocation_id)

    async def _do_call(self, given: dict[str, Any], number: int) -> None:
        given = dict(given)
        invocation_id = self._value(given.pop("id", f"call{number}"))
        name, function_id, data = given.pop("conn"), given.pop("fn"), given.pop("data")
        await self._invoke(name, function_id, data, invocation_id, **given)

    async def _invoke(
        self, name: str, function_id: str, data: Any, invocation_id: str, **more: Any
    ) -> None:
        frame = {
            "type": "invokefunction",
            "invocation_id": invocation_id,
            "function_id": function_id,
            "data": data,
        }
        await self._clients[name].send(json.dumps(frame | more))

    async def _do_send(self, given: dict[str, Any], number: int) -> None:
        del number
        client, text = self._clients[given["conn"]], json.dumps(given["frame"])
        if "fragment" in given:
            await client.send_fragments(text, given["fragment"])
        else:
            await client.send(text)

    async def _do_send_many(self, given: dict[str, Any], number: int) -> None:
        del number
        for frame in given["frames"]:
            await self._clients[given["conn"]].send(json.dumps(frame))

    async def _do_send_text(self, given: dict[str, Any], number: int) -> None:
        del number
        client = self._clients[given["conn"]]
        if "hex" in given:
            await client.send_invalid(bytes.fromhex(given["hex"]))
        else:
            await client.send(given["text"])

    async def _do_send_binary(self, given: dict[str, Any], number: int) -> None:
        del number
        text = json.dumps(given["json"]) if "json" in given else given.get("text")
        data = bytes.fromhex(given["hex"]) if text is None else text.encode()
        await self._clients[given["conn"]].send(data)

    async def _do_ws_ping(self, given: dict[str, Any], number: int) -> None:
        del number
        await self._clients[given["conn"]].ping(given["data"])

    async def _do_reply(self, given: dict[str, Any], number: int) -> None:
        del number
        self._clients[given["conn"]].rules.append(given)

    async def _do_ack(self, given: dict[str, Any], number: int) -> None:
        del number
        self._clients[given["conn"]].acks.append(given)

    async def _do_settle(self, milliseconds: int, number: int) -> None:
        del number
        await asyncio.sleep(milliseconds / 1000)

    async def _do_close(self, name: str, number: int) -> None:
        del number
        await self._clients[name].close()

    async def _do_drop(self, name: str, number: int) -> None:
        del number
        self._clients[name].drop()

    async def _do_signal(self, name: str, number: int) -> None:
        del number
        os.kill(self._place.pid, signal.Signals[f"SIG{name}"])

    async def _do_capture(self, given: dict[str, Any], number: int) -> None:
        del number
        frames = [
            frame
            for frame in self._clients[given["conn"]].frames
            if all(frame.get(key) == value for key, value in given["where"].items())
        ]
        value: Any = frames[-1]
        for part in given["path"].split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        self._names[given["as"]] = value

    async def _do_http(self, given: dict[str, Any], number: int) -> None:
        del number
        task = asyncio.ensure_future(fetch(self._http, self._place.urls, given))
        if "background" in given:
            self._waiting[given["background"]] = task
        else:
            self._step.http.append(await task)

    async def _do_http_wait(self, name: str, number: int) -> None:
        del number
        self._step.http.append(await self._waiting.pop(name))

    async def _do_serve(self, given: dict[str, Any], number: int) -> None:
        del number
        server = await Listener.start(Server(given, self._serve), "127.0.0.1", 0)
        self._servers.append(server)
        self._names[f"{given['id']}_port"] = str(server.port)

    def _serve(self, name: str, request: Any) -> None:
        self._step.served.setdefault(name, []).append(request)
        self._news.set()


def _kept(items: list[Any], text: str) -> list[Any]:
    return [item for item in items if text in json.dumps(item, ensure_ascii=False)]


def _at(value: Any, path: str, change: Callable[[Any], Any] | None) -> None:
    """Change what stands at a dotted path, ``*`` being every item; drop it for ``None``."""
    head, _, rest = path.partition(".")
    keys: list[Any] = []
    if isinstance(value, list):
        keys = list(range(len(value))) if head == "*" else []
    elif isinstance(value, dict):
        keys = list(value) if head == "*" else [head] if head in value else []
    for key in keys:
        if rest:
            _at(value[key], rest, change)
        elif change is None:
            del value[key]
        else:
            value[key] = change(value[key])
