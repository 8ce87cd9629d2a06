"""Messages for workers, in the form of a given release."""

from __future__ import annotations

import json

from mock_engine.messages import RegistrationRejected, WorkerRegistered, encode
from mock_engine.outgoing import gaps, without
from mock_engine.versions import Release


def test_a_release_lacks_what_came_later() -> None:
    older = gaps(Release("0.11"))

    assert older[RegistrationRejected] is None
    assert older[WorkerRegistered] == frozenset({"reattach_token", "features"})
    assert RegistrationRejected not in gaps(Release("0.23"))


def test_a_message_without_a_field_is_written_without_it() -> None:
    message = without(WorkerRegistered("w", "t", ("observe.v1",)), {"reattach_token", "features"})

    assert json.loads(encode(message)) == {"type": "workerregistered", "worker_id": "w"}
