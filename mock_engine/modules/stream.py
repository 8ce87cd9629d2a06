"""Streams: items in groups, and WebSockets that follow their changes (``iii-stream``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from mock_engine.failures import Failure
from mock_engine.inputs import Field, Form, defaulted, is_anything, is_list, optional
from mock_engine.messages import InvokeFunction, is_given
from mock_engine.modules import updates
from mock_engine.modules.adapters import module_store, redis_server
from mock_engine.modules.base import NOTHING, Bound, Module, Offer
from mock_engine.modules.host import Host, Trace
from mock_engine.modules.store import MISSING, change
from mock_engine.modules.viewers import Subscription, Viewers, message, visit
from mock_engine.wire import Listener

PORT = 3112
STREAM, GROUP, ITEM = Field("stream_name"), Field("group_id"), Field("item_id")
SET = Form("StreamSetInput", (STREAM, GROUP, ITEM, Field("data", is_anything)))
GET = Form("StreamGetInput", (STREAM, GROUP, ITEM))
DELETE = Form("StreamDeleteInput", (STREAM, GROUP, ITEM))
LIST = Form("StreamListInput", (STREAM, GROUP))
LIST_GROUPS = Form("StreamListGroupsInput", (STREAM,))
LIST_ALL = Form("StreamListAllInput", ())
UPDATE = Form("StreamUpdateInput", (STREAM, GROUP, ITEM, updates.OPS))
CUSTOM_SET = Form(
    "StreamSetResult", (optional("old_value", is_anything), Field("new_value", is_anything))
)
CUSTOM_UPDATE = Form(
    "StreamUpdateResult",
    (
        optional("old_value", is_anything),
        Field("new_value", is_anything),
        defaulted("errors", is_list),
    ),
    needed=2,
)
CUSTOM_DELETE = Form("StreamDeleteResult", (optional("old_value", is_anything),))
SEND = Form(
    "StreamSendInput",
    (STREAM, GROUP, optional("id"), Field("type"), Field("data", is_anything)),
)
WATCHED = ("stream_name", "group_id", "item_id", "condition_function_id")
"""The keys of a stream trigger's config, each a string."""

APART = ":"
"""The separator of a stream's and a group's name in the store's single key (engine 0.23).

A list of all streams confuses names that contain the separator.
"""


class StreamModule(Module):
    """``stream::*``, the trigger types of streams, and the port for viewers."""

    name = "iii-stream"
    has_entry = True
    title = "Build durable streams for real-time data subscriptions."
    trigger_types: ClassVar[Mapping[str, str]] = {
        "stream": "Stream trigger",
        "stream:join": "Stream join trigger",
        "stream:leave": "Stream leave trigger",
    }

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._server = redis_server(options)
        self._store = module_store(options, "stream", self._server)
        if self._server is not None:
            self._server.on("stream", self._published)
        self._viewers = Viewers(self, options.get("auth_function"))
        self._listener: Listener | None = None

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
            "stream::set": Offer(self._set, "Set a value in a stream"),
            "stream::get": Offer(self._get, "Get a value from a stream"),
            "stream::delete": Offer(self._delete, "Delete a value from a stream"),
            "stream::list": Offer(self._list, "List all items in a stream group"),
            "stream::list_groups": Offer(self._list_groups, "List all groups in a stream"),
            "stream::list_all": Offer(self._list_all, "List all available stream with metadata"),
            "stream::update": Offer(
                self._update, "Atomically update a stream value with multiple operations"
            ),
            "stream::send": Offer(self._send, "Send a custom event to stream subscribers"),
        }

    @property
    def url(self) -> str | None:
        """The URL of the port for viewers."""
        served = self._listener
        return None if served is None else f"ws://{served.host}:{served.port}"

    async def start(self) -> None:
        """Open the port.

        Raises:
            OSError: the port is taken or may not be used.
        """
        host, port = self.options.get("host", "127.0.0.1"), self.options.get("port", PORT)
        if self._server is not None:
            await self._server.start(self.host)
        self._listener = await Listener.start(self._viewers, host, port)

    @property
    def viewers(self) -> int:
        """How many WebSockets are open."""
        return 0 if self._listener is None else len(self._listener.connections)

    async def stop(self) -> None:
        """Close the port and the store."""
        if self._listener is not None:
            await self._listener.stop()
        self._store.close()
        if self._server is not None:
            await self._server.stop()

    def bind(self, bound: Bound) -> None:
        """Add a binding.

        Raises:
            Failure: ``trigger_registration_failed``, for a stream trigger without a valid config.
        """
        wrong = bound.trigger_type == "stream" and not (
            isinstance(bound.config, dict)
            and all(isinstance(bound.config.get(name), str | None) for name in WATCHED)
        )
        if wrong:
            raise Failure("trigger_registration_failed", "Failed to deserialize stream trigger")
        super().bind(bound)

    # -- functions -------------------------------------------------------------------------------

    async def _set(self, call: InvokeFunction) -> Any:
        inputs = SET.read(call.data, call.function_id)
        custom = await self._replaced("set", inputs, CUSTOM_SET)
        if custom is not None:
            return self._changed(inputs, custom["old_value"], custom["new_value"])
        return self._put(inputs, lambda _: inputs["data"])

    async def _update(self, call: InvokeFunction) -> Any:
        inputs = UPDATE.read(call.data, call.function_id)
        plain = inputs | {"ops": [updates.plain(op) for op in inputs["ops"]]}
        custom = await self._replaced("update", plain, CUSTOM_UPDATE)
        if custom is not None:
            changed = self._changed(inputs, custom["old_value"], custom["new_value"])
            return changed | ({"errors": custom["errors"]} if custom["errors"] else {})
        errors: list[Any] = []
        changed = self._put(inputs, updates.applying(inputs["ops"], errors))
        return changed | ({"errors": errors} if errors else {})

    def _put(self, inputs: dict[str, Any], change_it: Callable[[Any], Any]) -> dict[str, Any]:
        place, item = _place(inputs), inputs["item_id"]
        old, value = self._store.modify(place, item, change_it)
        kind = "create" if old is MISSING else "update"
        self._notify(inputs, inputs["item_id"], {"type": kind, "data": value})
        return change(old, value)

    def _changed(self, inputs: dict[str, Any], old: Any, new: Any) -> dict[str, Any]:
        """Announce that a worker's function changed an item."""
        kind = "create" if old is None else "update"
        self._notify(inputs, inputs["item_id"], {"type": kind, "data": new})
        return {"old_value": old, "new_value": new}

    async def _get(self, call: InvokeFunction) -> Any:
        return await self.read(GET.read(call.data, call.function_id))

    async def _delete(self, call: InvokeFunction) -> Any:
        inputs = DELETE.read(call.data, call.function_id)
        custom = await self._replaced("delete", inputs, CUSTOM_DELETE)
        if custom is None:
            old = self._store.drop(_place(inputs), inputs["item_id"])
        else:
            old = MISSING if custom["old_value"] is None else custom["old_value"]
        if old is MISSING:
            return {"old_value": None}
        self._notify(inputs, inputs["item_id"], {"type": "delete", "data": old})
        return {"old_value": old}

    async def _list(self, call: InvokeFunction) -> Any:
        return await self.read(LIST.read(call.data, call.function_id))

    async def _list_groups(self, call: InvokeFunction) -> Any:
        inputs = LIST_GROUPS.read(call.data, call.function_id)
        custom = await self._custom(call.function_id, inputs)
        if custom is not None:
            return custom
        prefix = inputs["stream_name"] + APART
        return [g.removeprefix(prefix) for g in self._store.groups() if g.startswith(prefix)]

    def _list_all(self, call: InvokeFunction) -> Any:
        LIST_ALL.read(call.data, call.function_id)
        found: dict[str, set[str]] = {}
        for place in self._store.groups():
            stream, group, *_ = place.split(APART)
            found.setdefault(stream, set()).add(group)
        rows = [{"id": stream, "groups": sorted(found[stream])} for stream in sorted(found)]
        return {"stream": rows, "count": len(rows)}

    def _send(self, call: InvokeFunction) -> Any:
        inputs = SEND.read(call.data, call.function_id)
        event = {"type": inputs["type"], "data": inputs["data"]}
        self._notify(inputs, inputs["id"], {"type": "event", "event": event})
        return None

    async def read(self, inputs: dict[str, Any]) -> Any:
        """An item, or the items of a group when ``inputs`` name no item; ``NOTHING`` for no item.

        Raises:
            Failure: the function that replaces the store for this stream failed.
        """
        one = "item_id" in inputs
        custom = await self._custom("stream::get" if one else "stream::list", inputs)
        if custom is not None:
            return custom
        if not one:
            return self._store.values(_place(inputs))
        value = self._store.get(_place(inputs), inputs["item_id"])
        return NOTHING if value is MISSING else value

    async def _replaced(self, verb: str, inputs: dict[str, Any], form: Form) -> Any:
        """The result of the worker's function that changes items of this stream, if there is one.

        Raises:
            Failure: the function failed, or returned an invalid result.
        """
        own = f"stream::{verb}({inputs['stream_name']})"
        if not self.host.is_served(own):
            return None
        code, failed = f"STREAM_{verb.upper()}_ERROR", f"Failed to {verb} value"
        try:
            result = await self.host.call(own, inputs)
        except Failure as fault:
            text = f"{failed}: Failed to invoke function: {fault.debug()}"
            raise Failure(code, text) from None
        if not is_given(result):
            raise Failure(code, f"{failed}: Function returned no result")
        complaint, found = form.examine(msgspec.json.decode(result))
        if complaint is not None:
            raise Failure("JSON_ERROR", f"Failed to convert result to value: {complaint}")
        return found

    async def _custom(self, function_id: str, inputs: dict[str, Any]) -> Any:
        """The answer of the worker's function that replaces a built-in one for a stream, if any."""
        own = f"{function_id}({inputs['stream_name']})"
        if not self.host.is_served(own):
            return None
        return await self.host.call(own, inputs)

    # -- events ----------------------------------------------------------------------------------

    def _notify(self, inputs: dict[str, Any], item: str | None, event: dict[str, Any]) -> None:
        about = Subscription("", inputs["stream_name"], inputs["group_id"], item)
        notice = message(about, event)
        if self._server is None:
            self._viewers.notify(about, notice)
        else:
            self._server.publish("stream", notice)
        wanted = {"group_id": about.group, "item_id": item or ""}
        concerned = [
            bound
            for bound in self.bindings.values()
            if bound.trigger_type == "stream"
            and bound.setting("stream_name") in (None, about.stream)
            and all(bound.setting(name) in (None, "", value) for name, value in wanted.items())
        ]
        self.host.trigger(concerned, notice, Trace.fresh())

    def _published(self, message: bytes) -> None:
        """An engine on the same server announced a change: pass it on to the viewers here."""
        notice = msgspec.json.decode(message)
        about = Subscription("", notice["streamName"], notice["groupId"], notice["id"])
        self._viewers.notify(about, notice)

    async def admits(self, wish: Subscription, context: Any) -> bool:
        """Whether the functions bound to ``stream:join`` allow a subscription."""
        admitted = True
        for bound in [b for b in self.bindings.values() if b.trigger_type == "stream:join"]:
            answer = await self.host.attempt(
                bound.function_id,
                visit(wish, context),
                namespace=bound.namespace,
                metadata=bound.metadata,
            )
            verdict = msgspec.json.decode(answer) if is_given(answer) else None
            if isinstance(verdict, dict) and verdict.get("unauthorized") is True:
                admitted = False
        return admitted

    async def left(self, subscription: Subscription, context: Any) -> None:
        """A subscription is over: call the functions bound to ``stream:leave``, one by one."""
        for bound in [b for b in self.bindings.values() if b.trigger_type == "stream:leave"]:
            await self.host.attempt(
                bound.function_id,
                visit(subscription, context),
                namespace=bound.namespace,
                metadata=bound.metadata,
            )


def _place(inputs: dict[str, Any]) -> str:
    return f"{inputs['stream_name']}{APART}{inputs['group_id']}"
