"""The functions that every engine has, by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_engine.core import announcing, binding, discovery
from mock_engine.core.actions import Action

if TYPE_CHECKING:
    from mock_engine.core.engine import Core
    from mock_engine.core.invocations import Call
    from mock_engine.core.peers import Peer

Result = tuple[Any, list[Action]]
"""What a function returns, ``None`` for no answer at this time, and what else it leads to."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the engine itself and what discovery tells of it."""

    handler: Callable[[Core, Peer, Call], Result]
    description: str


BUILTINS: Mapping[str, Builtin] = {
    "engine::workers::register": Builtin(announcing.announce, "Tell the engine who a worker is"),
    "engine::functions::list": Builtin(discovery.list_functions, "List functions"),
    "engine::functions::info": Builtin(discovery.describe_functions, "Describe functions"),
    "engine::workers::list": Builtin(discovery.list_workers, "List workers"),
    "engine::workers::info": Builtin(discovery.describe_worker, "Describe a worker"),
    "engine::triggers::list": Builtin(discovery.list_types, "List trigger types"),
    "engine::triggers::info": Builtin(discovery.describe_type, "Describe a trigger type"),
    "engine::registered-triggers::list": Builtin(discovery.list_bindings, "List triggers"),
    "engine::registered-triggers::info": Builtin(discovery.describe_binding, "Describe a trigger"),
    "engine::register_trigger": Builtin(binding.register, "Bind a function to a trigger type"),
    "engine::unregister_trigger": Builtin(binding.unregister, "Remove a trigger"),
}
