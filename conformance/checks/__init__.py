"""The checks, one module a phase of a worker's life. Importing a module registers its checks."""

from __future__ import annotations

from conformance.checks import (
    announcing,
    connecting,
    framing,
    handling,
    payloads,
    ready,
    reconnecting,
    registering,
    shutting,
)

MODULES = (
    connecting,
    announcing,
    registering,
    framing,
    ready,
    handling,
    payloads,
    reconnecting,
    shutting,
)
"""Every module of checks, in the order of the life cycle."""
