"""The schemas know every message and every field that a published SDK defines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sdks.definitions.comparing import unknown
from tests.sdks.definitions.reading import messages

RELEASES = sorted((Path(__file__).parent / "definitions").glob("*.json"))

SOURCE = """
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// A comment: with a colon.
    InvokeFunction {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invocation_id: Option<Uuid>,
        #[serde(
            default = "null_as_true",
            skip_serializing_if = "is_true"
        )]
        data: Vec<String>,
    },
    Ping,

    // ── observe: later ──
    Reattach { previous_worker_id: String },
    #[serde(other, skip_serializing)]
    Unknown,
}
"""


def test_there_are_releases_of_every_generation() -> None:
    assert {file.stem for file in RELEASES} >= {"rust-0.11.6", "rust-0.25.0", "rust-0.26.0-rc.4"}


@pytest.mark.parametrize("file", RELEASES, ids=lambda file: str(file.stem))
def test_the_schemas_know_what_a_release_defines(file: Path) -> None:
    version = file.stem.partition("-")[2]

    assert list(unknown(json.loads(file.read_text("utf-8")), version)) == []


def test_messages_are_read_from_the_source_of_the_crate() -> None:
    assert messages(SOURCE) == {
        "invokefunction": ["data", "invocation_id"],
        "ping": [],
        "reattach": ["previous_worker_id"],
    }


def test_a_source_of_another_form_is_told() -> None:
    with pytest.raises(ValueError, match="another form"):
        messages("pub struct Message;")


def test_what_the_schemas_do_not_know_is_told() -> None:
    definitions = {
        "ping": ["colour"],
        "registerfunction": ["id", "private"],
        "teleport": [],
    }

    assert list(unknown(definitions, "0.25.0")) == [
        "field colour of ping: no schema has it in 0.25.0",
        "field private of registerfunction: no schema has it in 0.25.0",
        "message teleport: no schema has it in 0.25.0",
    ]
    assert "private" not in "".join(unknown(definitions, "0.26.0-rc.4"))
