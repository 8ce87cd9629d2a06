"""What a guarded session may do: the policy of its port and the answer of its auth function.

Source: recordings of a listener of engine 0.23 with an ``rbac`` section.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from mock_engine.core.constants import DEFAULT
from mock_engine.inputs import (
    Complaint,
    Form,
    complain,
    defaulted,
    is_anything,
    is_flag,
    is_map,
    is_texts,
    optional,
)
from mock_engine.messages import is_given

INFRASTRUCTURE = re.compile(
    r"engine::(workers::register|channels::create|log::(info|warn|error|debug|trace)"
    r"|baggage::(get|set|get_all))"
)
"""Functions that every SDK needs: always allowed, unless forbidden by name."""

MATCH = re.compile(r"""match\((["'])(.*)\1\)""", re.DOTALL)


def is_texts_by_name(value: Any) -> str | None:
    """Whether a value is an object whose values are arrays of strings."""
    entries = value.values() if isinstance(value, dict) else ()
    wrong = ((entry, expected) for entry in entries if (expected := is_texts(entry)))
    found = next((Complaint(complain(entry, expected)) for entry, expected in wrong), None)
    return is_map(value) or found


ANSWER = Form(
    "AuthResult",
    (
        defaulted("namespaces", is_texts_by_name),
        defaulted("allowed_functions", is_texts),
        defaulted("forbidden_functions", is_texts),
        optional("allowed_trigger_types", is_texts),
        defaulted("allow_trigger_type_registration", is_flag),
        defaulted("allow_function_registration", is_flag),
        defaulted("context", is_anything),
        optional("function_registration_prefix"),
    ),
    needed=0,
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """One entry of ``expose_functions``: ids by a pattern with ``*``, or functions by metadata.

    It applies to one namespace. A value of ``metadata`` may be a pattern, too.
    """

    pattern: str | None = None
    metadata: Mapping[str, Any] | None = None
    namespace: str = DEFAULT

    @classmethod
    def of(cls, entry: Any) -> Exposure:
        """Read an entry: ``match("pattern")``, or a mapping with ``match`` or ``metadata``.

        Raises:
            ValueError: the entry is neither.
        """
        if isinstance(entry, dict):
            return cls._of_mapping(entry)
        found = unwrapped(entry)
        if found is None:
            text = 'expected `match("pattern")`, or `metadata:` with the values to look for'
            raise ValueError(text)
        return cls(pattern=found)

    @classmethod
    def _of_mapping(cls, entry: dict[Any, Any]) -> Exposure:
        unknown = [key for key in entry if key not in ("match", "metadata", "namespace")]
        if unknown:
            raise ValueError(f"unknown key `{unknown[0]}`; known: match, metadata, namespace")
        pattern, metadata = entry.get("match"), entry.get("metadata")
        namespace = str(entry.get("namespace", DEFAULT))
        if isinstance(pattern, str) and metadata is None:
            return cls(pattern=pattern, namespace=namespace)
        if isinstance(metadata, dict) and metadata and pattern is None:
            return cls(metadata=metadata, namespace=namespace)
        raise ValueError("expected either `match:` with a pattern, or `metadata:` with values")

    def shows(self, function_id: str, namespace: str, metadata: Raw) -> bool:
        """Whether the entry exposes a function."""
        if namespace != self.namespace:
            return False
        if self.pattern is not None:
            return matches(self.pattern, function_id)
        values = msgspec.json.decode(metadata) if is_given(metadata) else None
        wanted = self.metadata or {}
        return isinstance(values, dict) and all(
            name in values and _is_wanted(values[name], value) for name, value in wanted.items()
        )


def unwrapped(entry: Any) -> str | None:
    """The pattern in ``match("pattern")``; ``None`` for anything else."""
    found = MATCH.fullmatch(entry.strip()) if isinstance(entry, str) else None
    return None if found is None else found[2]


def _is_wanted(value: Any, wanted: Any) -> bool:
    pattern = unwrapped(wanted)
    if pattern is not None:
        return isinstance(value, str) and matches(pattern, value)
    return type(value) is type(wanted) and bool(value == wanted)


def matches(pattern: str, function_id: str) -> bool:
    """Whether an id matches a pattern, in which ``*`` stands for any text."""
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, function_id, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """The ``rbac`` section of a port and its middleware; hooks are given as function ids."""

    auth: str | None = None
    middleware: str | None = None
    on_function: str | None = None
    on_trigger: str | None = None
    on_type: str | None = None
    exposed: tuple[Exposure, ...] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Policy | None:
        """The policy in a listener's options; ``None`` when the listener is not guarded.

        Raises:
            ValueError: an entry of ``expose_functions`` cannot be read.
        """
        rbac = options.get("rbac")
        if rbac is None:
            return None
        hook = "on_{}_registration_function_id"
        return cls(
            rbac.get("auth_function_id"),
            options.get("middleware_function_id"),
            rbac.get(hook.format("function")),
            rbac.get(hook.format("trigger")),
            rbac.get(hook.format("trigger_type")),
            tuple(Exposure.of(entry) for entry in rbac.get("expose_functions") or ()),
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What one session may do. ``namespaces`` are patterns of function ids by namespace."""

    policy: Policy
    namespaces: Mapping[str, tuple[str, ...]] | None = None
    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    trigger_types: frozenset[str] | None = None
    adds_types: bool = False
    adds_functions: bool = True
    context: Any = None
    prefix: str | None = None

    @classmethod
    def of(cls, policy: Policy, answer: Any) -> Grant:
        """The grant in the answer of an auth function.

        Raises:
            ValueError: the answer is malformed; the text goes to the session.
        """
        complaint, found = ANSWER.examine(answer)
        if complaint is not None:
            raise ValueError(complaint)
        context = found["context"] if "context" in _given(answer) else {}
        types, spaces = found["allowed_trigger_types"], found["namespaces"]
        switch = found["allow_function_registration"]
        return cls(
            policy,
            {name: tuple(ids) for name, ids in spaces.items()} if spaces else None,
            frozenset(found["allowed_functions"] or ()),
            frozenset(found["forbidden_functions"] or ()),
            None if types is None else frozenset(types),
            bool(found["allow_trigger_type_registration"]),
            switch is None or switch,
            context,
            found["function_registration_prefix"],
        )

    def may_call(self, function_id: str, namespace: str, metadata: Raw) -> bool:
        """Whether the session may see and call a function with this metadata."""
        if function_id in self.forbidden:
            return False
        if INFRASTRUCTURE.fullmatch(function_id):
            return True
        patterns = (self.namespaces or {}).get(namespace, ())
        if any(matches(unwrapped(pattern) or pattern, function_id) for pattern in patterns):
            return True
        if namespace == DEFAULT and function_id in self.allowed:
            return True
        return any(entry.shows(function_id, namespace, metadata) for entry in self.policy.exposed)

    def refusal(self, function_id: str) -> str:
        """The error text for a session that may not call a function."""
        explicitly = function_id in self.forbidden
        remedy = (
            "remove from rbac.forbidden_functions"
            if explicitly
            else ("add to rbac.expose_functions")
        )
        return f"function '{function_id}' not allowed ({remedy})"

    def home_refusal(self, namespace: str) -> str | None:
        """Why a session may not announce itself in a namespace; ``None`` if it may."""
        if self.namespaces is None or namespace in self.namespaces:
            return None
        permitted = ", ".join(sorted(self.namespaces))
        return f"namespace '{namespace}' not allowed for this session (permitted: {permitted})"

    def stored(self, function_id: str) -> str:
        """The id under which the engine stores a function that the session calls by this id."""
        return f"{self.prefix}::{function_id}" if self.prefix else function_id

    def bare(self, function_id: str) -> str:
        """The id by which the session calls a function that the engine stores under this id."""
        return function_id.removeprefix(f"{self.prefix}::") if self.prefix else function_id


def _given(answer: Any) -> Collection[str]:
    """The names of the fields that an answer contains, including null fields."""
    if isinstance(answer, dict):
        return answer.keys()
    return [field.name for field in ANSWER.fields[: len(answer)]]
