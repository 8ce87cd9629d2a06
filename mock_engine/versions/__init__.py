"""Versions: what came and went with which version of the protocol and of the engine.

``history`` is data: messages, fields, functions, trigger types and features, each with its span
of versions. ``ranges`` compares versions. Whoever asks what a version has asks here.
"""

from mock_engine.versions.features import FEATURES, LARGE_MESSAGES, LOCAL_DISPATCH, OBSERVE
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

__all__ = [
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
    "OLDEST",
    "TRIGGER_TYPES",
    "Renamed",
    "VersionRange",
    "numbers",
]
