"""What changed between two engines, compared by recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.engines.drift import changes, drift
from conformance.engines.probe import Recording, shipped

OLD = Recording("old", {1: {"frames": {"a": [{"x": 1, "error": {"code": "c", "message": "m"}}]}}})


def recorded(x: object = 1, message: str = "m") -> Recording:
    frame = {"x": x, "error": {"code": "c", "message": message}}
    return Recording("new", {1: {"frames": {"a": [frame]}}})


def test_nothing_changed() -> None:
    assert list(changes("p", OLD, recorded())) == []


@pytest.mark.parametrize("x", [1.0, True, 2, "1"])
def test_a_value_changed(x: object) -> None:
    (change,) = changes("p", OLD, recorded(x))

    assert (change.step, change.path, change.old) == (1, "frames.a[0].x", "1")
    assert not change.wording


def test_only_words_changed() -> None:
    (change,) = changes("p", OLD, recorded(message="other"))

    assert change.wording


def test_more_or_less_came() -> None:
    more = Recording("new", {**OLD.steps, 2: {"http": [{"status": 200}]}})

    (one,) = changes("p", OLD, more)
    (other,) = changes("p", more, OLD)

    assert (one.step, one.old) == (2, "nothing")
    assert (other.step, other.new) == (2, "nothing")


def put(folder: Path, name: str, recording: Recording) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.golden.json").write_text(recording.text(), "utf-8")


def test_folders_are_compared(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for name in ("same", "gone", "shaky"):
        put(old, name, OLD)
    put(new, "same", recorded(3))
    put(new, "fresh", recorded())
    put(new, "shaky", Recording("new", {}, stable=False))

    found = drift(old, new)

    assert (found.old, found.new, found.compared) == ("old", "new", 1)
    assert [change.probe for change in found.changes] == ["same"]
    assert (found.gone, found.fresh, found.unstable) == (("gone",), ("fresh",), ("shaky",))


def test_the_command_tells_by_requirement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "invocation-sync"
    text = (shipped() / f"{name}.golden.json").read_text("utf-8")
    for folder, value in (("old", "5"), ("new", "6")):
        (tmp_path / folder).mkdir()
        changed = text.replace('"c":5', f'"c":{value}')
        (tmp_path / folder / f"{name}.golden.json").write_text(changed, "utf-8")

    code = main(["drift", str(tmp_path / "old"), str(tmp_path / "new")])

    told = capsys.readouterr().out
    assert code == 1
    assert "ENG-241  An engine must carry a call" in told
    assert "invocation-sync, step 7: frames.b[0].result.c" in told
    assert "1 probe compared, 1 with 1 difference" in told


def test_the_command_tells_that_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "shipped", "shipped"]) == 0
    assert "0 with 0 differences" in capsys.readouterr().out


def test_a_folder_without_recordings_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drift", "shipped", str(tmp_path)]) == 2
    assert "there is no file NAME.golden.json" in capsys.readouterr().err
