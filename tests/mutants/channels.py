"""Mutants that write to channels, or read from them, wrongly."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.exceptions import ConnectionClosed

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


@breaks("CHN-002")
class WritesMessagesAsData(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        return [p.encode() if isinstance(p, str) else p for p in super().pieces(part)]


@breaks("CHN-002")
class WritesDataAsText(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        return [part["base64"]] if "base64" in part else super().pieces(part)


@breaks("CHN-002")
class ClosesBeforeItHasWritten(Worker):
    """Its close overtakes what it still has to send."""

    async def write(self, data: Json) -> Json:
        *early, last = data["parts"]
        await super().write({**data, "parts": early})
        return {"written": len(early) + bool(last)}


@breaks("CHN-002")
class WritesMessagesFirst(Worker):
    async def write(self, data: Json) -> Json:
        parts = sorted(data["parts"], key=lambda part: "text" not in part)
        return await super().write({**data, "parts": parts})


@breaks("CHN-002")
class LeavesTheChannelOpen(Worker):
    async def write(self, data: Json) -> Json:
        self.kept = await self.channel(data["channel"])
        for part in data["parts"]:
            for piece in self.pieces(part):
                await self.kept.send(piece)
        return {"written": len(data["parts"])}


@breaks("CHN-003")
class ReadsWhatIsThere(Worker):
    """Stops at the first message that it has to wait for."""

    async def read(self, data: Json) -> Json:
        async with self.channel(data["channel"]) as socket:
            return self.told_parts([await socket.recv(), await socket.recv()])


@breaks("CHN-003")
class ReadsDataAlone(Worker):
    def told_parts(self, parts: list[bytes | str]) -> Json:
        return super().told_parts([part for part in parts if isinstance(part, bytes)])


@breaks("CHN-003")
class ReadsEverythingAsData(Worker):
    def told_parts(self, parts: list[bytes | str]) -> Json:
        return super().told_parts([p.encode() if isinstance(p, str) else p for p in parts])


@breaks("CHN-004")
class WritesInOnePiece(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        found = super().pieces(part)
        return found if "text" in part else [b"".join(p for p in found if isinstance(p, bytes))]


@breaks("CHN-005")
class WaitsForALostReader(Worker):
    """Keeps a channel that breaks off, for it may come back."""

    async def write(self, data: Json) -> Json:
        socket = await self.channel(data["channel"])
        with contextlib.suppress(ConnectionClosed):
            for part in data["parts"]:
                for piece in self.pieces(part):
                    await socket.send(piece)
        await socket.close()
        if socket.close_code != 1000:
            await asyncio.Event().wait()
        return {"written": len(data["parts"])}


@breaks("CHN-005")
class WaitsForALostWriter(Worker):
    async def read(self, data: Json) -> Json:
        try:
            return await super().read(data)
        except ConnectionClosed:
            return await asyncio.Event().wait()
