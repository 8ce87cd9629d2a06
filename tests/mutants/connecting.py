"""Mutants that connect, announce or stay connected wrongly."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Opcode

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


@breaks("CON-001")
class NeverDials(Worker):
    async def run(self) -> int:
        self.install_signals()
        await self.stopping.wait()
        return 0


@breaks("CON-002")
class DialsAnotherPath(Worker):
    def url(self) -> str:
        return super().url() + "/worker"


@breaks("CON-003")
class DawdlesBeforeTheUpgrade(Worker):
    async def dial(self) -> ClientConnection:
        address = urlsplit(self.url())
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        await self.pause(60)
        writer.close()
        raise OSError("told to stop")


@breaks("CON-004")
class GivesUpWithoutAnEngine(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return isinstance(fault, ConnectionRefusedError)


@breaks("CON-005")
class WaitsForTheGreeting(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await self.receive(socket, await socket.recv())
        previous, self.previous = self.previous, None
        await super().open(socket)
        self.previous = previous


@breaks("CON-006")
class IgnoresTheAddress(Worker):
    def url(self) -> str:
        return f"ws://127.0.0.1:{os.environ.get('MUTANT_PORT', '49134')}"


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


@breaks("RDY-001")
class EndsByItself(Worker):
    async def session(self, socket: ClientConnection) -> None:
        asyncio.get_running_loop().call_later(1.5, os._exit, 0)
        await super().session(socket)


@breaks("RDY-002")
class LeavesPingsUnanswered(Worker):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=_Silent)


@breaks("REC-034")
class AnswersPingsOfItsFirstConnection(Worker):
    async def dial(self) -> ClientConnection:
        return await (
            connect(self.url(), create_connection=_Silent) if self.connects else super().dial()
        )


class _Silent(ClientConnection):
    def __init__(self, protocol: Any, **options: Any) -> None:
        send_frame = protocol.send_frame
        protocol.send_frame = lambda frame: frame.opcode is Opcode.PONG or send_frame(frame)
        super().__init__(protocol, **options)


@breaks("CON-007")
class ComesBackAtOnceAfterAnError(Worker):
    def __init__(self) -> None:
        super().__init__()
        self.refused_once = False

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        self.refused_once |= message.get("type") == "error"
        await super().dispatch(socket, message)

    def delay(self, attempt: int) -> float:
        return 0.0 if self.refused_once else super().delay(attempt)


@breaks("CON-007")
class DiesOfAnErrorMessage(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if message.get("type") == "error":
            os._exit(3)
        await super().dispatch(socket, message)


@breaks("CON-008")
class KeepsItsTokenToItself(Worker):
    def headers(self) -> dict[str, str]:
        return {}


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


@breaks("RDY-003")
class IgnoresPingMessages(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if message.get("type") != "ping":
            await super().dispatch(socket, message)


@breaks("RDY-004")
class BlocksWhileItSleeps(Worker):
    async def sleep(self, data: Json) -> Json:
        time.sleep(data["ms"] / 1000)  # noqa: ASYNC251 - the mistake it is made for
        return {"slept_ms": data["ms"]}


@breaks("CON-009")
class DropsTheQuery(Worker):
    def url(self) -> str:
        return super().url().partition("?")[0]


@breaks("CON-009")
class KeepsHalfTheQuery(Worker):
    def url(self) -> str:
        return super().url().partition("&")[0]


class NeedsOfAGreeting(Worker):
    """Stops reading after a greeting that it does not understand."""

    def understands(self, greeting: Json) -> bool:
        raise NotImplementedError

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if message.get("type") == "workerregistered" and not self.understands(message):
            await self.stopping.wait()
        await super().dispatch(socket, message)


@breaks("CON-010")
class NeedsAToken(NeedsOfAGreeting):
    def understands(self, greeting: Json) -> bool:
        return "reattach_token" in greeting


@breaks("CON-010")
class NeedsATokenThatIsText(NeedsOfAGreeting):
    def understands(self, greeting: Json) -> bool:
        return isinstance(greeting.get("reattach_token", ""), str)


@breaks("CON-010")
class AllowsNoFeatures(NeedsOfAGreeting):
    def understands(self, greeting: Json) -> bool:
        return set(greeting) <= {"type", "worker_id", "reattach_token"}


@breaks("CON-011")
class GivesUpAfterABadHandshake(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return not self.connects and not isinstance(fault, ConnectionRefusedError)


@breaks("CON-011")
class TakesARefusalForFinal(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return not self.connects and "503" in str(fault)


@breaks("CON-012")
class WaitsForEverToConnect(Worker):
    open_timeout = None


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
    """Another connection of the same worker, for whatever it is, with nothing on it."""

    def install_signals(self) -> None:
        return

    def registrations(self) -> list[Json]:
        return []


@breaks("ANN-009")
class TakesBlanksForAName(Worker):
    def name(self) -> str:
        return os.environ.get("III_WORKER_NAME", super().name())


@breaks("REG-012")
class RegistersTwiceWhenLate(Worker):
    """Queues its registrations while there is no engine, and replays them as well."""

    def gives_up(self, fault: Exception) -> bool:
        self.late = True
        return False

    def functions(self) -> list[Json]:
        again = super().functions() if getattr(self, "late", False) and not self.connects else []
        return [*again, *super().functions()]


@breaks("REG-012")
class ForgetsWhatItRegisteredOffline(RegistersTwiceWhenLate):
    def functions(self) -> list[Json]:
        lost = getattr(self, "late", False) and not self.connects
        return Worker.functions(self)[:1] if lost else Worker.functions(self)
