"""Mutants that do not give way when their name is taken, or do not report it."""

from __future__ import annotations

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Json, Worker


@breaks("REC-012")
class InsistsOnItsName(Worker):
    def rejected(self, message: Json) -> None:
        return None


@breaks("REC-030")
class IgnoresRefusalsItDoesNotKnow(Worker):
    """Announces itself as an SDK of 0.26, because the rule exists since then."""

    def description(self) -> Json:
        telemetry = {"language": "rust", "framework": "iii-rust"}
        return {**super().description(), "version": "0.26.0", "telemetry": telemetry}

    def rejected(self, message: Json) -> None:
        if message["code"] == "WORKER_NAMESPACE_CONFLICT":
            super().rejected(message)


@breaks("REC-037")
class LivesOnInSilence(Plain):
    def log(self, text: str) -> None:
        return None


@breaks("REC-012", full=True)
class ComesBackToItsNameLater(Plain):
    """Treats the rejection as a reason to wait longer."""

    late = False

    def rejected(self, message: Json) -> None:
        self.log(f"rejected: {message['code']}")
        self.late = True

    def delay(self, attempt: int) -> float:
        return 15.0 if self.late else super().delay(attempt)
