"""Running engines, kept for the next probe that needs the same configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.engines.engine import EngineSubject, Running
from conformance.errors import UsageError


@dataclass(slots=True)
class Pool:
    """Idle engines for the next probe, by profile; at most ``parallel`` engines run at a time."""

    subject: EngineSubject
    idle: list[tuple[str, Running]] = field(default_factory=list)
    running: int = 0
    useless: dict[str, UsageError] = field(default_factory=dict)

    async def take(self, profile: str, *, fresh: bool) -> Running:
        """An engine with a profile; an idle one may be stopped to make room for it.

        Raises:
            UsageError: none can be started with this profile; that is tried once.
            Inconclusive: there is none that the suite does not start.
        """
        if profile in self.useless:
            raise self.useless[profile]
        if not fresh:
            for place, (own, engine) in enumerate(self.idle):
                if own == profile and engine.alive():
                    del self.idle[place]
                    return engine
        while self.idle and self.running >= self.subject.parallel:
            await self.drop(self.idle.pop(0)[1])
        self.running += 1
        try:
            return await self.subject.start(profile)
        except BaseException as fault:
            self.running -= 1
            if isinstance(fault, UsageError):
                self.useless[profile] = fault
            raise

    async def give(self, profile: str, engine: Running) -> None:
        """Keep an engine for the next probe, if it is still running."""
        if engine.alive():
            self.idle.append((profile, engine))
        else:
            await self.drop(engine)

    async def drop(self, engine: Running) -> None:
        """Stop an engine."""
        self.running -= 1
        await engine.stop()

    async def close(self) -> None:
        """Stop every idle engine."""
        for _, engine in self.idle:
            await self.drop(engine)
        self.idle.clear()
