"""Mutants that stop wrongly."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Result, Worker


class Ignores(Worker):
    """Ignores one signal."""

    ignored: signal.Signals

    def signalled(self, number: signal.Signals) -> None:
        if number is not self.ignored:
            super().signalled(number)


@breaks("SHD-001")
class IgnoresSigterm(Ignores):
    ignored = signal.SIGTERM


@breaks("SHD-001")
class EndsOnlyWhenIdle(Shop):
    """Waits for the work that it had when the signal arrived, and never learns that it is done."""

    async def drain(self) -> None:
        if self.running:
            await asyncio.Future()


@breaks("SHD-003")
class IgnoresSigint(Ignores):
    ignored = signal.SIGINT


class DiesOf(Worker):
    """Leaves one signal to the operating system."""

    signal: signal.Signals

    def install_signals(self) -> None:
        super().install_signals()
        asyncio.get_running_loop().remove_signal_handler(self.signal)
        signal.signal(self.signal, signal.SIG_DFL)


@breaks("SHD-002")
class ExitsWithAnError(Worker):
    def exit_code(self) -> int:
        return 1


@breaks("SHD-002")
class DiesOfSigterm(DiesOf):
    signal = signal.SIGTERM


@breaks("SHD-004")
class DiesOfSigint(DiesOf):
    signal = signal.SIGINT


@breaks("SHD-005")
class LeavesAChild(Worker):
    async def session(self, socket: ClientConnection) -> None:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        await super().session(socket)


@breaks("SHD-006")
class ComesBackBeforeItEnds(Worker):
    async def leave(self) -> None:
        await super().leave()
        again = await self.dial()
        await self.open(again)
        await again.close()


@breaks("SHD-007")
class LeavesWithoutAWord(Worker):
    async def goodbye(self) -> None:
        assert self.socket is not None
        self.socket.transport.abort()


@breaks("SHD-008")
class DropsWhatIsRunning(Worker):
    async def drain(self) -> None:
        for task in self.running:
            task.cancel()


@breaks("SHD-009")
class WaitsForItsAnswers(Worker):
    def fail_pending(self) -> None:
        return None

    async def drain(self) -> None:
        if self.running:
            await asyncio.wait(self.running)


@breaks("SHD-010")
class FlushesForEver(Worker):
    async def goodbye(self) -> None:
        if not self.connected:
            await asyncio.Future()
        await super().goodbye()


@breaks("SHD-011")
class BeginsToEndAgain(Worker):
    def signalled(self, number: signal.Signals) -> None:
        if self.leaving is not None:
            self.leaving.cancel()
            self.leaving = asyncio.get_running_loop().create_future()
            return
        super().signalled(number)


class LosesSignals(Plain):
    """Ignores signals while it is ``busy``, and forgets them."""

    @property
    def busy(self) -> bool:
        raise NotImplementedError

    def signalled(self, number: signal.Signals) -> None:
        if not self.busy:
            super().signalled(number)


@breaks("SHD-012")
class LosesASignalBeforeItsFirstConnection(LosesSignals):
    dialled = False

    @property
    def busy(self) -> bool:
        return not self.dialled

    async def dial(self) -> ClientConnection:
        socket = await super().dial()
        self.dialled = True
        return socket


@breaks("SHD-013")
class WaitsForItsHandshake(Plain):
    open_timeout = None

    async def unless_stopped(self, dialling: Coroutine[Any, Any, Result]) -> Result:
        return await dialling


@breaks("SHD-014")
class LosesASignalWhileItRegisters(LosesSignals):
    registering = True

    @property
    def busy(self) -> bool:
        return self.registering

    async def start(self, socket: ClientConnection, message: Json) -> None:
        self.registering = False
        await super().start(socket, message)


@breaks("SHD-015", full=True)
class WaitsForTheAnswerToItsCloseFrame(Plain):
    async def goodbye(self) -> None:
        if self.socket is not None:
            self.socket.close_timeout = 60
            await self.socket.close()


@breaks("SHD-002")
class ExitsWithAnErrorWithoutAnEngine(Plain):
    def exit_code(self) -> int:
        return 0 if self.was_connected else 1

    def signalled(self, number: signal.Signals) -> None:
        self.was_connected = self.connected
        super().signalled(number)


@breaks("SHD-002")
class ExitsWithAnErrorBeforeItsEngineCame(Plain):
    def exit_code(self) -> int:
        return 0 if self.connects else 70


@breaks("SHD-005")
class LeavesAHelperOfItsHandlers(Plain):
    helper: subprocess.Popen[bytes] | None = None

    async def start(self, socket: ClientConnection, message: Json) -> None:
        if self.helper is None:
            self.helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        await super().start(socket, message)


@breaks("SHD-006")
class ComesBackToReportItsWork(Shop):
    async def leave(self) -> None:
        await super().leave()
        if self.has_worked:
            again = await self.dial()
            await self.open(again)
            await again.close()

    has_worked = False

    async def get(self, data: Json) -> Json:
        self.has_worked = True
        return await super().get(data)

    async def put(self, data: Json) -> Json:
        self.has_worked = True
        return await super().put(data)


@breaks("SHD-007")
class LeavesWithoutAWordOnSigint(Plain):
    interrupted = False

    def signalled(self, number: signal.Signals) -> None:
        self.interrupted = number is signal.SIGINT
        super().signalled(number)

    async def goodbye(self) -> None:
        if self.interrupted and self.socket is not None:
            self.socket.transport.abort()
        else:
            await super().goodbye()


@breaks("SHD-014")
class WaitsForItsGreeting(Plain):
    """Leaves in good order, and only when its engine knows it."""

    def __init__(self) -> None:
        super().__init__()
        self.greeted = asyncio.Event()

    def remember(self, greeting: Json) -> None:
        super().remember(greeting)
        self.greeted.set()

    async def leave(self) -> None:
        await self.greeted.wait()
        await super().leave()


@breaks("SHD-010", full=True)
class EndsWhenItsPauseIsOver(Plain):
    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
