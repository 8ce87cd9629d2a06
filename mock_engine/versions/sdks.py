"""How official SDKs of some versions announce themselves."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.versions.ranges import VersionRange

FRAMEWORKS: Mapping[str, str] = {
    "iii-py": "python",
    "iii-node": "node",
    "iii-rust": "rust",
    "iii-go": "go",
}
"""The frameworks that official SDKs report in their telemetry, each with its language."""

NAMES_FRAMEWORK = VersionRange("0.11")
"""The versions of SDKs that report their framework."""

UNNAMED_RUNTIMES = ("node", "python")
"""The runtimes of SDKs that were released before frameworks were reported."""
