"""Publish and subscribe: topics whose messages go to whoever listens (``iii-pubsub``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mock_engine.inputs import Field, Form, is_anything
from mock_engine.messages import InvokeFunction
from mock_engine.modules.base import NOTHING, Failure, Module, Offer

PUBLISH = Form("PubSubInput", (Field("topic"), Field("data", is_anything)))


class PubSubModule(Module):
    """The function ``publish`` and the trigger type ``subscribe``.

    Subscribers get the data alone: conditions and metadata of a binding are not looked at.
    """

    name = "iii-pubsub"
    has_entry = True
    title = "Topic-based publish/subscribe messaging for real-time event distribution."
    trigger_types: ClassVar[Mapping[str, str]] = {"subscribe": "Subscribe to a topic"}

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {"publish": Offer(self._publish, "Publishes an event")}

    def _publish(self, call: InvokeFunction) -> Any:
        inputs = PUBLISH.read(call.data, call.function_id)
        if not inputs["topic"]:
            raise Failure("topic_not_set", "Topic is not set")
        for bound in self.bindings.values():
            if bound.setting("topic") == inputs["topic"]:
                self.host.fire(bound.function_id, inputs["data"], namespace=bound.namespace)
        return NOTHING
