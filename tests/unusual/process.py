"""Workers with an unusual process: its output, its children, its end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.mutants.worker import Json, Worker
from tests.unusual.catalogue import unusual


@unusual
class WritesALot(Worker):
    async def run(self) -> int:
        threading.Thread(target=self.babble, daemon=True).start()
        return await super().run()

    def babble(self) -> None:
        while not self.stopping.is_set():
            sys.stdout.buffer.write(b"\xff\xfe noise \x1b[31m" * 500 + b"\n")
            sys.stderr.write("x" * 20_000)
            time.sleep(0.01)


@unusual
class SetsUpSignalsOnceItIsConnected(Worker):
    """Leaves signals to the system until then, and is ended by them as any program is."""

    def install_signals(self) -> None:
        return None

    async def open(self, socket: ClientConnection) -> None:
        if not self.connects:
            super().install_signals()
        await super().open(socket)


@unusual
class SetsUpSignalsAfterItsFirstAnswer(Worker):
    """The SDK connects in the background, while the program is still being set up."""

    set_up = False

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        if not self.set_up:
            self.set_up = True
            asyncio.get_running_loop().call_later(0.1, super().install_signals)

    def install_signals(self) -> None:
        """Not yet."""


@unusual
class TakesItsTimeToLeave(Worker):
    async def goodbye(self) -> None:
        await super().goodbye()
        await asyncio.sleep(2)


@unusual
class HasAChild(Worker):
    async def run(self) -> int:
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
            try:
                return await super().run()
            finally:
                child.terminate()


@unusual
class DrainsForFiveSeconds(Worker):
    async def drain(self) -> None:
        await super().drain()
        await asyncio.sleep(5)


@unusual
class LeavesAChildToEnd(Worker):
    """Its child notices that its parent is gone, and ends half a second later."""

    CHILD = (
        "import os,sys,time\nwhile str(os.getppid())==sys.argv[1]: time.sleep(.1)\ntime.sleep(.3)"
    )

    async def run(self) -> int:
        subprocess.Popen([sys.executable, "-S", "-c", self.CHILD, str(os.getpid())])
        return await super().run()


@unusual
class EndsAtOnceWhenToldTwice(Worker):
    def signalled(self, number: Any) -> None:
        if self.stopping.is_set():
            os._exit(0)
        super().signalled(number)
