"""Mutants in the form of workers that were not prepared for the suite: only their own functions.

``unprepared`` turns any mutant into one: it gets a shop's functions instead of the well-known ones,
so that its mistake must be found through them.
"""

from __future__ import annotations

import asyncio

from websockets.exceptions import WebSocketException

from tests.mutants.catalogue import Mutant
from tests.mutants.handlers import Handler, HandlerError, Handlers, current
from tests.mutants.worker import Json, Worker


class Shop(Worker):
    """The correct worker, without any function that the suite knows."""

    def handlers(self) -> dict[str, Handler]:
        return {
            "shop::mirror": self.mirror,
            "shop::put": self.put,
            "shop::get": self.get,
            "shop::total": self.total,
            "shop::context": self.context,
            "shop::reset": self.reset,
            "shop::note": self.note,
            "shop::hello": self.hello,
        }

    def triggers(self) -> list[Json]:
        first, second = super().triggers()
        return [
            {**first, "function_id": "shop::hello"},
            {**second, "function_id": "shop::put"},
        ]

    async def mirror(self, data: Json) -> Json:
        return {"data": data}

    async def reset(self, data: Json) -> Json:
        return None

    async def context(self, data: Json) -> Json:
        return {"about": {"given": self.metadata_of(current.get())}}

    async def total(self, data: Json) -> Json:
        return {"total": sum(line["price"] * line["count"] for line in data["lines"])}

    async def put(self, data: Json) -> Json:
        if self.is_request(data):
            stored = await self.put(data.get("body"))
            return {"status_code": 400 if "error" in stored else 200, "body": stored}
        key = self.key(data)
        if key is None or "order" not in data:
            return {"error": "orderId and order are required"}
        await self.persist(key, data["order"])
        return {"stored": key}

    def is_request(self, data: Json) -> bool:
        return isinstance(data, dict) and "path_params" in data

    async def persist(self, key: str, order: Json) -> None:
        await self.engine("state::set", {"scope": "shop", "key": key, "value": order})

    async def get(self, data: Json) -> Json:
        key = self.key(data)
        if key is None:
            return {"error": "orderId required"}
        return {"order": await self.engine("state::get", {"scope": "shop", "key": key})}

    async def note(self, data: Json) -> Json:
        if not isinstance(data, dict) or not data.get("text"):
            raise HandlerError("invalid", "text is required")
        message = {"type": "invokefunction", "function_id": "publish", "data": data}
        await self.cast({**message, "data": {"topic": "notes", "data": data["text"]}})
        return {"noted": True}

    def key(self, data: Json) -> str | None:
        key = data.get("orderId") if isinstance(data, dict) else None
        return key if isinstance(key, str) and key else None

    async def engine(self, function_id: str, data: Json) -> Json:
        """Call a function of the engine; its error becomes the handler's error."""
        fields = {"function_id": function_id, "data": data}
        message = {"type": "invokefunction", "function_id": function_id}
        message |= {**self.argument(fields), **self.trace(current.get())}
        try:
            outcome = await self.ask(message | self.call_fields(fields), self.patience)
        except TimeoutError:
            raise HandlerError("TIMEOUT", f"{function_id} did not answer in time") from None
        if outcome.get("error"):
            raise HandlerError(outcome["error"]["code"], outcome["error"]["message"])
        return outcome.get("result")

    patience = 10.0


class Aisles(Shop):
    """A shop that registers a function for each aisle that is opened, and takes it back."""

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "shop::aisle": self.aisle}

    async def aisle(self, data: Json) -> Json:
        if not isinstance(data, dict) or not isinstance(data.get("aisle"), str):
            raise HandlerError("invalid", "aisle is required")
        function = {"type": "registerfunction", "id": f"shop::aisle::{data['aisle']}"}
        opened = data.get("open", True)
        if opened and function["id"] not in self.extra:
            self.extra[function["id"]] = function
            await self.tell(function)
        elif not opened and function["id"] in self.extra:
            self.forget_function(function["id"])
            await self.tell(self.withdrawal(function["id"]))
        return {"aisle": data["aisle"], "open": opened}

    def withdrawal(self, function_id: str) -> Json:
        return {"type": "unregisterfunction", "id": function_id}


class SwitchedAisles(Aisles):
    """One whose callers have to say whether an aisle is open, and are not told that it is."""

    async def aisle(self, data: Json) -> Json:
        if not isinstance(data, dict) or not isinstance(data.get("open"), bool):
            raise HandlerError("invalid", "aisle is required, and open must be a boolean")
        return {"aisle": (await super().aisle(data))["aisle"]}


class Sales(Shop):
    """A shop in which each sale fires the triggers of its own type."""

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "shop::sell": self.sell}

    async def sell(self, data: Json) -> Json:
        if not isinstance(data, dict) or not isinstance(data.get("item"), str):
            raise HandlerError("invalid", "item is required")
        for binding in self.held():
            message = {"type": "invokefunction", "function_id": binding["function_id"]}
            await self.cast({**message, "data": data["item"], **self.binding_fields(binding)})
        return {"sold": data["item"]}

    def held(self) -> list[Json]:
        return list(self.bindings.values())


class Counter(Shop):
    """A shop in which nothing gives its data back whole."""

    def handlers(self) -> dict[str, Handler]:
        return {name: one for name, one in super().handlers().items() if name != "shop::mirror"}

    async def hello(self, data: Json) -> Json:
        return {"status_code": 200, "body": {"open": True}}


class Exports(Shop):
    """A shop that writes its orders into a channel, for whoever asked for them."""

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "shop::export": self.export}

    async def export(self, data: Json) -> Json:
        ends = await self.engine("engine::channels::create", {})
        self.pouring = asyncio.create_task(self.pour(ends["writer"]))
        return {"reader": ends["reader"]}

    async def pour(self, end: Json) -> None:
        try:
            async with self.channel(end) as socket:
                await socket.send(b"order,price")
        except (OSError, WebSocketException) as fault:
            self.unwritten(fault)

    def unwritten(self, fault: Exception) -> None:
        """A channel was lost."""
        self.log(f"a channel was lost: {fault}")


class Finds(Shop):
    """A shop that looks things up in two ways."""

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "shop::find": self.find}

    async def find(self, data: Json) -> Json:
        return {"found": await self.engine("state::list", {"scope": "shop"})}


OWN = {"handlers", "triggers", "__module__", "__doc__", "__qualname__"}
"""The names that a mutant may override without an effect in a shop."""

UNREACHABLE = {name for name in vars(Handlers) if not name.startswith("_")} - {
    "hello",
    "metadata_of",
    "call_fields",
    "argument",
    "namespace_of_call",
    "action",
}
"""Handlers of well-known functions, which a shop does not have."""


def unprepared(mutant: Mutant) -> type[Worker] | None:
    """The mutant as a shop; ``None`` if it only breaks well-known functions."""
    if issubclass(mutant.worker, Shop):
        return mutant.worker
    changed = {name for cls in mutant.worker.__mro__[: -len(Worker.__mro__)] for name in vars(cls)}
    if changed <= OWN | UNREACHABLE | {"__annotations__", "__static_attributes__"}:
        return None
    return type(f"Unprepared{mutant.name}", (Shop, mutant.worker), {})
