"""Discovery: the engine lists and describes functions, workers, trigger types and triggers.

Only triggers with a provider are listed; parked ones are not (engine 0.23).
"""

from __future__ import annotations

from mock_engine.core.actions import Result
from mock_engine.core.constants import DEFAULT
from mock_engine.core.descriptions import (
    Description,
    binding_summary,
    bindings,
    function_details,
    function_summary,
    is_internal,
    present,
    target,
    type_details,
    type_summary,
    types,
    worker_summary,
)
from mock_engine.core.invocations import Call
from mock_engine.core.peers import Peer
from mock_engine.core.registry import Function
from mock_engine.core.state import State
from mock_engine.failures import Failure
from mock_engine.inputs import Field, Form, is_flag, is_texts, optional

MOST_FUNCTIONS = 32
"""The most functions that one call may ask about."""

INTERNAL = optional("include_internal", is_flag)
FUNCTIONS = Form(
    "FunctionsListInput",
    (
        optional("search"),
        optional("prefix"),
        optional("worker"),
        optional("workers", is_texts),
        INTERNAL,
    ),
    needed=0,
)
FUNCTION = Form(
    "FunctionInfoInput",
    (optional("function_id"), optional("function_ids", is_texts), optional("namespace")),
    needed=0,
)
WORKERS = Form(
    "WorkersListInput",
    (optional("search"), optional("runtime"), optional("status")),
    needed=0,
)
WORKER = Form("WorkerInfoInput", (Field("name"), optional("namespace")), needed=1)
TYPES = Form(
    "TriggersListInput",
    (optional("search"), optional("prefix"), optional("worker"), INTERNAL),
    needed=0,
)
TYPE = Form("TriggerInfoInput", (Field("id"), optional("namespace")), needed=1)
BINDINGS = Form(
    "RegisteredTriggersListInput",
    (
        optional("search"),
        optional("trigger_type"),
        optional("function_id"),
        optional("worker"),
        INTERNAL,
    ),
    needed=0,
)
BINDING = Form("RegisteredTriggerInfoInput", (Field("id"),))


def list_functions(state: State, peer: Peer, call: Call) -> Result:
    """``engine::functions::list``: those that the asking session may call."""
    wanted = FUNCTIONS.read(call.request.data, call.request.function_id)
    rows = [
        function_summary(state, function)
        for function in state.functions
        if (wanted["include_internal"] or not is_internal(function)) and _shown(peer, function)
    ]
    workers = {wanted.pop("worker"), *(wanted.pop("workers") or ())} - {None}
    if workers:
        rows = [row for row in rows if row["worker_name"] in workers]
    found = _chosen(rows, wanted, "function_id", "description")
    if wanted["search"]:
        found.sort(key=lambda row: _distance(wanted["search"].lower(), row["function_id"].lower()))
    return {"functions": found}, []


def describe_functions(state: State, peer: Peer, call: Call) -> Result:
    """``engine::functions::info``: one function by ``function_id``, or several."""
    wanted = FUNCTION.read(call.request.data, call.request.function_id)
    one, several, namespace = wanted["function_id"], wanted["function_ids"], wanted["namespace"]
    if one is not None and several is not None:
        text = "pass either `function_id` or `function_ids`, not both"
        raise Failure("INVALID_ARGUMENTS", text)
    if one is None and several is None:
        text = "missing field `function_id` (or `function_ids` for a batch)"
        raise Failure("INVALID_ARGUMENTS", text)
    if several is None:
        return function_details(state, _resolve(state, peer, one, namespace)), []
    distinct = list(dict.fromkeys(several))
    if not distinct:
        text = "`function_ids` must be a non-empty array of function ids"
        raise Failure("INVALID_ARGUMENTS", text)
    if len(distinct) > MOST_FUNCTIONS:
        raise Failure("INVALID_ARGUMENTS", f"too many function_ids (max {MOST_FUNCTIONS})")
    rows: list[Description] = []
    for function_id in distinct:
        try:
            rows.append(function_details(state, _resolve(state, peer, function_id, namespace)))
        except Failure as fault:
            rows.append({"function_id": function_id, "error": fault.code.lower()})
    return {"functions": rows}, []


def list_workers(state: State, peer: Peer, call: Call) -> Result:
    """``engine::workers::list``: the modules, and the workers that announced a process id."""
    wanted = WORKERS.read(call.request.data, call.request.function_id)
    rows = [
        worker_summary(state, other, asking=peer)
        for other in state.peers.values()
        if other.internal or other.facts.get("pid") is not None
    ]
    for name in ("runtime", "status"):
        if wanted[name] is not None:
            rows = [row for row in rows if row[name] == wanted[name]]
    rows = [row for row in rows if _contains(wanted["search"], row["name"])]
    rows.sort(key=lambda row: (row["name"] or row["id"], row["id"]))
    return {"workers": rows}, []


def describe_worker(state: State, peer: Peer, call: Call) -> Result:
    """``engine::workers::info``: a worker by name, with everything that it registered."""
    wanted = WORKER.read(call.request.data, call.request.function_id)
    other = _named(state, wanted["name"], wanted["namespace"])
    worker = worker_summary(state, other, asking=peer) | {"internal": False}
    if other.facts.get("pid") is not None:
        worker["pid"] = other.facts["pid"]
    owned = sorted(state.functions.owned_by(other.number), key=lambda f: f.spec.id)
    provided = [t for t in types(state) if t.provider == other.number]
    provided.sort(key=lambda t: t.spec.id)
    names = {(function.namespace, function.spec.id) for function in owned}
    bound = [b for b in bindings(state) if (target(b), b.spec.function_id) in names]
    bound.sort(key=lambda b: b.spec.id)
    return {
        "worker": worker,
        "functions": [function_summary(state, function) for function in owned],
        "trigger_types": [type_summary(state, trigger_type) for trigger_type in provided],
        "registered_triggers": [binding_summary(state, binding) for binding in bound],
    }, []


def list_types(state: State, peer: Peer, call: Call) -> Result:
    """``engine::triggers::list``: the trigger types."""
    del peer
    wanted = TYPES.read(call.request.data, call.request.function_id)
    rows = [
        type_summary(state, trigger_type)
        for trigger_type in types(state)
        if wanted["include_internal"] or not trigger_type.spec.id.startswith("engine::")
    ]
    chosen = _chosen(rows, wanted, "id", "description")
    # Up to 0.15, this function listed the trigger types.
    earlier = call.request.function_id == "engine::trigger-types::list"
    return {"trigger_types" if earlier else "triggers": chosen}, []


def describe_type(state: State, peer: Peer, call: Call) -> Result:
    """``engine::triggers::info``: a trigger type."""
    del peer
    wanted = TYPE.read(call.request.data, call.request.function_id)
    namespace = DEFAULT if wanted["namespace"] is None else wanted["namespace"]
    trigger_type = state.triggers.types.get((namespace, wanted["id"]))
    if trigger_type is None:
        text = f"Trigger type '{wanted['id']}' is not registered in namespace '{namespace}'."
        raise Failure("NOT_FOUND", text)
    return type_details(state, trigger_type), []


def list_bindings(state: State, peer: Peer, call: Call) -> Result:
    """``engine::registered-triggers::list``."""
    del peer
    wanted = BINDINGS.read(call.request.data, call.request.function_id)
    rows = [
        binding_summary(state, binding)
        for binding in bindings(state)
        if (wanted["include_internal"] or not binding.spec.function_id.startswith("engine::"))
        and wanted["trigger_type"] in (None, binding.spec.trigger_type)
        and wanted["function_id"] in (None, binding.spec.function_id)
    ]
    searched = ("trigger_type", "function_id")
    return {"registered_triggers": _chosen(rows, wanted, "id", *searched)}, []


def describe_binding(state: State, peer: Peer, call: Call) -> Result:
    """``engine::registered-triggers::info``: a trigger, its function and its type."""
    del peer
    wanted = BINDING.read(call.request.data, call.request.function_id)
    binding = state.triggers.bindings.get(wanted["id"])
    if binding is None or binding.provider is None:
        raise Failure("NOT_FOUND", f"Registered trigger '{wanted['id']}' was not found.")
    row = binding_summary(state, binding) | present({"metadata": binding.spec.metadata})
    del row["config_summary"]
    function = state.functions.find(target(binding), binding.spec.function_id)
    trigger_type = state.triggers.type_for(binding)
    return row | {
        "function": function and function_details(state, function),
        "trigger": trigger_type and type_details(state, trigger_type),
    }, []


# -- choosing ------------------------------------------------------------------------------------


def _shown(peer: Peer, function: Function) -> bool:
    """Whether the session of a peer may see a function."""
    spec = function.spec
    return peer.grant is None or peer.grant.may_call(spec.id, function.namespace, spec.metadata)


def _resolve(state: State, peer: Peer, function_id: str, namespace: str | None) -> Function:
    places = state.functions.namespaces_of(function_id)
    chosen = namespace
    if chosen is None and (DEFAULT in places or len(places) == 1):
        chosen = DEFAULT if DEFAULT in places else places[0]
    function = None if chosen is None else state.functions.find(chosen, function_id)
    if function is None:
        # A wrong namespace gives the same error text (engine 0.23).
        text = f"Function '{function_id}' is not registered."
        if places:
            text = (
                f"Function '{function_id}' is ambiguous: it is registered in namespace(s): "
                f"{', '.join(places)}. Pass `namespace` to select one."
            )
        raise Failure("NOT_FOUND", text)
    if not _shown(peer, function):
        raise Failure("FORBIDDEN", f"Function '{function_id}' is not visible to this session.")
    return function


def _named(state: State, name: str, namespace: str | None) -> Peer:
    named = {peer.namespace: peer for peer in state.peers.values() if peer.name == name}
    places = ", ".join(sorted(named))
    if not named:
        raise Failure("NOT_FOUND", f"Worker '{name}' is not connected.")
    if namespace is None and DEFAULT in named:
        namespace = DEFAULT
    if namespace is None and len(named) > 1:
        raise Failure(
            "NOT_FOUND",
            f"Worker '{name}' is ambiguous: it is connected in namespace(s): {places}. "
            "Pass `namespace` to disambiguate.",
        )
    if namespace is not None and namespace not in named:
        raise Failure(
            "NOT_FOUND",
            f"Worker '{name}' is not connected in the requested namespace; "
            f"it is connected in namespace(s): {places}.",
        )
    return named[namespace] if namespace is not None else next(iter(named.values()))


def _chosen(
    rows: list[Description], wanted: Description, key: str, *searched: str
) -> list[Description]:
    """The rows that a filter selects, sorted by ``key``; a search also covers ``searched``."""
    prefix, worker = wanted.get("prefix"), wanted.get("worker")
    kept = [
        row
        for row in rows
        if (prefix is None or row[key].startswith(prefix))
        and _contains(wanted["search"], row[key], *(row.get(name) for name in searched))
        and worker in (None, row["worker_name"])
    ]
    return sorted(kept, key=lambda row: (row[key], row.get("namespace", "")))


def _distance(search: str, function_id: str) -> int:
    """The rank of a function in a search: exact name, contains the text, or neither."""
    if function_id.startswith(search) or search in function_id.split("::"):
        return 0
    return 1 if search in function_id else 2


def _contains(search: str | None, *texts: str | None) -> bool:
    return not search or any(search.lower() in (text or "").lower() for text in texts)
