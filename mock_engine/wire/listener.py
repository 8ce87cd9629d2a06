"""One listening port."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket

from mock_engine.transcript import Transcript
from mock_engine.wire.admission import Admission, Admit
from mock_engine.wire.connection import Connection
from mock_engine.wire.http import Application
from mock_engine.wire.limits import Limits

_numbers = itertools.count(1)
"""Numbers of connections without a transcript: of all listeners, for an engine may have several."""


class Listener:
    """Accepts connections for an application.

    ``admission`` may be changed at any time; it decides about connections accepted from then on.
    """

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        transcript: Transcript | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.admission: Admission = Admit()
        self.connections: dict[int, Connection] = {}
        self._application = application
        self._transcript = transcript
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None

    @classmethod
    async def start(
        cls,
        application: Application,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        transcript: Transcript | None = None,
        limits: Limits | None = None,
    ) -> Listener:
        """Listen on ``host``; port 0 takes a free one, told in ``port`` afterwards.

        Raises:
            OSError: the port is taken or may not be used.
        """
        listener = cls(application, host, port, transcript=transcript, limits=limits)
        await listener.listen()
        return listener

    async def listen(self) -> None:
        """Begin to accept, on the same port as before when it had one already.

        Raises:
            OSError: the port is taken or may not be used.
        """
        held, self._held = self._held or self._bound(), None
        self._server = await asyncio.get_running_loop().create_server(
            self._connection, sock=held, backlog=1024
        )

    def hold(self) -> None:
        """Take the port without listening: connections are refused and nobody else gets it.

        A port that is merely free may be given to any other process before it is listened on.

        Raises:
            OSError: the port is taken or may not be used.
        """
        self._held = self._bound()

    def _bound(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with contextlib.ExitStack() as undo:
            held = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind((self.host, self.port))
            except OSError as fault:
                place = f"{self.host}:{self.port}"
                raise OSError(fault.errno, f"{place}: {fault.strerror}") from None
            undo.pop_all()
        self.port = held.getsockname()[1]
        return held

    def stop_listening(self) -> None:
        """Refuse new connections; those that are open stay, and the port is kept."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.hold()

    async def stop(self) -> None:
        """Refuse new connections, cut those that are open, and give the port back."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._held is not None:
            self._held.close()
            self._held = None
        for connection in tuple(self.connections.values()):
            connection.cut()
        await asyncio.sleep(0)

    def _connection(self) -> Connection:
        numbered = self._transcript.next_connection() if self._transcript else next(_numbers)
        connection = Connection(
            numbered,
            self._application,
            limits=self._limits,
            admission=self.admission,
            transcript=self._transcript,
            gone=self._gone,
        )
        self.connections[numbered] = connection
        return connection

    def _gone(self, connection: Connection) -> None:
        del self.connections[connection.id]
