"""What a machine needs to build workers and clients on the SDKs, and what to do without."""

from __future__ import annotations

import os

import pytest

from tests.sdks.build import BUILDS, Build


def built(name: str) -> Build:
    """A build that is ready to be run; without its tool the test is skipped, or fails in CI."""
    build = BUILDS[name]
    if not build.available:
        required(name)
        pytest.skip(f"{build.tool} is not installed, so {name} is not built")
    build.ensure()
    return build


def required(*names: str) -> None:
    """Fail in continuous integration, where the tools for these builds have to be there."""
    if os.environ.get("CI"):
        tools = sorted({BUILDS[name].tool for name in names})
        pytest.fail(f"{', '.join(tools)} not installed: {', '.join(sorted(names))} cannot be built")
