"""The files of probes and recordings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.engines.probe import Recording, names, read, recorded, recording, shipped
from conformance.engines.source import Source, named
from conformance.errors import Inconclusive, UsageError

SCRIPT = "name: mine\ntitle: a title\nsteps:\n  - open: a\n"


def put(folder: Path, name: str = "mine", script: str = SCRIPT) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(script, "utf-8")
    return folder


def test_every_shipped_probe_has_a_recording() -> None:
    assert names(shipped()) == recorded(shipped())
    assert len(names(shipped())) > 200


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    for name in ("invocation-sync", "http-get", "queue-fifo"):
        written = recording(shipped(), name)
        (tmp_path / f"{name}.golden.json").write_text(written.text(), "utf-8")

        assert recording(tmp_path, name) == written
        assert (shipped() / f"{name}.golden.json").read_text("utf-8") == written.text()


def test_a_probe_of_the_user_is_read(tmp_path: Path) -> None:
    probe = read(put(tmp_path), "mine")

    assert (probe.title, probe.profile, probe.bases) == ("a title", "main", frozenset({"ws"}))
    assert probe.reply_delay == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("name: mine\n", "mine.yaml:1:1: the file: 'steps' is a required property"),
        (SCRIPT.replace("mine", "other"), "mine.yaml:1:1: the file is called mine.yaml"),
        ("name: mine\nsteps:\n  - {open: a, close: a}\n", "3:5: a step has one action"),
        ("name: mine\nsteps:\n  - opne: a\n", "unknown key `opne`"),
    ],
)
def test_a_wrong_probe_is_refused(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(complaint)):
        read(put(tmp_path, script=script), "mine")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"steps": []}', '{"recorded_from": "x", "steps": [1]}']
)
def test_a_wrong_recording_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.golden.json").write_text(text, "utf-8")

    with pytest.raises(UsageError, match="no recording of a probe"):
        recording(tmp_path, "mine")


def test_a_name_in_two_folders_is_refused(tmp_path: Path) -> None:
    folders = (put(tmp_path / "a"), put(tmp_path / "b"))

    with pytest.raises(UsageError, match="mine stands in"):
        named(folders)


def test_what_cannot_be_played_says_why(tmp_path: Path) -> None:
    put(tmp_path)
    source = Source({"mine": tmp_path}, recordings=tmp_path)

    with pytest.raises(Inconclusive, match="no recording of it"):
        source.permit("mine", starts=True)
    (tmp_path / "mine.golden.json").write_text(Recording("x", {}, stable=False).text(), "utf-8")
    with pytest.raises(Inconclusive, match="not alike"):
        source.permit("mine", starts=True)
    with pytest.raises(Inconclusive, match="takes --engine-cmd"):
        Source().permit("shutdown-sigterm", starts=False)
