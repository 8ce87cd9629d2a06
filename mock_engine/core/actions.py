"""What the core asks its caller to do."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_engine.messages import ProtocolMessage


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send a message to a peer."""

    peer: int
    message: ProtocolMessage


class CloseSession(msgspec.Struct, frozen=True):
    """Send a close frame, without a code when ``code`` is ``None``, and end the connection."""

    peer: int
    code: int | None = None


class Cut(msgspec.Struct, frozen=True):
    """End the connection without a close frame."""

    peer: int


class Wake(msgspec.Struct, frozen=True):
    """Call ``Core.elapsed(key)`` after ``seconds``.

    The key is the number of a peer, or the id of a trigger.
    """

    key: int | str
    seconds: float


Action = Send | CloseSession | Cut | Wake

Actions = list[Action]

Result = tuple[Any, Actions]
"""The result of a built-in function (``None``: no answer yet), and the actions that follow."""
