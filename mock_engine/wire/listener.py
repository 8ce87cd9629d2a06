"""One listening port."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import socket
import time
from collections.abc import Callable

from mock_engine.faults import Course, Schedule
from mock_engine.transcript import Transcript
from mock_engine.wire.batch import Batch
from mock_engine.wire.connection import Application, Connection
from mock_engine.wire.limits import Limits

_numbers = itertools.count(1)
"""Connection numbers for listeners without a transcript, shared by all listeners of the process."""


PATIENCE, MOMENT = 50, 0.002
"""How often to retry a port that its own closed socket still holds, and the interval in seconds."""

TURNS = 4
"""The turns of the event loop after which a pending accept has become a connection."""


class Listener:
    """Accepts connections for an application, and applies the faults of a schedule.

    ``bind`` creates the socket, where ``bound`` does not suit.
    """

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        transcript: Transcript | None = None,
        limits: Limits | None = None,
        bind: Callable[[str, int], socket.socket] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.connections: dict[int, Connection] = {}
        self._application = application
        self._transcript = transcript
        self._limits = limits or Limits()
        self._batch = Batch()
        self._bind = bind or bound
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._course: Course | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._reopening: asyncio.Task[None] | None = None

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
        """Listen on ``host``; port 0 takes a free one, which is then in ``port``.

        Raises:
            OSError: the port is taken or may not be used.
        """
        listener = cls(application, host, port, transcript=transcript, limits=limits)
        await listener.listen()
        return listener

    @property
    def has_port(self) -> bool:
        """Whether the port is held, if only to refuse connections."""
        return self._server is not None or self._held is not None

    async def listen(self) -> None:
        """Begin to accept, on the same port as before if there was one.

        Raises:
            OSError: the port is taken or may not be used.
        """
        held, self._held = self._held or self._bound(), None
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connection, sock=held, backlog=1024
            )
        except BaseException:  # cancelled meanwhile: nobody else closes the socket
            held.close()
            raise

    def _bound(self) -> socket.socket:
        held = self._bind(self.host, self.port)
        self.port = held.getsockname()[1]
        return held

    def play(self, schedule: Schedule) -> None:
        """Follow a fault schedule from now on, instead of the previous one.

        The effects of the previous one end: the port is open again, and so are half-open
        connections. On a listener that does not listen yet, ``refuse`` still reserves the port.
        """
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._admit()
        self._course = course = Course(schedule)
        for seconds, rule in course.of_the_port():
            if seconds:
                loop = asyncio.get_running_loop()
                self._timers.append(loop.call_later(seconds, self._refuse, rule.lasts))
            else:
                self._refuse(rule.lasts)
        for connection in tuple(self.connections.values()):
            connection.follow(course)

    def _refuse(self, lasts: float | None) -> None:
        """Refuse new connections; open ones stay open.

        The port stays reserved: a released port may be given to any other process.
        """
        if self._reopening is not None:
            self._reopening.cancel()  # set by the previous schedule
            self._reopening = None
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._held is None:
            self._held = self._rebound()
        if lasts is not None:
            self._timers.append(asyncio.get_running_loop().call_later(lasts, self._admit))

    def _rebound(self) -> socket.socket:
        """The port, bound again as soon as the closed socket releases it.

        A process that another thread is starting right now holds a copy of the socket until it
        executes its program, for some milliseconds.
        """
        for _ in range(PATIENCE):
            try:
                return self._bound()
            except OSError as fault:
                if fault.errno != errno.EADDRINUSE:
                    raise
            time.sleep(MOMENT)
        return self._bound()

    def _admit(self) -> None:
        if self._held is not None:
            self._reopening = asyncio.get_running_loop().create_task(self.listen())

    async def stop(self, spare: Callable[[Connection], bool] | None = None) -> None:
        """Refuse new connections, cut the open ones, and release the port.

        Connections for which ``spare`` is true stay open until it is called again.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
        for timer in self._timers:
            timer.cancel()
        if self._reopening is not None:
            self._reopening.cancel()
        if self._held is not None:
            self._held.close()
            self._held = None
        for _ in range(TURNS):
            for connection in tuple(self.connections.values()):
                if spare is None or not spare(connection):
                    connection.cut()
            await asyncio.sleep(0)

    def _connection(self) -> Connection:
        numbered = self._transcript.next_connection() if self._transcript else next(_numbers)
        connection = Connection(
            numbered,
            self._application,
            limits=self._limits,
            course=self._course,
            refuse=self._refuse,
            transcript=self._transcript,
            batch=self._batch,
            gone=self._gone,
        )
        self.connections[numbered] = connection
        return connection

    def _gone(self, connection: Connection) -> None:
        del self.connections[connection.id]


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to this address of the machine; port 0 takes a free one.

    Raises:
        OSError: the port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as undo:
        held = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, port))
        except OSError as fault:
            raise OSError(fault.errno, f"{host}:{port}: {fault.strerror}") from None
        undo.pop_all()
    return held
