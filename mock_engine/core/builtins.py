"""The functions that every engine has, by id."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.core import announcement, discovery, trigger_functions
from mock_engine.core.state import Builtin

BUILTINS: Mapping[str, Builtin] = {
    "engine::workers::register": Builtin(
        announcement.announce, "Announce a worker: its name, namespace, runtime and version."
    ),
    "engine::functions::list": Builtin(
        discovery.list_functions,
        "Functions of all workers: their ids, namespaces, workers and descriptions. "
        "Narrow by `search`, `prefix`, `worker` or `workers`.",
    ),
    "engine::functions::info": Builtin(
        discovery.describe_functions,
        "One function by `function_id`, or several by `function_ids`: formats, metadata and "
        "the triggers that are bound to it.",
    ),
    "engine::workers::list": Builtin(
        discovery.list_workers,
        "Connected workers and the parts of the engine. Narrow by `search`, `runtime` or `status`.",
    ),
    "engine::workers::info": Builtin(
        discovery.describe_worker,
        "One worker by `name`: its functions, trigger types and triggers.",
    ),
    "engine::triggers::list": Builtin(
        discovery.list_types,
        "Trigger types and who provides them. Narrow by `search`, `prefix` or `worker`.",
    ),
    "engine::triggers::info": Builtin(
        discovery.describe_type,
        "One trigger type by `id`: its formats and how many triggers it has.",
    ),
    "engine::registered-triggers::list": Builtin(
        discovery.list_bindings,
        "Triggers that have a provider. Narrow by `search`, `trigger_type`, `function_id` or "
        "`worker`.",
    ),
    "engine::registered-triggers::info": Builtin(
        discovery.describe_binding, "One trigger by `id`, with its function and its type."
    ),
    "engine::register_trigger": Builtin(
        trigger_functions.register,
        "Bind a function to a trigger type until it is unregistered; answers with its `id`.",
    ),
    "engine::unregister_trigger": Builtin(
        trigger_functions.unregister,
        "Remove a trigger by `id`, whoever made it; answers whether there was one.",
    ),
}
