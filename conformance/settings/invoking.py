"""Which functions of a worker may be invoked, with which data, and which play a part.

Invoking a function has effects: what the user excludes is never invoked, by any check.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.documents.nodes import closest
from conformance.settings.samples import sample

PREFIX = "conformance::"
ROLES: Mapping[str, str] = {
    "echo": "returns its data",
    "fail": "fails with the `code` and `message` in its data",
    "sleep": "answers after `ms` milliseconds",
    "crash": "fails as a programming mistake does",
    "unserialisable": "returns what JSON cannot express, such as NaN",
    "metadata": 'returns `{"metadata": …}`, what came beside its data',
    "null": "returns null",
    "large": "returns a text of `bytes` characters",
    "register": "registers a function `conformance::extra::ID`, for the `id` in its data",
    "unregister": "takes such a function back",
    "bind": "registers a trigger of the `type` in its data; returns its `id`",
    "unbind": "takes the trigger with the `id` in its data back",
    "bindings": "returns the triggers of its own type as the engine sent them",
    "fire": "calls the target of the trigger with the `id` in its data, with `data`",
    "write": "writes `parts`, each `base64` or `text`, to the `channel` in its data, and closes it",
    "read": "reads the `channel` in its data to its end; returns `base64` and `messages`",
    "observe": "observes the `function_id` in its data with its `target`; returns the `id`",
    "call": "calls the `function_id` in its data and returns what came of it",
}
"""The parts that a function can play, each with its behaviour: ``conformance::NAME``, or another
function that the user declares to behave like it."""


@dataclass(frozen=True, slots=True)
class Function:
    """What the user declares about a function: example data, and the seconds it may take."""

    examples: tuple[Any, ...] = ()
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Invoking:
    """What the user says about invoking functions.

    ``excluded`` are shell-style patterns of function ids; with ``disabled`` no function is invoked;
    ``roles`` maps names of ``ROLES`` to function ids, or to ``None`` if no function plays the part,
    whatever the worker seems to do.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    disabled: bool = False
    roles: Mapping[str, str | None] = field(default_factory=dict)

    def obstacle(self, function_id: str) -> str | None:
        """Why this function must not be invoked, or ``None``."""
        if self.disabled:
            return f"{function_id} is not invoked: --no-invoke"
        for pattern in self.excluded:
            if fnmatch.fnmatchcase(function_id, pattern):
                return f"{function_id} is not invoked: {pattern!r} excludes it"
        return None

    def player(self, role: str) -> str:
        """The id of the function that plays ``role``, if it is registered."""
        return self.roles.get(role, f"{PREFIX}{role}") or ""

    def denies(self, role: str) -> bool:
        """Whether the user says that no function plays ``role``."""
        return self.roles.get(role, "") is None

    def is_ordinary(self, function_id: str) -> bool:
        """Whether it is invoked as any function is: ``echo`` is, other parts have their own way."""
        if function_id == self.player("echo"):
            return True
        return not function_id.startswith(PREFIX) and function_id not in self.roles.values()

    def data(self, function_id: str, request_format: Any, learned: Sequence[Any] = ()) -> Any:
        """What to invoke it with: the user's example, a ``learned`` one, or one of its format."""
        function = self.functions.get(function_id)
        for examples in (function.examples if function else (), learned):
            if examples:
                return examples[0]
        return sample(request_format)

    def strangers(self, registered: Collection[str]) -> list[str]:
        """What the user declares about functions that the worker does not register, a line each."""
        if not registered:
            return []
        mentions = {name: f"`functions` names {name}" for name in self.functions}
        mentions |= {
            name: f"`roles` lets {name} play {role}" for role, name in self.roles.items() if name
        }
        lines = [
            f"{what}, which the worker does not register{closest(name, registered)}"
            for name, what in mentions.items()
            if name not in registered
        ]
        return lines + [
            f"`exclude` has {pattern!r}, which matches no function of the worker"
            for pattern in self.excluded
            if not any(fnmatch.fnmatchcase(name, pattern) for name in registered)
        ]

    def timeout(self, function_id: str) -> float:
        """The seconds that the user grants the function for an answer; 0 when they name none."""
        function = self.functions.get(function_id)
        return function.timeout if function else 0.0
