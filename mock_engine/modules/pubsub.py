"""Publish and subscribe: topics whose messages go to all subscribers (``iii-pubsub``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from mock_engine.inputs import Field, Form, is_anything
from mock_engine.messages import InvokeFunction
from mock_engine.modules.adapters import redis_server
from mock_engine.modules.base import NOTHING, Failure, Module, Offer
from mock_engine.modules.host import Host

PUBLISH = Form("PubSubInput", (Field("topic"), Field("data", is_anything)))


class PubSubModule(Module):
    """The function ``publish`` and the trigger type ``subscribe``.

    Subscribers get the data alone: the condition and metadata of a binding are ignored.
    """

    name = "iii-pubsub"
    has_entry = True
    title = "Topic-based publish/subscribe messaging for real-time event distribution."
    trigger_types: ClassVar[Mapping[str, str]] = {"subscribe": "Subscribe to a topic"}

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._server = redis_server(options)
        if self._server is not None:
            self._server.on("pubsub", self._published)

    async def start(self) -> None:
        """Connect to the server, if there is one."""
        if self._server is not None:
            await self._server.start(self.host)

    async def stop(self) -> None:
        """Disconnect from the server."""
        if self._server is not None:
            await self._server.stop()

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {"publish": Offer(self._publish, "Publishes an event")}

    def _publish(self, call: InvokeFunction) -> Any:
        inputs = PUBLISH.read(call.data, call.function_id)
        if not inputs["topic"]:
            raise Failure("topic_not_set", "Topic is not set")
        message = {"topic": inputs["topic"], "data": inputs["data"]}
        if self._server is None:
            self._deliver(message)
        else:
            self._server.publish("pubsub", message)
        return NOTHING

    def _published(self, message: bytes) -> None:
        """An engine on the same server published a message."""
        self._deliver(msgspec.json.decode(message))

    def _deliver(self, message: Mapping[str, Any]) -> None:
        for bound in self.bindings.values():
            if bound.setting("topic") == message["topic"]:
                self.host.fire(bound.function_id, message["data"], namespace=bound.namespace)
