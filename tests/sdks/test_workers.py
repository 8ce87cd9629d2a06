"""The reference workers on every SDK version."""

from __future__ import annotations

from pathlib import Path

import yaml

from conformance.catalogue import load as load_catalogue
from conformance.matrix.plan import load
from tests.sdks.build import BUILDS, ROOT

WORKERS = Path("tests") / "sdks" / "workers.yaml"


def test_every_version_that_is_built_is_judged_and_none_else() -> None:
    names = [candidate.name for candidate in load(ROOT / WORKERS, load_catalogue())]

    assert set(names) == set(BUILDS)


def test_lock_files_name_no_registry() -> None:
    """Any mirror serves them: `npm ci` and `cargo build --locked` ask whichever is configured."""
    for lock in [*ROOT.glob("reference_workers/*/*lock*"), *ROOT.glob("tests/sdks/*/*lock*")]:
        text = lock.read_text()
        assert '"resolved"' not in text, lock
        assert {line for line in text.splitlines() if line.startswith("source = ")} <= {
            'source = "registry+https://github.com/rust-lang/crates.io-index"'
        }, lock


def test_known_failures_have_a_reason_that_can_be_read() -> None:
    for candidate in load(ROOT / WORKERS, load_catalogue()):
        assert candidate.known_file is not None
        listed = yaml.safe_load(candidate.known_file.read_text())["known-failures"]
        assert all(len(entry["reason"]) > 30 for entry in listed)
