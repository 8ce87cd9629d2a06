"""A correct worker in a form that is easy to break: each step is a separate method.

Every mutant is a subclass that overrides one of them. Unchanged it passes every requirement, which
the tests of the mutants check first.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import signal
import sys
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.mutants.handlers import Handler, HandlerError, Handlers, Json, current

Result = TypeVar("Result")

__all__ = ["Handler", "HandlerError", "Json", "Worker", "main"]


class Worker(Handlers):
    """The correct worker. ``largest`` is the largest message in bytes that it sends."""

    largest = 2**26
    open_timeout: float | None = 10.0
    pings_every: float | None = 20.0

    def __init__(self) -> None:
        super().__init__()
        self.stopping = asyncio.Event()
        self.running: set[asyncio.Task[None]] = set()
        self.previous: dict[str, str] | None = None
        self.connects = 0
        self.unwanted = False
        self.leaving: asyncio.Future[None] | None = None

    # -- registrations ---------------------------------------------------------------------------

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
        own = [*self.trigger_types(), *self.functions(), *self.triggers()]
        return [*own, *self.extra.values(), *self.extra_triggers.values()]

    def description(self) -> Json:
        described = {
            "runtime": "python",
            "version": "1.0.0",
            "name": self.name(),
            "os": sys.platform,
            "pid": os.getpid(),
        }
        namespace = self.namespace()
        return described | ({"namespace": namespace} if namespace else {})

    def name(self) -> str:
        return os.environ.get("III_WORKER_NAME", "").strip() or f"{platform.node()}:{os.getpid()}"

    def announcement(self) -> Json:
        return {
            "type": "invokefunction",
            "function_id": "engine::workers::register",
            "data": self.description(),
            "action": {"type": "void"},
        }

    # -- connecting ------------------------------------------------------------------------------

    async def dial(self) -> ClientConnection:
        return await connect(
            self.url(),
            max_size=self.most(),
            ping_interval=self.pings_every,
            ping_timeout=40,
            open_timeout=self.open_timeout,
            close_timeout=2,
            additional_headers=self.headers(),
        )

    def most(self) -> int:
        """The largest message in bytes that it accepts."""
        return 2**26

    def delay(self, attempt: int) -> float:
        """The delay before an ``attempt`` in seconds; attempts count from 1 after each success."""
        return min(2.0 ** (attempt - 1), 30.0)

    def gives_up(self, fault: Exception) -> bool:
        return False

    async def run(self) -> int:
        self.install_signals()
        attempt = 0
        while not self.stopping.is_set():
            try:
                self.socket = await self.unless_stopped(self.dial())
                attempt = 0
                await self.session(self.socket)
            except (OSError, InvalidHandshake, EOFError, TimeoutError, ConnectionClosed) as fault:
                if self.unwanted or self.gives_up(fault):
                    return await self.after_giving_up()
            if not self.stopping.is_set():
                attempt += 1
                await self.pause(self.delay(attempt))
        if self.leaving is not None:
            await self.leaving
        return self.exit_code()

    async def unless_stopped(self, dialling: Coroutine[Any, Any, Result]) -> Result:
        """Wait for a connection to be made, or for the stop signal."""
        task = asyncio.ensure_future(dialling)
        stopped = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise OSError("told to stop")
            return await task
        finally:
            task.cancel()
            stopped.cancel()

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
        self.connected = True  # calls from here on need not be kept
        try:
            await self.send_kept(socket)
            while True:
                message = await socket.recv()
                await self.receive(socket, message)
        finally:
            self.connected = False

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

    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        try:
            message = json.loads(raw)
        except ValueError:
            return
        if isinstance(message, dict):
            try:
                await self.dispatch(socket, message)
            except (KeyError, TypeError, AttributeError) as fault:
                print(f"dropped {shortened(raw)}: {fault!r}", file=sys.stderr)

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        kind = message.get("type")
        if kind == "workerregistered":
            self.remember(message)
        elif kind == "invokefunction":
            await self.start(socket, message)
        elif kind == "invocationresult":
            self.hear(message)
        elif kind == "registertrigger":
            await self.bind(socket, message)
        elif kind == "unregistertrigger":
            await self.unbind(message)
        elif kind == "registrationrejected":
            self.rejected(message)
        elif kind == "triggerregistrationresult":
            self.refused(message)
        elif kind == "ping":
            await self.send(socket, {"type": "pong"})

    def hear(self, message: Json) -> None:
        waiting = self.waiting.get(message["invocation_id"])
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def bind(self, socket: ClientConnection, message: Json) -> None:
        names = ("id", "trigger_type", "function_id")
        answer = {"type": "triggerregistrationresult", **{name: message[name] for name in names}}
        if message["trigger_type"] != "mutant-tick":
            answer["error"] = {"code": "trigger_type_not_found", "message": "unknown"}
        else:
            self.bindings[message["id"]] = message
        await self.send(socket, answer)

    async def unbind(self, message: Json) -> None:
        self.bindings.pop(message["id"], None)

    def rejected(self, message: Json) -> None:
        self.log(f"rejected: {message['code']}")
        if message.get("function_id") is None:
            self.unwanted = True

    def refused(self, message: Json) -> None:
        if message.get("error"):
            self.log(f"a trigger was refused: {message['error']}")

    def log(self, text: str) -> None:
        with contextlib.suppress(OSError):
            print(text, flush=True)

    def remember(self, greeting: Json) -> None:
        self.previous = greeting

    async def start(self, socket: ClientConnection, message: Json) -> None:
        task = asyncio.create_task(self.invoke(socket, message))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        current.set(message)
        body = await self.outcome(message)
        if message.get("invocation_id"):
            try:
                await self.reply(socket, message, body)
            except ConnectionClosed:
                return

    async def outcome(self, message: Json) -> Json:
        name = message["function_id"]
        handler = self.echo if name in self.extra else self.handlers().get(name)
        if handler is None:
            return self.unknown(message)
        try:
            return {"result": await handler(message.get("data"))}
        except HandlerError as fault:
            return {"error": {"code": fault.code, "message": str(fault)}}
        except Exception as fault:
            error = {"code": "invocation_failed", "message": repr(fault), **self.trace_of(fault)}
            return {"error": error}

    def trace_of(self, fault: Exception) -> Json:
        return {"stacktrace": "".join(traceback.format_exception(fault))}

    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "function_not_found", "message": message["function_id"]}}

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        ids = {"invocation_id": message["invocation_id"], "function_id": message["function_id"]}
        empty = {"type": "invocationresult", **ids, **self.trace(message)}
        result = {**empty, **body}
        try:
            if len(json.dumps(result, allow_nan=False)) > self.largest:
                error = {"code": "payload_too_large", "message": f"more than {self.largest} bytes"}
                result = {**empty, "error": error}
        except ValueError as fault:
            result = self.unsendable(empty, str(fault))
        await self.send(socket, result)

    def unsendable(self, result: Json, why: str) -> Json:
        return {**result, "error": {"code": "invocation_failed", "message": why}}

    # -- stopping --------------------------------------------------------------------------------

    def install_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.signalled, number)

    def signalled(self, number: signal.Signals) -> None:
        self.stopping.set()
        self.leaving = asyncio.ensure_future(self.leave())

    async def leave(self) -> None:
        self.fail_pending()
        await self.drain()
        await self.goodbye()

    def fail_pending(self) -> None:
        """Fail the pending calls."""
        for waiting in self.waiting.values():
            if not waiting.done():
                error = {"code": "SHUTDOWN", "message": "the worker is shutting down"}
                waiting.set_result({"error": error})

    async def drain(self) -> None:
        if self.running:
            await asyncio.wait(self.running, timeout=5)

    async def goodbye(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    def exit_code(self) -> int:
        return 0


def shortened(raw: str | bytes) -> str:
    """The beginning of a message, for the log."""
    return repr(raw[:80])


def main(worker: type[Worker]) -> None:
    """Run a worker until it ends, and exit with its code."""

    async def start() -> int:
        return await worker().run()

    sys.exit(asyncio.run(start()))
