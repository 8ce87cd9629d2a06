"""Mutants that announce themselves wrongly."""

from __future__ import annotations

import asyncio
import os

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Json, Worker


@breaks("ANN-001")
class NeverAnnounces(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        return None


@breaks("ANN-002")
class KeepsItsPidToItself(Worker):
    def description(self) -> Json:
        described = super().description()
        del described["pid"]
        return described


@breaks("ANN-003")
class AnnouncesLate(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        self.late = asyncio.get_running_loop().call_later(
            5.6, lambda: asyncio.ensure_future(super(AnnouncesLate, self).announce(socket))
        )


@breaks("ANN-004")
class NamesABlankNamespace(Worker):
    def description(self) -> Json:
        return {**super().description(), "namespace": " "}


@breaks("ANN-005")
class ChoosesItsOwnName(Worker):
    def name(self) -> str:
        return "mutant"


@breaks("ANN-006")
class IgnoresItsNamespace(Worker):
    def namespace(self) -> str | None:
        return None


@breaks("ANN-007")
class TakesBlanksForANamespace(Worker):
    def namespace(self) -> str | None:
        return os.environ.get("III_NAMESPACE")


@breaks("ANN-008")
class AnnouncesTwoOfAName(Worker):
    async def run(self) -> int:
        second = _Second()
        codes = await asyncio.gather(super().run(), second.run(), self.pass_on(second))
        return codes[0]

    async def pass_on(self, second: Worker) -> int:
        await self.stopping.wait()
        second.signalled(None)  # type: ignore[arg-type]
        return 0


class _Second(Worker):
    """A second connection of the same worker, for any purpose, without messages."""

    def install_signals(self) -> None:
        return

    def registrations(self) -> list[Json]:
        return []


@breaks("ANN-009")
class TakesBlanksForAName(Worker):
    def name(self) -> str:
        return os.environ.get("III_WORKER_NAME", super().name())


@breaks("ANN-002")
class AnnouncesNoProcess(Plain):
    def description(self) -> Json:
        return {**super().description(), "pid": 0}


@breaks("ANN-003")
class AnnouncesLateOnceItIsBack(Plain):
    async def announce(self, socket: ClientConnection) -> None:
        if not self.connects:
            await super().announce(socket)
            return
        self.late = asyncio.get_running_loop().call_later(
            5.6, lambda: asyncio.ensure_future(Worker.announce(self, socket))
        )


@breaks("ANN-005")
class ForgetsItsNameOnceItIsBack(Plain):
    def name(self) -> str:
        return f"mutant-{os.getpid()}" if self.connects else super().name()


@breaks("ANN-006")
class ForgetsItsNamespaceOnceItIsBack(Plain):
    def namespace(self) -> str | None:
        return None if self.connects else super().namespace()
