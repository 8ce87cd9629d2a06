"""Features of a protocol version that an engine can advertise and a worker declare."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.versions.ranges import VersionRange

OBSERVE = "observe.v1"
OBSERVE_HOOKS = "observe.v2"
LOCAL_DISPATCH = "local-dispatch.v1"
LARGE_MESSAGES = "large-messages.v1"

FEATURES: Mapping[str, VersionRange] = {
    OBSERVE: VersionRange("0.25"),
    OBSERVE_HOOKS: VersionRange("0.26"),
    LOCAL_DISPATCH: VersionRange("0.25"),
    LARGE_MESSAGES: VersionRange("0.25"),
}
"""The versions that have each feature, by its name."""
