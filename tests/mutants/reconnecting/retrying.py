"""Mutants that retry too soon, too often, or although they were told not to."""

from __future__ import annotations

from websockets.exceptions import InvalidHandshake

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Worker


@breaks("REC-027")
class GivesUpAfterFourTries(Worker):
    tries = 0

    def gives_up(self, fault: Exception) -> bool:
        self.tries = self.tries + 1 if isinstance(fault, InvalidHandshake) else 0
        return self.tries > 4

    def delay(self, attempt: int) -> float:
        return 1.0


@breaks("REC-028")
class TriesAllTheTime(Worker):
    def delay(self, attempt: int) -> float:
        return 0.4


@breaks("REC-010")
class ReconnectsAtOnce(Worker):
    def delay(self, attempt: int) -> float:
        return 0.01


@breaks("REC-010")
class SpinsOnceRefused(Worker):
    def delay(self, attempt: int) -> float:
        return 1.0 if attempt == 1 else 0.02


@breaks("REC-021")
class WaitsLongerEachTime(Worker):
    def delay(self, attempt: int) -> float:
        return min(2.0 ** max(self.connects - 1, 0), 30.0)


@breaks("REC-027")
class GivesUpAfterSevenRefusedConnections(Plain):
    tries = 0

    def gives_up(self, fault: Exception) -> bool:
        self.tries = self.tries + 1 if isinstance(fault, ConnectionRefusedError) else 0
        return self.tries == 7

    def delay(self, attempt: int) -> float:
        return 1.0
