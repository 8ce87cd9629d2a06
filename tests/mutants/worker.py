"""A correct worker in a form that is easy to break: each step is a method of its own.

Every mutant is a subclass that overrides one of them. Unbroken it passes every requirement, which
the tests of the mutants check first.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Json = Any
Handler = Callable[[Json], Awaitable[Json]]


class HandlerError(Exception):
    """A failure with a code of its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Worker:
    """The correct worker."""

    def __init__(self) -> None:
        self.socket: ClientConnection | None = None
        self.stopping = asyncio.Event()
        self.running: set[asyncio.Task[None]] = set()
        self.previous: dict[str, str] | None = None
        self.connects = 0
        self.leaving: asyncio.Future[None] | None = None

    # -- what it offers --------------------------------------------------------------------------

    async def echo(self, data: Json) -> Json:
        return data

    async def fail(self, data: Json) -> Json:
        raise HandlerError(data.get("code", "invocation_failed"), data.get("message", "it failed"))

    async def sleep(self, data: Json) -> Json:
        await asyncio.sleep(data["ms"] / 1000)
        return {"slept_ms": data["ms"]}

    def handlers(self) -> dict[str, Handler]:
        return {
            "conformance::echo": self.echo,
            "conformance::fail": self.fail,
            "conformance::sleep": self.sleep,
            "mutant::hello": self.echo,
        }

    def functions(self) -> list[Json]:
        return [
            {"type": "registerfunction", "id": name, "request_format": {"type": "object"}}
            for name in self.handlers()
        ]

    def trigger_types(self) -> list[Json]:
        return [{"type": "registertriggertype", "id": "mutant-tick", "description": "ticks"}]

    def triggers(self) -> list[Json]:
        return [
            {
                "type": "registertrigger",
                "id": f"5b0d5b2e-0000-4000-8000-00000000000{number}",
                "trigger_type": "http",
                "function_id": "mutant::hello",
                "config": {"api_path": f"/mutant/{number}", "http_method": "POST"},
            }
            for number in (1, 2)
        ]

    def registrations(self) -> list[Json]:
        return [*self.trigger_types(), *self.functions(), *self.triggers()]

    def description(self) -> Json:
        return {
            "runtime": "python",
            "version": "1.0.0",
            "name": f"{platform.node()}:{os.getpid()}",
            "os": sys.platform,
            "pid": os.getpid(),
        }

    def announcement(self) -> Json:
        return {
            "type": "invokefunction",
            "function_id": "engine::workers::register",
            "data": self.description(),
            "action": {"type": "void"},
        }

    # -- connecting ------------------------------------------------------------------------------

    def url(self) -> str:
        return os.environ.get("III_URL", "ws://127.0.0.1:49134")

    async def dial(self) -> ClientConnection:
        return await connect(self.url(), max_size=2**26, ping_interval=None, close_timeout=2)

    def delay(self, attempt: int) -> float:
        """Seconds before try number ``attempt``, counted from 1 after each success."""
        return min(2 ** (attempt - 1), 30)

    def gives_up(self, fault: Exception) -> bool:
        return False

    async def run(self) -> int:
        self.install_signals()
        attempt = 0
        while not self.stopping.is_set():
            try:
                self.socket = await self.dial()
                attempt = 0
                await self.session(self.socket)
            except (OSError, InvalidHandshake, EOFError, ConnectionClosed) as fault:
                if self.gives_up(fault):
                    return await self.after_giving_up()
            if not self.stopping.is_set():
                attempt += 1
                await self.pause(self.delay(attempt))
        if self.leaving is not None:
            await self.leaving
        return self.exit_code()

    async def after_giving_up(self) -> int:
        await self.stopping.wait()
        return self.exit_code()

    async def pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def session(self, socket: ClientConnection) -> None:
        await self.open(socket)
        self.connects += 1
        while True:
            message = await socket.recv()
            await self.receive(socket, message)

    async def open(self, socket: ClientConnection) -> None:
        if self.reattaches():
            await self.send(socket, self.reattachment())
        for registration in self.registrations():
            await self.send(socket, registration)
        await self.announce(socket)

    async def announce(self, socket: ClientConnection) -> None:
        await self.send(socket, self.announcement())

    def reattaches(self) -> bool:
        return self.previous is not None

    def reattachment(self) -> Json:
        previous = self.previous or {}
        return {
            "type": "reattach",
            "previous_worker_id": previous.get("worker_id"),
            "reattach_token": previous.get("reattach_token"),
        }

    # -- messages --------------------------------------------------------------------------------

    async def send(self, socket: ClientConnection, message: Json) -> None:
        await socket.send(json.dumps(message, ensure_ascii=False))

    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        try:
            message = json.loads(raw)
        except ValueError:
            return
        if isinstance(message, dict):
            await self.dispatch(socket, message)

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        kind = message.get("type")
        if kind == "workerregistered":
            self.remember(message)
        elif kind == "invokefunction":
            await self.start(socket, message)

    def remember(self, greeting: Json) -> None:
        self.previous = greeting

    async def start(self, socket: ClientConnection, message: Json) -> None:
        task = asyncio.create_task(self.invoke(socket, message))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        body = await self.outcome(message)
        if message.get("invocation_id"):
            try:
                await self.reply(socket, message, body)
            except ConnectionClosed:
                return

    async def outcome(self, message: Json) -> Json:
        handler = self.handlers().get(message["function_id"])
        if handler is None:
            return self.unknown(message)
        try:
            return {"result": await handler(message.get("data"))}
        except HandlerError as fault:
            return {"error": {"code": fault.code, "message": str(fault)}}
        except Exception as fault:
            return {"error": {"code": "invocation_failed", "message": repr(fault)}}

    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "function_not_found", "message": message["function_id"]}}

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        ids = {"invocation_id": message["invocation_id"], "function_id": message["function_id"]}
        await self.send(socket, {"type": "invocationresult", **ids, **body})

    # -- the end ---------------------------------------------------------------------------------

    def install_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.signalled, number)

    def signalled(self, number: signal.Signals) -> None:
        self.stopping.set()
        self.leaving = asyncio.ensure_future(self.leave())

    async def leave(self) -> None:
        await self.drain()
        await self.goodbye()

    async def drain(self) -> None:
        if self.running:
            await asyncio.wait(self.running, timeout=5)

    async def goodbye(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    def exit_code(self) -> int:
        return 0


def main(worker: type[Worker]) -> None:
    """Run a worker until it ends, and exit with its code."""

    async def start() -> int:
        return await worker().run()

    sys.exit(asyncio.run(start()))
