"""Named configuration entries with a schema, and triggers on their changes (``configuration``).

Every engine has it. Each of the engine's own modules has an entry, initialised from the
configuration file; a change of an entry is stored and announced, but a running module of this
engine keeps the options that it was started with. Entries are kept in memory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from mock_engine.failures import Failure
from mock_engine.inputs import Field, Form, defaulted, is_anything, is_flag, is_texts, optional
from mock_engine.messages import InvokeFunction
from mock_engine.modules.base import Bound, Module, Offer
from mock_engine.modules.host import Host, Trace

REGISTER = Form(
    "ConfigurationRegisterInput",
    (
        Field("id"),
        Field("name"),
        Field("description"),
        Field("schema", is_anything),
        optional("initial_value", is_anything),
        optional("metadata", is_anything),
    ),
)
SET = Form("ConfigurationSetInput", (Field("id"), Field("value", is_anything)))
GET = Form("ConfigurationGetInput", (Field("id"), defaulted("raw", is_flag)), needed=1)
LIST = Form("ConfigurationListInput", ())
SCHEMA = Form("ConfigurationSchemaInput", (Field("id"),))

TRIGGER = Form(
    "ConfigurationTriggerConfig",
    (
        optional("configuration_id"),
        optional("event_types", is_texts),
        optional("condition_function_id"),
    ),
)

ID = re.compile(r"[a-z0-9_-]{1,64}")
VARIABLE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")
ALONE = re.compile(r"\s*\$\{[^}]*\}\s*")

Entry = dict[str, Any]


class ConfigurationModule(Module):
    """``configuration::*`` and the trigger type ``configuration``."""

    name = "configuration"
    title = "Register, store, and watch typed configuration values for the engine."
    trigger_types: ClassVar[Mapping[str, str]] = {
        "configuration": "Configuration trigger — fires on register/update/delete events"
    }

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._entries: dict[str, Entry] = {}

    def bind(self, bound: Bound) -> None:
        """Add a binding.

        Raises:
            Failure: ``trigger_registration_failed``, when its config cannot be read.
        """
        complaint, _ = TRIGGER.examine(bound.config)
        if complaint is not None:
            text = f"Failed to parse configuration trigger config: {complaint}"
            raise Failure("trigger_registration_failed", text)
        super().bind(bound)

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
            "configuration::register": Offer(
                self._register,
                "Register a configuration id with a name, description, and JSON Schema. "
                "Idempotent — re-registering replaces metadata and (when initial_value is "
                "provided) the value. Validates initial_value against the schema.",
            ),
            "configuration::set": Offer(
                self._set,
                "Replace the value of an already-registered configuration. Validates the value "
                "against the registered JSON Schema and emits a configuration:updated event.",
            ),
            "configuration::get": Offer(
                self._get,
                "Read a configuration by id. Expands ${VAR:default} placeholders against the live "
                "process env unless raw=true is passed.",
            ),
            "configuration::list": Offer(
                self._list,
                "List every registered configuration with id, name, description, and schema. "
                "Sorted by id; never returns the stored value.",
            ),
            "configuration::schema": Offer(
                self._schema,
                "Retrieve the schema, name, and description for a configuration id. Mirrors a "
                "single entry from configuration::list.",
            ),
        }

    def seed(self, module: Module) -> None:
        """Add the entry of one of the engine's modules."""
        value = dict(module.options)
        entry = {"id": module.name, "name": module.name, "description": module.title}
        self._entries[module.name] = entry | {"schema": {"type": "object"}, "value": value}

    def _register(self, call: InvokeFunction) -> Any:
        inputs = REGISTER.read(call.data, call.function_id)
        known = self._entries.get(_checked(inputs["id"]))
        value = inputs["initial_value"]
        if value is not None:
            _validate(value, inputs["schema"])
        elif known is not None:
            value = known["value"]
        entry = {name: inputs[name] for name in ("id", "name", "description", "schema")}
        entry["value"] = value
        if inputs["metadata"] is not None:
            entry["metadata"] = inputs["metadata"]
        self._entries[inputs["id"]] = entry
        if known is None:
            self._notify(call, "registered", entry, None)
        else:
            self._notify(call, "updated", entry, known["value"])
        return entry

    def _set(self, call: InvokeFunction) -> Any:
        inputs = SET.read(call.data, call.function_id)
        entry = self._entries.get(_checked(inputs["id"]))
        if entry is None:
            text = (
                f"configuration '{inputs['id']}' is not registered; "
                "call configuration::register first"
            )
            raise Failure("NOT_REGISTERED", text)
        _validate(inputs["value"], entry["schema"])
        old, entry["value"] = entry["value"], inputs["value"]
        self._notify(call, "updated", entry, old)
        return {"old_value": old, "new_value": inputs["value"]}

    def _get(self, call: InvokeFunction) -> Any:
        inputs = GET.read(call.data, call.function_id)
        value = self._found(inputs["id"])["value"]
        return {"id": inputs["id"], "value": value if inputs["raw"] else expanded(value)}

    def _list(self, call: InvokeFunction) -> Any:
        LIST.read(call.data, call.function_id)
        entries = (self._entries[known] for known in sorted(self._entries))
        return {"configurations": [_without_value(entry) for entry in entries]}

    def _schema(self, call: InvokeFunction) -> Any:
        return _without_value(self._found(SCHEMA.read(call.data, call.function_id)["id"]))

    def _found(self, known: str) -> Entry:
        entry = self._entries.get(known)
        if entry is None:
            raise Failure("NOT_FOUND", f"configuration '{known}' not found")
        return entry

    def _notify(self, call: InvokeFunction, what: str, entry: Entry, old: Any) -> None:
        kind = f"configuration:{what}"
        # First the bindings to all entries, then the bindings to this entry.
        concerned = [
            bound
            for wanted in (None, entry["id"])
            for bound in self.bindings.values()
            if bound.setting("configuration_id") == wanted and kind in _kinds(bound, kind)
        ]
        event = {"type": "configuration", "event_type": kind} | _without_value(entry)
        event |= {"old_value": expanded(old), "new_value": expanded(entry["value"])}
        self.host.trigger(concerned, event, Trace.within(call))


def _kinds(bound: Bound, kind: str) -> Sequence[str]:
    wanted = bound.setting("event_types")
    return (kind,) if wanted is None else wanted


def _checked(known: str) -> str:
    if ID.fullmatch(known) is None:
        text = f"invalid configuration id '{known}': must match [a-z0-9_-]{{1,64}}"
        raise Failure("INVALID_ID", text)
    return known


def _without_value(entry: Entry) -> Entry:
    return {name: part for name, part in entry.items() if name != "value"}


def _validate(value: Any, schema: Any) -> None:
    import jsonschema  # imported only when a value is set

    try:
        validator = jsonschema.validators.validator_for(schema)(schema)
        problems = [problem.message for problem in validator.iter_errors(expanded(value))]
    except (jsonschema.SchemaError, TypeError, AttributeError) as wrong:
        problems = [f"invalid JSON Schema: {wrong}"]
    if problems:
        raise Failure("SCHEMA_INVALID", f"schema validation failed: {'; '.join(problems)}")


def expanded(value: Any) -> Any:
    """A value in which ``${VAR:default}`` is replaced in every string.

    A string that is nothing but one placeholder becomes what YAML reads in its place, so that a
    port is a number. A variable that is not set and has no default is left as it is written.
    """
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if isinstance(value, dict):
        return {name: expanded(item) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    text = VARIABLE.sub(_variable, value)
    if ALONE.fullmatch(value) and text.strip():
        try:
            return yaml.safe_load(text.strip())
        except yaml.YAMLError:
            return text
    return text


def _variable(found: re.Match[str]) -> str:
    name, default = found.groups()
    value = os.environ.get(name, default)
    return found[0] if value is None else str(value)
