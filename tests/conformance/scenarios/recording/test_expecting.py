"""From a recording of a mistake to a test of the correct behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.scenarios.reading import load
from conformance.scenarios.recording.expecting import amended, answered
from conformance.scenarios.recording.writing import write
from conformance.scenarios.steps import Expect, Never


def call(name: str, function_id: str, data: Any) -> dict[str, Any]:
    body = {"type": "invokefunction", "invocation_id": {"$new": name}, "function_id": function_id}
    return {"engine": {**body, "data": data}, "to": "c1"}


def answer(name: str, **what: Any) -> dict[str, Any]:
    body = {"type": "invocationresult", "invocation_id": f"${{{name}}}"}
    return {"worker": {**body, **what}, "from": "c1"}


RECORDING: dict[str, Any] = {
    "scenario": 1,
    "name": "bug",
    "title": "A bug",
    "tags": ["recorded"],
    "engine": "scripted",
    "steps": [
        {"start": {"ready": False}},
        {"connects": {}, "as": "c1"},
        call("one", "shop::total", [1, 2]),
        call("two", "shop::refund", None),
        {"unordered": [answer("two", error={"code": "x"}), answer("one", result=2)]},
        call("three", "shop::pay", {"card": 1}),
    ],
}


def test_every_invocation_is_told_with_its_answer() -> None:
    assert [one.text for one in answered(RECORDING)] == [
        'shop::total [1, 2] → {"result": 2}',
        'shop::refund null → {"error": {"code": "x"}}',
        'shop::pay {"card": 1} → no answer',
    ]


@pytest.mark.parametrize(
    ("number", "right", "place"),
    [(0, {"result": 3}, 4), (1, {"error": {"code": "y"}}, 4), (2, {"result": None}, 6)],
)
def test_the_right_answer_takes_the_place_of_the_wrong_one(
    number: int, right: dict[str, Any], place: int, tmp_path: Path
) -> None:
    wrong = answered(RECORDING)[number]
    made = amended(RECORDING, wrong, right)
    file = tmp_path / "bug.yaml"
    file.write_text(write(made))

    assert isinstance(load(file).steps[place], Expect)
    again = answered(made)[number].answer or {}
    assert {key: again[key] for key in right} == right
    assert made["tags"] == ["amended"]
    assert RECORDING["tags"] == ["recorded"]


def test_no_answer_may_be_what_should_have_come(tmp_path: Path) -> None:
    recording = {**RECORDING, "steps": [*RECORDING["steps"], answer("three", result=1)]}
    file = tmp_path / "bug.yaml"
    file.write_text(write(amended(recording, answered(recording)[2], {})))

    assert isinstance(load(file).steps[-1], Never)


def test_the_command_lists_and_amends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bug.yaml"
    file.write_text(write(RECORDING))

    assert main(["expect", str(file)]) == 0
    assert "1  shop::total [1, 2]" in capsys.readouterr().out
    assert load(file).tags == ("recorded",)
    assert main(["expect", str(file), "--step", "1", "--result", "3"]) == 0
    assert load(file).tags == ("amended",)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--step", "9", "--result", "1"], "--step is 9; give a number from 1 to 3"),
        (["--step", "1", "--result", "{"], "is no JSON"),
        (["--step", "1"], "say what should have been"),
    ],
)
def test_mistakes_are_told(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bug.yaml"
    file.write_text(write(RECORDING))

    assert main(["expect", str(file), *words]) == 2
    assert complaint in capsys.readouterr().err
