"""A browser, the pages, and axe-core."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.pages import write

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "browser"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

playwright = pytest.importorskip("playwright.sync_api", reason="takes the extra `browser`")


def missing(what: str) -> None:
    """Skip the test; fail in continuous integration, where every tool must be installed."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and has to be there in continuous integration")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script of axe-core, which npm installs once for all processes."""
    script = CACHE / "node_modules" / "axe-core" / "axe.min.js"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.is_file():
            if shutil.which("npm") is None:
                missing("npm")
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(HERE / name, CACHE)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=CACHE, check=True)
    return script


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    folder = tmp_path_factory.mktemp("pages")
    write(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless Chromium. Playwright leaves its event loop running: see the mark ``browser``."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        missing("chromium")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()
