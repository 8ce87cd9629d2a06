"""Reads the messages that the crate ``iii-sdk`` defines, from its source."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from mock_engine.versions import numbers
from tests.sdks.definitions import Definitions
from tests.sdks.definitions.running import run

CRATE = "iii-sdk"

_ENUM = re.compile(r"^pub enum Message \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_NOISE = re.compile(r"//[^\n]*|#\[(?:[^\[\]]|\[[^\]]*\])*\]")
_VARIANT = re.compile(r"([A-Z]\w*)\s*(?:\{(.*?)\})?\s*,", re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+)\s*:", re.MULTILINE)
OTHER = "Unknown"
"""The variant for messages that the SDK does not know."""


def messages(source: str) -> Definitions:
    """The messages of ``protocol.rs``.

    Raises:
        ValueError: the text defines no messages.
    """
    found = _ENUM.search(source)
    if found is None:
        raise ValueError("no `pub enum Message` in this source: the crate has another form now")
    body = _NOISE.sub("", found[1])
    return {
        variant.lower(): sorted(_FIELD.findall(fields or ""))
        for variant, fields in _VARIANT.findall(body)
        if variant != OTHER
    }


def published(version: str | None) -> tuple[str, str]:
    """A release, the newest one for ``None``: its version and its source."""
    with tempfile.TemporaryDirectory() as folder:
        run("cargo", "init", "--quiet", "--name", "definitions", folder)
        wanted = f">={_newest_known()}" if version is None else f"={version}"
        run("cargo", "add", "--quiet", f"{CRATE}@{wanted}", folder=folder)
        described = json.loads(run("cargo", "metadata", "--format-version", "1", folder=folder))
    (package,) = [found for found in described["packages"] if found["name"] == CRATE]
    source = Path(package["manifest_path"]).parent / "src" / "protocol.rs"
    return package["version"], source.read_text("utf-8")


def _newest_known() -> str:
    """The newest release written down: a range matches a pre-release only if it names one."""
    known = [file.stem.partition("-")[2] for file in Path(__file__).parent.glob("rust-*.json")]
    return max(known, key=numbers)
