"""Small wrong workers, at least one for each requirement with a check."""

from tests.mutants import (
    calling,
    connecting,
    handling,
    messages,
    reconnecting,
    registering,
    shutting,
    using,
)
from tests.mutants.catalogue import MUTANTS, Mutant

MODULES = (calling, connecting, registering, messages, handling, reconnecting, shutting, using)

__all__ = ["MODULES", "MUTANTS", "Mutant"]
