"""The wire: listeners, connections, frames. It knows nothing of the messages they carry."""

from mock_engine.wire.connection import Connection
from mock_engine.wire.frames import Frame
from mock_engine.wire.handshakes import plain
from mock_engine.wire.http import Application, Response
from mock_engine.wire.limits import Limits
from mock_engine.wire.listener import Listener

__all__ = [
    "Application",
    "Connection",
    "Frame",
    "Limits",
    "Listener",
    "Response",
    "plain",
]
