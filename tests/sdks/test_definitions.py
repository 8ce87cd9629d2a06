"""The schemas know every message and every field that a published SDK defines."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.sdks.definitions import node, python, rust
from tests.sdks.definitions.comparing import NEVER_SENT, unknown

RELEASES = sorted((Path(__file__).parent / "definitions").glob("*.json"))

RUST = """
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

PYTHON = """
class MessageType(str, Enum):
    '''Of messages.'''
    INVOKE_FUNCTION = "invokefunction"
    INVOKE = "invoke"
    REATTACH = "reattach"

class Part(BaseModel):
    id: str

class InvokeFunctionMessage(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    _kept: ClassVar[frozenset[str]] = frozenset()
    invocation_id: str | None = Field(default=None)
    held: Any = Field(alias="data")
    message_type: MessageType = Field(default=MessageType.INVOKE_FUNCTION, alias="type")

class InvokeMessage(BaseModel):
    message_type: MessageType = MessageType.INVOKE
"""

NODE = """
export enum MessageType {
  InvokeFunction = 'invokefunction',
  RegisterTrigger = 'registertrigger',
  Reattach = 'reattach',
}

export type Part = {
  id: string
}

export type InvokeFunctionMessage = {
  message_type: MessageType.InvokeFunction
  /**
   * With a comment: with a colon.
   */
  invocation_id?: string
  data: {
    nested: string
  }
}

export type RegisterTriggerMessage = {
  /** Always this. */
  message_type: MessageType.RegisterTrigger
  type: string
}
"""


def test_there_are_releases_of_every_generation_and_language() -> None:
    assert {file.stem for file in RELEASES} >= {
        *("rust-0.11.6", "rust-0.25.0", "rust-0.26.0-rc.4"),
        *("python-0.11.6", "python-0.25.0", "node-0.11.6", "node-0.22.1"),
    }


@pytest.mark.parametrize("file", RELEASES, ids=lambda file: str(file.stem))
def test_the_schemas_know_what_a_release_defines(file: Path) -> None:
    version = file.stem.partition("-")[2]

    assert list(unknown(json.loads(file.read_text("utf-8")), version)) == []


def test_what_is_never_sent_is_still_defined() -> None:
    defined = [json.loads(file.read_text("utf-8")) for file in RELEASES]

    for kind, field in NEVER_SENT:
        fields = [found[kind] for found in defined if kind in found]
        assert any(field in each if field else each == [] for each in fields), (kind, field)


def test_messages_are_read_from_the_source_of_the_crate() -> None:
    assert rust.messages(RUST) == {
        "invokefunction": ["data", "invocation_id"],
        "ping": [],
        "reattach": ["previous_worker_id"],
    }


def test_messages_are_read_from_the_source_of_the_python_package() -> None:
    assert python.messages(PYTHON) == {
        "invokefunction": ["data", "invocation_id"],
        "invoke": [],
        "reattach": [],
    }


def test_messages_are_read_from_the_source_of_the_npm_package() -> None:
    assert node.messages(NODE) == {
        "invokefunction": ["data", "invocation_id"],
        "registertrigger": ["trigger_type"],
        "reattach": [],
    }


@pytest.mark.parametrize("sdk", [rust, python, node], ids=lambda sdk: str(sdk.__name__))
def test_a_source_of_another_form_is_told(sdk: ModuleType) -> None:
    with pytest.raises(ValueError, match="another form"):
        sdk.messages("")


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
