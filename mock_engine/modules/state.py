"""State: values by scope and key, and triggers on their changes (``iii-state``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mock_engine.inputs import Field, Form, is_anything, optional
from mock_engine.messages import InvokeFunction, payload
from mock_engine.modules import updates
from mock_engine.modules.adapters import module_store, redis_server
from mock_engine.modules.base import NOTHING, Bound, Failure, Module, Offer
from mock_engine.modules.host import Host, Trace
from mock_engine.modules.store import MISSING, change

SCOPE, KEY = Field("scope"), Field("key")
SET = Form("StateSetInput", (SCOPE, KEY, Field("value", is_anything, alias="data")))
GET = Form("StateGetInput", (SCOPE, KEY))
DELETE = Form("StateDeleteInput", (SCOPE, KEY))
UPDATE = Form("StateUpdateInput", (SCOPE, KEY, updates.OPS))
LIST = Form("StateGetGroupInput", (SCOPE,))
GROUPS = Form("StateListGroupsInput", ())
TRIGGER = Form(
    "StateTriggerConfig", (optional("scope"), optional("key"), optional("condition_function_id"))
)


class StateModule(Module):
    """``state::*`` and the trigger type ``state``."""

    name = "iii-state"
    has_entry = True
    title = "Distributed key-value state management with reactive change triggers."
    trigger_types: ClassVar[Mapping[str, str]] = {"state": "State trigger"}

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._server = redis_server(options)
        self._store = module_store(options, "state", self._server)
        self._most = options.get("max_value_bytes") or None
        self._tells = options.get("triggers_enabled") is not False

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
            "state::set": Offer(self._set, "Set a value in state"),
            "state::get": Offer(self._get, "Get a value from state"),
            "state::delete": Offer(self._delete, "Delete a value from state"),
            "state::update": Offer(self._update, "Update a value in state"),
            "state::list": Offer(self._list, "Get a group from state"),
            "state::list_groups": Offer(self._groups, "List all state groups"),
        }

    def bind(self, bound: Bound) -> None:
        """Add a binding.

        Raises:
            Failure: ``trigger_registration_failed``, when its config cannot be read.
        """
        complaint, _ = TRIGGER.examine(bound.config)
        if complaint is not None:
            text = f"Failed to parse trigger config: {complaint}"
            raise Failure("trigger_registration_failed", text)
        super().bind(bound)

    async def start(self) -> None:
        """Connect to the server, if there is one."""
        if self._server is not None:
            await self._server.start(self.host)

    async def stop(self) -> None:
        """Close the store."""
        self._store.close()
        if self._server is not None:
            await self._server.stop()

    def _set(self, call: InvokeFunction) -> Any:
        inputs = SET.read(call.data, call.function_id)
        scope, key, value = inputs["scope"], inputs["key"], inputs["value"]
        self._check_size(value)
        old = self._store.put(scope, key, value)
        self._changed(call, scope, key, old, value)
        return change(old, value)

    def _get(self, call: InvokeFunction) -> Any:
        inputs = GET.read(call.data, call.function_id)
        value = self._store.get(inputs["scope"], inputs["key"])
        return NOTHING if value is MISSING else value

    def _delete(self, call: InvokeFunction) -> Any:
        inputs = DELETE.read(call.data, call.function_id)
        scope, key = inputs["scope"], inputs["key"]
        old = self._store.drop(scope, key)
        self._notify(call, "deleted", scope, key, None if old is MISSING else old, None)
        return NOTHING if old is MISSING else old

    def _update(self, call: InvokeFunction) -> Any:
        inputs = UPDATE.read(call.data, call.function_id)
        scope, key, ops = inputs["scope"], inputs["key"], inputs["ops"]
        errors: list[Any] = []
        old, value = self._store.modify(scope, key, updates.applying(ops, errors))
        self._changed(call, scope, key, old, value)
        return change(old, value) | ({"errors": errors} if errors else {})

    def _list(self, call: InvokeFunction) -> Any:
        return self._store.values(LIST.read(call.data, call.function_id)["scope"])

    def _groups(self, call: InvokeFunction) -> Any:
        GROUPS.read(call.data, call.function_id)
        return {"groups": self._store.groups()}

    def _check_size(self, value: Any) -> None:
        size = len(payload(value))
        if self._most is not None and size > self._most:
            limit = f"the configured max_value_bytes limit of {self._most}"
            text = f"value of {size} bytes exceeds {limit}"
            raise Failure("VALUE_TOO_LARGE", text)

    def _changed(self, call: InvokeFunction, scope: str, key: str, old: Any, new: Any) -> None:
        if old is MISSING:
            self._notify(call, "created", scope, key, None, new)
        else:
            self._notify(call, "updated", scope, key, old, new)

    def _notify(
        self, call: InvokeFunction, what: str, scope: str, key: str, old: Any, new: Any
    ) -> None:
        if not self._tells:
            return
        wanted = {"scope": scope, "key": key}
        concerned = [
            bound
            for bound in self.bindings.values()
            if all(bound.setting(name) in (None, value) for name, value in wanted.items())
        ]
        event = {"type": "state", "event_type": f"state:{what}"} | wanted
        event |= {"old_value": old, "new_value": new}
        self.host.trigger(concerned, event, Trace.within(call))
