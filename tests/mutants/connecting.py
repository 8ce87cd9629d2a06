"""Mutants that connect wrongly."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
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


@breaks("CON-004", full=True)
class GivesUpAfterTenRefusals(Plain):
    """Ends after the attempts that are said to be enough, for a supervisor to restart it."""

    tries = 0

    def gives_up(self, fault: Exception) -> bool:
        self.tries += isinstance(fault, ConnectionRefusedError)
        return self.tries == 10

    def delay(self, attempt: int) -> float:
        return 1.0


@breaks("CON-008")
class SendsItsTokenAtFirst(Plain):
    def headers(self) -> dict[str, str]:
        return {} if self.connects else super().headers()


@breaks("CON-009")
class DropsItsQueryOnceItIsBack(Plain):
    def url(self) -> str:
        return super().url().partition("?")[0] if self.connects else super().url()
