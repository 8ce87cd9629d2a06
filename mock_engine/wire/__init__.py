"""The wire: listeners, connections, frames. It knows nothing of the messages they carry."""

from mock_engine.wire.admission import (
    Admission,
    Admit,
    EndOnAccept,
    Reject,
    ResetOnAccept,
    Stall,
)
from mock_engine.wire.connection import Connection
from mock_engine.wire.http import Application, Response
from mock_engine.wire.limits import Limits
from mock_engine.wire.listener import Listener

__all__ = [
    "Admission",
    "Admit",
    "Application",
    "Connection",
    "EndOnAccept",
    "Limits",
    "Listener",
    "Reject",
    "ResetOnAccept",
    "Response",
    "Stall",
]
