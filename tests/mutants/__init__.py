"""Small wrong workers, at least one for each requirement with a check."""

from tests.mutants import (
    calling,
    channels,
    connecting,
    enduring,
    handling,
    messages,
    reconnecting,
    registering,
    reporting,
    shutting,
    using,
)
from tests.mutants.catalogue import MUTANTS, Mutant

MODULES = (
    connecting,
    registering,
    messages,
    handling,
    calling,
    reconnecting,
    enduring,
    shutting,
    using,
    reporting,
    channels,
)

__all__ = ["MODULES", "MUTANTS", "Mutant"]
