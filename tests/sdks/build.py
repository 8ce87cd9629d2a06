"""Builds the reference workers on every SDK version: ``python -m tests.sdks.build [NAME…]``.

Each has its own folder under ``.cache/sdks``, which git ignores. A build that is up to date is not
repeated, and two processes never make the same build at the same time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache" / "sdks"
TARGET = CACHE / "cargo"
HERE = Path("tests") / "sdks"
RUST = Path("reference_workers") / "rust"
TYPESCRIPT = Path("reference_workers") / "typescript"
NODE_CLIENT = HERE / "clients" / "client.mjs"
CONSTRAINTS = Path(".ci") / "constraints.txt"
OWN = ("iii-",)
"""The prefix of packages that each Python SDK brings itself, unlike those in the constraints."""


class BuildError(Exception):
    """A build failed; the message has the command and its last output."""


@dataclass(frozen=True, slots=True)
class Build:
    """One thing to build.

    ``inputs`` are its source files and folders, relative to ROOT; ``tool`` is the program that the
    machine must have.
    """

    name: str
    tool: str
    inputs: tuple[Path, ...]
    make: Callable[[Path], None]

    @property
    def folder(self) -> Path:
        """The folder of the build."""
        return CACHE / self.name

    @property
    def available(self) -> bool:
        """Whether this machine has the tool for it."""
        return shutil.which(self.tool) is not None

    def ensure(self) -> bool:
        """Build it unless it is up to date; return whether it was built.

        Raises:
            BuildError: it cannot be built.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = self.folder / "built-from"
        with _alone(self.folder):
            wanted = self._fingerprint()
            if stamp.is_file() and stamp.read_text() == wanted:
                return False
            stamp.unlink(missing_ok=True)
            self.make(self.folder)
            stamp.write_text(wanted)
        return True

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(f"{ROOT} {sys.version}".encode())
        for file in sorted(_files(self.inputs)):
            digest.update(f"{file}\n".encode())
            digest.update((ROOT / file).read_bytes())
        return digest.hexdigest()


def _python(version: str) -> Build:
    def make(folder: Path) -> None:
        pins = [
            line
            for line in (ROOT / CONSTRAINTS).read_text().splitlines()
            if not line.startswith(OWN)
        ]
        (folder / "constraints.txt").write_text("\n".join(pins) + "\n")
        venv.create(folder / "env", clear=True, with_pip=False)
        pip = (sys.executable, "-m", "pip", "--python", folder / "env" / "bin" / "python")
        install = ("install", "-q", "--disable-pip-version-check", "-c", folder / "constraints.txt")
        _run(ROOT, *pip, *install, f"iii-sdk=={version}")

    return Build(f"python-{version}", "python3", (CONSTRAINTS, HERE / "build.py"), make)


def _node(version: str, packages: Path) -> Build:
    def make(folder: Path) -> None:
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / packages / file, folder / file)
        _run(folder, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
        if packages == TYPESCRIPT:
            shutil.copy(ROOT / TYPESCRIPT / "tsconfig.json", folder)
            shutil.copytree(ROOT / TYPESCRIPT / "src", folder / "src", dirs_exist_ok=True)
            _run(folder, "npm", "run", "--silent", "build")
            shutil.copy(ROOT / NODE_CLIENT, folder)
        else:  # code compiled for the newest SDK also runs on an older one
            NODE_NEWEST.ensure()
            shutil.copytree(NODE_NEWEST.folder / "dist", folder / "dist", dirs_exist_ok=True)

    needed = (TYPESCRIPT, packages, NODE_CLIENT, HERE / "build.py")
    return Build(f"node-{version}", "npm", needed, make)


def _rust(name: str, crate: Path, package: str, *sources: Path) -> Build:
    def make(folder: Path) -> None:
        manifest = ROOT / crate / "Cargo.toml"
        _run(ROOT, "cargo", "build", "--locked", "--quiet", "--manifest-path", manifest)
        shutil.copy2(TARGET / "debug" / package, folder / package)

    return Build(name, "cargo", (RUST, crate, HERE / "build.py", *sources), make)


NODE_NEWEST = _node("0.22.1", TYPESCRIPT)

BUILDS = {
    build.name: build
    for build in (
        _rust("rust-0.25.0", RUST, "conformance-worker"),
        NODE_NEWEST,
        *map(_python, ("0.11.6", "0.19.7", "0.22.1", "0.25.0")),
        _node("0.11.6", HERE / "node-0.11.6"),
        _rust("rust-0.11.6", HERE / "rust-0.11.6", "conformance-worker-0-11"),
        _rust("rust-0.26.0-rc.4", HERE / "rust-0.26.0-rc.4", "conformance-worker-0-26"),
    )
}
"""Every worker by name, in the order of building."""

CLIENT = _rust("client", HERE / "clients" / "rust", "sdk-client")
"""The client of the engine on the SDK for Rust."""

NOTES = _rust(
    "notes-subject", HERE / "clients" / "rust", "notes-subject", Path("tests/subjects/notes.rs")
)
"""A worker that was not prepared for the suite, on the Rust SDK; built with the client."""

WIRE = _rust("wire-worker", HERE / "wire" / "rust", "wire-worker")
"""The worker on the Rust SDK against which the wire transcripts are replayed."""

FILTERS = _rust("filters", HERE / "filters", "filter-oracle")
"""The filters of the Rust SDK, with which those of the engine are compared."""


def _run(folder: Path, *words: str | Path) -> None:
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(TARGET),
        "CARGO_PROFILE_DEV_DEBUG": "0",  # half the time and a quarter of the disk space
    }
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        wrote = (done.stdout + done.stderr).strip().splitlines()[-30:]
        told = "\n".join(f"  {line}" for line in wrote)
        raise BuildError(f"exit code {done.returncode}: {' '.join(command)}\n{told}")


def _files(inputs: tuple[Path, ...]) -> Iterator[Path]:
    ignored = {"node_modules", "dist", "target"}
    for entry in inputs:
        if (ROOT / entry).is_file():
            yield entry
        for file in (ROOT / entry).rglob("*") if (ROOT / entry).is_dir() else ():
            inside = file.relative_to(ROOT)
            if file.is_file() and not ignored & set(inside.parts):
                yield inside


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(names: list[str]) -> int:
    """Build the named workers, or all for which this machine has the tools."""
    known = {**BUILDS, **{build.name: build for build in (CLIENT, NOTES, WIRE, FILTERS)}}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no {unknown[0]}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    for build in [known[name] for name in names] or known.values():
        if not build.available:
            print(f"{build.name}: left out, {build.tool} is not installed", file=sys.stderr)
            if names:
                return 2
            continue
        try:
            print(f"{build.name}: {'built' if build.ensure() else 'up to date'}", file=sys.stderr)
        except BuildError as fault:
            print(f"{build.name}: {fault}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
