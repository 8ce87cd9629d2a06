"""What a machine needs to build workers and clients on the SDKs, and what to do without."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from tests.sdks.build import Build


def built(build: Build) -> Build:
    """A build that is ready to be run; without its tool the test is skipped, or fails in CI."""
    if not build.available:
        required([build])
        pytest.skip(f"{build.tool} is not installed, so {build.name} is not built")
    build.ensure()
    return build


def required(builds: Iterable[Build]) -> None:
    """Fail in continuous integration, where the tools for these builds have to be there."""
    if os.environ.get("CI"):
        told = ", ".join(f"{build.name} without {build.tool}" for build in builds)
        pytest.fail(f"cannot be built, and has to be in continuous integration: {told}")
