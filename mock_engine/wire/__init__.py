"""WebSockets and HTTP: listeners, connections and frames, whatever messages they carry."""

from mock_engine.wire.connection import Application, Connection
from mock_engine.wire.frames import Frame
from mock_engine.wire.handshakes import plain
from mock_engine.wire.http_only import HttpOnly
from mock_engine.wire.limits import Limits
from mock_engine.wire.listener import Listener
from mock_engine.wire.pass_through import PassThrough
from mock_engine.wire.responses import Response

__all__ = [
    "Application",
    "Connection",
    "Frame",
    "HttpOnly",
    "Limits",
    "Listener",
    "PassThrough",
    "Response",
    "plain",
]
