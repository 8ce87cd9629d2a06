"""Values by index and key, as engines before 0.11 provided them (``modules::kv_server``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_engine.inputs import Field, Form, is_anything
from mock_engine.messages import InvokeFunction
from mock_engine.modules import updates
from mock_engine.modules.adapters import open_store
from mock_engine.modules.base import NOTHING, Module, Offer
from mock_engine.modules.host import Host
from mock_engine.modules.store import MISSING, change

INDEX, KEY = Field("index"), Field("key")
GET = Form("KvGetInput", (INDEX, KEY))
SET = Form("KvSetInput", (INDEX, KEY, Field("value", is_anything)))
DELETE = Form("KvDeleteInput", (INDEX, KEY))
UPDATE = Form("KvUpdateInput", (INDEX, KEY, updates.OPS))
LIST = Form("KvListInput", (INDEX,))
PREFIX = Form("KvListKeysWithPrefixInput", (Field("prefix"),))


class KvModule(Module):
    """``kv_server::*``."""

    name = "iii-kv"
    title = "Key-value store."

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._store = open_store(options, "kv")

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
            "kv_server::get": Offer(self._get, "Get a value by key from the KV store"),
            "kv_server::set": Offer(self._set, "Set a value by key in the KV store"),
            "kv_server::delete": Offer(self._delete, "Delete a value by key from the KV store"),
            "kv_server::update": Offer(self._update, "Update a value by key in the KV store"),
            "kv_server::list": Offer(self._list, "List all values of an index"),
            "kv_server::list_keys_with_prefix": Offer(self._keys, "List indexes with a prefix"),
        }

    async def stop(self) -> None:
        """Close the store."""
        self._store.close()

    def _get(self, call: InvokeFunction) -> Any:
        inputs = GET.read(call.data, call.function_id)
        value = self._store.get(inputs["index"], inputs["key"])
        return NOTHING if value is MISSING else value

    def _set(self, call: InvokeFunction) -> Any:
        inputs = SET.read(call.data, call.function_id)
        old = self._store.put(inputs["index"], inputs["key"], inputs["value"])
        return change(old, inputs["value"])

    def _delete(self, call: InvokeFunction) -> Any:
        inputs = DELETE.read(call.data, call.function_id)
        old = self._store.drop(inputs["index"], inputs["key"])
        return NOTHING if old is MISSING else old

    def _update(self, call: InvokeFunction) -> Any:
        inputs = UPDATE.read(call.data, call.function_id)
        index, key = inputs["index"], inputs["key"]
        errors: list[Any] = []
        old, value = self._store.modify(index, key, updates.applying(inputs["ops"], errors))
        return change(old, value) | ({"errors": errors} if errors else {})

    def _list(self, call: InvokeFunction) -> Any:
        return self._store.values(LIST.read(call.data, call.function_id)["index"])

    def _keys(self, call: InvokeFunction) -> Any:
        prefix = PREFIX.read(call.data, call.function_id)["prefix"]
        return [group for group in self._store.groups() if group.startswith(prefix)]
