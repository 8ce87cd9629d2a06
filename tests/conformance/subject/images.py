"""Images for tests: the Go worker and a few that are wrong, imported without a network."""

from __future__ import annotations

import gc
import io
import os
import shutil
import subprocess
import tarfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.subject.daemon import DockerDaemon

GO = Path(__file__).parents[3] / "reference_workers" / "go"
BINARY = "/worker"


def unavailable(reason: str) -> None:
    """Skip a test with a warning; in continuous integration nothing may be missing.

    Raises:
        AssertionError: this is continuous integration.
    """
    assert "CI" not in os.environ, reason
    pytest.skip(reason)


@cache
def go_worker(folder: Path) -> Path:
    """The Go worker as one static file in ``folder``."""
    if shutil.which("go") is None:
        unavailable("no Go toolchain (`go`) is installed, so the Go worker cannot be built")
    built = folder / "go-worker"
    subprocess.run(
        ["go", "build", "-trimpath", "-o", str(built), "."],
        cwd=GO,
        check=True,
        env=os.environ | {"CGO_ENABLED": "0"},
    )
    return built


def daemon() -> DockerDaemon:
    """The Docker daemon that ``DOCKER_HOST`` names."""
    with warnings.catch_warnings():
        # docker's client leaks a socket when it cannot connect.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return DockerDaemon()
        except UsageError as fault:
            missing = str(fault)
        gc.collect()
    unavailable(missing)
    raise AssertionError(missing)


def imported(docker: DockerDaemon, tag: str, files: dict[str, bytes], *changes: str) -> str:
    """An image of only these files; ``changes`` are lines of a Dockerfile."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    api: Any = docker.client.api
    api.import_image_from_data(packed.getvalue(), repository=tag, tag="test", changes=list(changes))
    return f"{tag}:test"
