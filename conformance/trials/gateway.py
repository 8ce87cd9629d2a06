"""Accepts workers on any path, and keeps from the engine what must not be triggered.

The engine serves workers on ``/`` alone and answers 404 elsewhere. A worker that dials another path
would then show nothing but that; here it is accepted, and a requirement reports the path. Channels
have a path of their own, which takes a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import msgspec

from conformance.trials.holding import HeldCall, Holder
from mock_engine.paths import CHANNELS
from mock_engine.wire import Application, Connection, PassThrough, Response

NOT_FOUND = 404

BLACK_HOLE = "conformance::black-hole"
"""A function whose calls are never answered, as if its owner hung."""

READS = ("state::get", "stream::get", "kv_server::get")
"""The engine's functions that answer without a result if there is no value."""

WRITES = ("state::set", "state::update", "stream::set", "stream::update", "kv_server::set")
"""Functions of the engine that keep something."""

_CONCERNED = re.compile(rb"registertrigger|black-hole|(state|stream|kv_server)::get")
_CALLS = re.compile(rb"registertrigger|invokefunction")


class Tap(Protocol):
    """Exchanges messages with a worker directly, at a speed that no transcript could follow."""

    def knows(self, data: bytes) -> bool:
        """Whether a message belongs to that exchange."""
        ...

    def take(self, data: bytes) -> None:
        """Handle a message that belongs to the exchange."""
        ...


class AnyPath(PassThrough):
    """An application that treats a path unknown to another application as ``/``.

    ``spares`` says whether the engine must not invoke a function id: then triggers on it are not
    passed on. The application behind it may be exchanged while no connection is open. While it is
    ``barren``, every read of a stored value is answered as if there were none. A ``holder`` takes
    calls of the worker before the engine does.
    """

    def __init__(self, application: Application, spares: Callable[[str], bool]) -> None:
        super().__init__(application)
        self._spares = spares
        self.tap: Tap | None = None
        self.barren = False
        self.holder: Holder | None = None

    def upgrade(self, connection: Connection) -> Response | None:
        """Ask the application, and ask again with ``/`` if it does not know the path."""
        refusal = super().upgrade(connection)
        if refusal is None or refusal.status != NOT_FOUND or connection.request is None:
            return refusal
        if connection.request.path.startswith(CHANNELS):
            return refusal
        query = connection.request.query
        connection.request = replace(connection.request, target="/?" + query if query else "/")
        return super().upgrade(connection)

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Pass on all but messages for a tap, triggers on spared functions, and lost calls."""
        if self.tap is not None and self.tap.knows(data):
            self.tap.take(data)
            return
        concerned = _CONCERNED if self.holder is None else _CALLS
        if concerned.search(data) is None or not self._keeps(connection, data, binary):
            super().received(connection, data, binary)

    @property
    def is_holding(self) -> bool:
        """Whether a call was taken that is held now, or was held."""
        return self.holder is not None and bool(self.holder.calls)

    def answer_on(self, connection: Connection) -> None:
        """Send held answers on another connection: whoever made the calls may still wait."""
        for call in self.holder.calls if self.holder is not None else ():
            replace(call, connection=connection).answer(None)

    def release(self) -> None:
        """Stop holding calls, and let the engine answer those that wait."""
        holder, self.holder = self.holder, None
        if holder is not None and holder.answer is None:
            holder.let_go()

    def _keeps(self, connection: Connection, data: bytes, binary: bool) -> bool:
        """Whether a message binds a spared function, or is a call that is answered here."""
        try:
            message = msgspec.json.decode(data)
        except ValueError:
            return False
        if not isinstance(message, dict):
            return False
        function_id = str(message.get("function_id"))
        if message.get("type") == "invokefunction":
            held = HeldCall(message, connection, data, binary, self.application)
            if self.holder is not None and self.holder.take(held):
                return True
            if self.barren and function_id in READS:
                _answer_without_a_result(connection, message)
                return True
            return function_id == BLACK_HOLE
        return message.get("type") == "registertrigger" and self._spares(function_id)


def _answer_without_a_result(connection: Connection, call: dict[str, object]) -> None:
    """Answer as engine 0.23 does if there is no value: the field is left out."""
    names = ("invocation_id", "function_id", "traceparent", "baggage")
    fields = {name: call[name] for name in names if call.get(name) is not None}
    if "invocation_id" in fields:
        connection.send_text(msgspec.json.encode({"type": "invocationresult", **fields}))
