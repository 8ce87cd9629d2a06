"""Versions: what came and went with which version of the protocol and of the engine.

``history`` is data: messages, fields, functions, trigger types and features, each with its span
of versions. ``behaviours`` is data, too. ``Release`` answers questions about one version.
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
    TRIGGER_TYPES,
    Renamed,
)
from mock_engine.versions.ranges import VersionRange, numbers
from mock_engine.versions.release import Release

__all__ = [
    "BEHAVIOURS",
    "ENGINE",
    "FEATURES",
    "FIELDS",
    "FUNCTIONS",
    "LARGE_MESSAGES",
    "LOCAL_DISPATCH",
    "MESSAGES",
    "NEWER_FUNCTION",
    "NEWER_TYPE",
    "NEWEST",
    "OBSERVE",
    "OBSERVE_HOOKS",
    "OLDEST",
    "QUEUE_SERVES_ENQUEUE",
    "TRIGGER_TYPES",
    "Release",
    "Renamed",
    "VersionRange",
    "numbers",
]
