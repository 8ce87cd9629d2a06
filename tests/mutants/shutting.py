"""Mutants that end wrongly."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Worker


class Ignores(Worker):
    """Ignores one signal."""

    ignored: signal.Signals

    def signalled(self, number: signal.Signals) -> None:
        if number is not self.ignored:
            super().signalled(number)


@breaks("SHD-001")
class IgnoresSigterm(Ignores):
    ignored = signal.SIGTERM


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
