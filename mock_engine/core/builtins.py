"""The functions that every engine has, by id."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.core import announcement, discovery, trigger_functions
from mock_engine.core.state import Builtin

BUILTINS: Mapping[str, Builtin] = {
    "engine::workers::register": Builtin(announcement.announce, "Announce a worker"),
    "engine::functions::list": Builtin(discovery.list_functions, "List functions"),
    "engine::functions::info": Builtin(discovery.describe_functions, "Describe functions"),
    "engine::workers::list": Builtin(discovery.list_workers, "List workers"),
    "engine::workers::info": Builtin(discovery.describe_worker, "Describe a worker"),
    "engine::triggers::list": Builtin(discovery.list_types, "List trigger types"),
    "engine::triggers::info": Builtin(discovery.describe_type, "Describe a trigger type"),
    "engine::registered-triggers::list": Builtin(discovery.list_bindings, "List triggers"),
    "engine::registered-triggers::info": Builtin(discovery.describe_binding, "Describe a trigger"),
    "engine::register_trigger": Builtin(
        trigger_functions.register, "Bind a function to a trigger type"
    ),
    "engine::unregister_trigger": Builtin(trigger_functions.unregister, "Remove a trigger"),
}
