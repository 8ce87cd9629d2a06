"""The first configuration file of a worker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.commands.drafting import draft
from conformance.commands.init import is_left_out
from conformance.settings import configuration
from conformance.trials.learning.knowledge import Depth, Knowledge, Learned, Part

KNOWLEDGE = Knowledge(
    functions={
        "shop::order": Learned(Depth.RESULT, ({"item": "tea: #1", "count": 2},), "", 3),
        "shop::refund": Learned(Depth.REFUSED, ({},), "orderId is\nrequired", 9),
    },
    parts={"echo": Part("echo", "shop::mirror", {}, (), True)},
)
FUNCTIONS = ("conformance::fail", "shop::delete", "shop::mirror", "shop::order", "shop::refund")


def test_a_draft_can_be_read_and_says_what_was_learned(tmp_path: Path) -> None:
    file = tmp_path / "conformance.yaml"
    text = draft("python 'my worker.py'", FUNCTIONS, ["shop::delete"], KNOWLEDGE)
    file.write_text(text)

    read = configuration.load(file)

    assert read.options == {"worker-cmd": "python 'my worker.py'", "exclude": ["shop::delete"]}
    assert list(read.functions) == ["shop::order"]
    assert read.functions["shop::order"].examples == ({"item": "tea: #1", "count": 2},)
    assert read.roles == {"echo": "shop::mirror"}
    assert "# shop::refund:  # it refused all data that was tried, and said: orderId is" in text
    assert "conformance::fail" not in text


def test_a_draft_without_examples_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "conformance.yaml"
    file.write_text(draft("w", ["shop::order"], [], Knowledge()))

    assert configuration.load(file).functions == {}


@pytest.mark.parametrize(
    ("function_id", "left_out"),
    [("shop::delete", True), ("mail::sendLetter", True), ("api::http_order", False)],
)
def test_what_has_effects_by_its_name_is_left_out(function_id: str, left_out: bool) -> None:
    assert is_left_out(function_id) is left_out


def test_a_worker_is_run_once_and_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "conformance.yaml"
    words = ["init", "-o", str(file), "--", sys.executable, "-m", "reference_workers.embedding"]

    assert main(words) == 0
    assert "embedding::generate" in configuration.load(file).functions
    assert "functions" in capsys.readouterr().out
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err
