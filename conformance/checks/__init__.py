"""The checks, one module a phase of a worker's life. Importing a module registers its checks."""

from __future__ import annotations

from conformance.checks import (
    absent,
    announcing,
    calling,
    channels,
    circumstances,
    concurrent,
    configuring,
    connecting,
    enduring,
    failing,
    framing,
    handling,
    payloads,
    providing,
    ready,
    reconnecting,
    registering,
    rejected,
    reporting,
    requests,
    shutting,
    using,
)

MODULES = (
    connecting,
    configuring,
    announcing,
    registering,
    framing,
    ready,
    handling,
    failing,
    concurrent,
    circumstances,
    payloads,
    calling,
    providing,
    rejected,
    reporting,
    channels,
    reconnecting,
    enduring,
    shutting,
    using,
    requests,
    absent,
)
"""Every module of checks, in the order of the life cycle."""
