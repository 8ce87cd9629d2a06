"""conformance.yaml: its valid content, and the errors for mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import documents
from conformance.errors import UsageError
from conformance.settings import configuration
from conformance.settings.configuration import Configuration
from conformance.settings.invoking import ROLES, Function, Invoking


def load(folder: Path, text: str) -> Configuration:
    file = folder / "conformance.yaml"
    file.write_text(text, "utf-8")
    return configuration.load(file)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "yaml:1:[0-9]+: no YAML"),
        ("- 1", "yaml:1:[0-9]+: the file: .* is not of type 'object'; expected: a mapping"),
        ("\nexlude: [x]", "yaml:2:[0-9]+: the file: unknown key `exlude`; did you mean `exclude`."),
        ("zzz: 1", "unknown key `zzz`; known: .*worker-cmd"),
        ("exclude: x", "exclude: 'x' is not of type 'array'; expected: a list of patterns"),
        ("no-invoke: maybe", "no-invoke: 'maybe' is not of type 'boolean'; expected: true or"),
        ("protocol: 0.23", "protocol: 0.23 is not of type 'string'; expected: .* in quotes"),
        ("roles:\n  eko: a::b", "yaml:2:[0-9]+: roles: unknown key `eko`; did you mean `echo`."),
        (
            "functions:\n  a::b:\n    exampels: [1]",
            "yaml:3:[0-9]+: functions.a::b: unknown key `exampels`",
        ),
        ("functions:\n  a::b:\n    examples: []", "functions.a::b.examples"),
        ("exclude: [a]\nexclude: [b]", "yaml:2:[0-9]+: the key `exclude` stands twice"),
        ("functions:\n  a::b:\n    examples: [{1: 2}]", "yaml:3:[0-9]+: the key `1` is no text"),
        ("functions:\n  a::b:\n    examples: [.nan]", "yaml:3:[0-9]+: .nan is no JSON value"),
        ("functions: &f\n  a::b:\n    examples: [*f]", "contains itself"),
        ("? [a]\n: 1", "yaml:1:[0-9]+: the key here is no text"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        load(tmp_path, text)


@pytest.mark.parametrize("raw", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, raw: bytes | None) -> None:
    file = tmp_path / "conformance.yaml"
    if raw is not None:
        file.write_bytes(raw)

    with pytest.raises(UsageError, match=r"cannot be read|no UTF-8"):
        configuration.load(file)


def test_what_a_file_says(tmp_path: Path) -> None:
    told = load(
        tmp_path,
        """
        exclude: ["shell::*"]
        known-failures: known.yaml
        functions:
          shop::order: {examples: [{day: 2020-01-01}], timeout: 30}
        roles: {echo: shop::mirror}
        """,
    )

    assert told.options == {"exclude": ["shell::*"], "known-failures": "known.yaml"}
    assert told.functions == {"shop::order": Function(({"day": "2020-01-01"},), 30.0)}
    assert told.roles == {"echo": "shop::mirror"}
    assert told.beside("known.yaml") == tmp_path / "known.yaml"
    assert load(tmp_path, "# nothing") == Configuration(tmp_path / "conformance.yaml")


def test_a_part_may_be_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "conformance.yaml"
    path.write_text('roles: {echo: null, fail: "a::b"}')
    invoking = Invoking(roles=configuration.load(path).roles)

    assert [invoking.denies(role) for role in ("echo", "fail", "call")] == [True, False, False]
    assert [invoking.player(role) for role in ("echo", "fail")] == ["", "a::b"]
    assert invoking.strangers(["shop::order"]) == [
        "`roles` lets a::b play fail, which the worker does not register"
    ]


def test_the_schema_knows_every_role_and_explains_every_key() -> None:
    properties = documents.schema(configuration.SCHEMA)["properties"]

    assert set(properties["roles"]["properties"]) == set(ROLES)
    assert all(told["description"] for told in properties.values())


INVOKING = Invoking(
    functions={"shop::order": Function(({"tea": 1}, {"tea": 2}), 30.0)},
    excluded=("shell::*",),
    roles={"sleep": "shop::wait", "echo": "shop::mirror"},
)


@pytest.mark.parametrize(
    ("function_id", "obstacle", "ordinary"),
    [
        ("shop::order", False, True),
        ("shell::run", True, True),
        ("shop::mirror", False, True),
        ("shop::wait", False, False),
        ("conformance::crash", False, False),
    ],
)
def test_what_may_be_invoked(function_id: str, obstacle: bool, ordinary: bool) -> None:
    assert bool(INVOKING.obstacle(function_id)) is obstacle
    assert INVOKING.is_ordinary(function_id) is ordinary
    assert Invoking(disabled=True).obstacle(function_id)


def test_what_is_said_of_functions_that_are_not_registered() -> None:
    registered = ["shop::orders", "shop::wait", "shop::mirror"]

    assert INVOKING.strangers(registered) == [
        "`functions` names shop::order, which the worker does not register; "
        "did you mean `shop::orders`?",
        "`exclude` has 'shell::*', which matches no function of the worker",
    ]
    assert INVOKING.strangers([]) == []


def test_what_it_is_invoked_with() -> None:
    schema = {"type": "integer", "minimum": 7}

    assert INVOKING.data("shop::order", schema) == {"tea": 1}
    assert INVOKING.data("shop::mirror", schema) == 7
    assert (INVOKING.timeout("shop::order"), INVOKING.timeout("shop::mirror")) == (30.0, 0.0)
    assert (INVOKING.player("sleep"), INVOKING.player("call")) == (
        "shop::wait",
        "conformance::call",
    )
