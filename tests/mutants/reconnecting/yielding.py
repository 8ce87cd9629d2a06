"""Mutants that do not make way when their name is taken, or say nothing of it."""

from __future__ import annotations

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Json, Worker


@breaks("REC-012")
class InsistsOnItsName(Worker):
    def rejected(self, message: Json) -> None:
        return None


@breaks("REC-037")
class LivesOnInSilence(Plain):
    def log(self, text: str) -> None:
        return None
