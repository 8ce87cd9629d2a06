"""The command of the package; see there."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mock_engine.versions import numbers
from tests.sdks.definitions.comparing import unknown
from tests.sdks.definitions.reading import Definitions, messages

FOLDER = Path(__file__).parent
CRATE = "iii-sdk"


def main(versions: list[str]) -> int:
    """Write down what releases define, or compare the newest one. Exit code 1 for a drift."""
    for version in versions:
        _, definitions = published(f"={version}")
        text = json.dumps(definitions, indent=1, sort_keys=True)
        (FOLDER / f"rust-{version}.json").write_text(f"{text}\n", "utf-8")
    if versions:
        return 0
    version, definitions = published(f">={newest_known()}")
    found = list(unknown(definitions, version))
    print(f"{CRATE} {version}: {len(found)} differences from the schemas")
    print("\n".join(found))
    return 1 if found else 0


def newest_known() -> str:
    """The newest release that was written down."""
    known = [file.stem.partition("-")[2] for file in FOLDER.glob("rust-*.json")]
    return max(known, key=numbers)


def published(requirement: str) -> tuple[str, Definitions]:
    """The newest release that meets a requirement of cargo's, and what it defines."""
    with tempfile.TemporaryDirectory() as folder:
        _run("cargo", "init", "--quiet", "--name", "definitions", folder)
        _run("cargo", "add", "--quiet", f"{CRATE}@{requirement}", folder=folder)
        described = json.loads(_run("cargo", "metadata", "--format-version", "1", folder=folder))
    (package,) = [found for found in described["packages"] if found["name"] == CRATE]
    source = Path(package["manifest_path"]).parent / "src" / "protocol.rs"
    return package["version"], messages(source.read_text("utf-8"))


def _run(*words: str, folder: str | None = None) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
