"""The state of an engine, which every part of the core reads and changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec import Raw

from mock_engine.core.actions import Actions, Result
from mock_engine.core.invocations import Call, Calls, Watched
from mock_engine.core.peers import Peer, PendingSession
from mock_engine.core.registry import Function, Registry
from mock_engine.core.triggers import Triggers
from mock_engine.messages import (
    ErrorBody,
    FromWorker,
    HttpInvocation,
    InvocationResult,
    InvokeFunction,
    ProtocolMessage,
)
from mock_engine.versions import Release

Continuation = Callable[[Raw, ErrorBody | None], Actions]
"""Handles the answer of a function that the core itself called."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """The module that calls functions behind URLs, and a predicate for those that it may call."""

    peer: int
    allows: Callable[[HttpInvocation], bool]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function of the engine, and its description for discovery."""

    handler: Callable[[State, Peer, Call], Result]
    description: str


class FunctionWatcher(Protocol):
    """Watches which functions exist (0.25)."""

    def registered(self, peer: Peer, function: Function) -> Actions:
        """A function is registered."""

    def settle(self) -> Actions:
        """Functions came or went."""


class CallWatcher(Protocol):
    """Watches the calls of observed functions (0.25)."""

    def begin(self, function: Function, request: InvokeFunction, caller: Raw) -> Watched | None:
        """A call is sent to the owner of its function."""

    def finish(self, watched: Watched, result: InvocationResult) -> Actions:
        """A call is answered."""

    def delivery(self, peer: Peer, request: InvokeFunction) -> InvokeFunction:
        """The call in which an owner delivers an event to an observer, as its target gets it."""


class State(ABC):
    """The peers, functions, calls and triggers of an engine, and the few upcalls of its parts.

    ``new_id`` returns a new id, so that nothing here is random. ``outbound`` calls functions behind
    URLs; without it such functions are not supported. ``features`` are the features of protocol
    0.25 that the engine advertises, and ``engine_version`` is its release.

    ``pending_triggers`` are calls that wait for a provider to object, by trigger id.
    """

    observers: FunctionWatcher
    observed: CallWatcher
    builtins: Mapping[str, Builtin]

    def __init__(
        self, new_id: Callable[[], str], features: Iterable[str], release: Release
    ) -> None:
        self.new_id = new_id
        self.engine_version = release
        self.features = tuple(features)
        self.peers: dict[int, Peer] = {}
        self.functions = Registry()
        self.calls = Calls()
        self.triggers = Triggers()
        self.outbound: Outbound | None = None
        self.pending_triggers: dict[str, Call] = {}
        self.pending_sessions: dict[int, PendingSession] = {}
        self.continuations: dict[str, Continuation] = {}
        self.seen_functions: set[tuple[str, str]] = set()

    @abstractmethod
    def admit(self, peer: Peer) -> Actions:
        """Start a session."""

    @abstractmethod
    def received(self, number: int, message: FromWorker) -> Actions:
        """A worker sent a message."""

    @abstractmethod
    def release(self, peer: Peer) -> Actions:
        """Process the registrations that a peer sent before it announced itself."""

    @abstractmethod
    def register(self, peer: Peer, message: ProtocolMessage) -> Actions:
        """Process a registration that is allowed."""
