"""The Dockerfiles: what they start exists and gets signals, what they copy exists."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from mock_engine.__main__ import _parser

ROOT = Path(__file__).parent.parent
FILES = [
    Path("Dockerfile"),
    Path("Dockerfile.engine"),
    Path("reference_workers/Dockerfile"),
    Path("reference_workers/go/Dockerfile"),
]


def instructions(file: Path, name: str) -> list[str]:
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_the_first_process_is_the_program_itself(file: Path) -> None:
    """A shell would run a string, and does not forward signals."""
    (entry,) = instructions(file, "ENTRYPOINT")
    words = [*json.loads(entry), *(w for cmd in instructions(file, "CMD") for w in json.loads(cmd))]

    assert words[0] in ("python3", "/worker")
    if words[0] == "python3":
        assert words[1] == "-m"
        assert find_spec(words[2]) is not None


@pytest.mark.parametrize("file", FILES, ids=str)
def test_what_is_copied_is_there(file: Path) -> None:
    context = ROOT / file.parent if file.parent.name == "go" else ROOT
    for copied in instructions(file, "COPY"):
        if not copied.startswith("--from"):
            for source in copied.split()[:-1]:
                assert (context / source).exists(), source


def test_the_engine_of_the_image_listens_for_others_on_the_ports_it_exposes() -> None:
    (entry,) = instructions(Path("Dockerfile.engine"), "ENTRYPOINT")
    options = _parser().parse_args([*json.loads(entry)[3:], "--config", "/config.yaml"])

    assert (options.host, options.allow_remote) == ("0.0.0.0", True)
    assert instructions(Path("Dockerfile.engine"), "EXPOSE") == ["49134 3111 3112"]


def test_all_are_documented() -> None:
    page = (ROOT / "docs" / "containers.md").read_text("utf-8")

    assert all(f"`{file}`" in page for file in FILES)
