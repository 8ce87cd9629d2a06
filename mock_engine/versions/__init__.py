"""Versions: what was added and removed in which version of the protocol and of the engine.

``history`` is data: messages, fields, functions, trigger types and features, each with its range of
versions. ``behaviours`` and ``sdks`` are data, too. ``Release`` answers questions about one
version.
"""

from mock_engine.versions.behaviours import BEHAVIOURS, QUEUE_SERVES_ENQUEUE
from mock_engine.versions.features import (
    FEATURES,
    LARGE_MESSAGES,
    LOCAL_DISPATCH,
    OBSERVE,
    OBSERVE_HOOKS,
)
from mock_engine.versions.history import (
    ENGINE,
    FIELDS,
    FUNCTIONS,
    MESSAGES,
    NEWER_FUNCTION,
    NEWER_TYPE,
    NEWEST,
    OLDEST,
    RELEASED,
    TRIGGER_TYPES,
    Renamed,
)
from mock_engine.versions.ranges import VersionRange, numbers
from mock_engine.versions.release import Release
from mock_engine.versions.sdks import FRAMEWORKS, NAMES_FRAMEWORK, UNNAMED_RUNTIMES

__all__ = [
    "BEHAVIOURS",
    "ENGINE",
    "FEATURES",
    "FIELDS",
    "FRAMEWORKS",
    "FUNCTIONS",
    "LARGE_MESSAGES",
    "LOCAL_DISPATCH",
    "MESSAGES",
    "NAMES_FRAMEWORK",
    "NEWER_FUNCTION",
    "NEWER_TYPE",
    "NEWEST",
    "OBSERVE",
    "OBSERVE_HOOKS",
    "OLDEST",
    "QUEUE_SERVES_ENQUEUE",
    "RELEASED",
    "TRIGGER_TYPES",
    "UNNAMED_RUNTIMES",
    "Release",
    "Renamed",
    "VersionRange",
    "numbers",
]
