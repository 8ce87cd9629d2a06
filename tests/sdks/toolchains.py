"""The tools that builds on the SDKs need, and what to do without them."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from tests.sdks.build import Build


def built(build: Build) -> Build:
    """A finished build; without its tool the test is skipped, or fails in CI."""
    if not build.available:
        required([build])
        pytest.skip(f"{build.tool} is not installed, so {build.name} is not built")
    build.ensure()
    return build


def required(builds: Iterable[Build]) -> None:
    """Fail in continuous integration, where the tools for these builds must be installed."""
    if os.environ.get("CI"):
        told = ", ".join(f"{build.name} without {build.tool}" for build in builds)
        pytest.fail(f"cannot be built, and has to be in continuous integration: {told}")
