from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.documents.nodes import DocumentError
from conformance.requirements.verdict import Level
from conformance.scenarios.library import folder
from conformance.scenarios.reading import load, parse
from conformance.scenarios.reading_steps import STEPS

HEAD = "scenario: 1\ntitle: t\n"


def complaint(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text, "a.yaml")
    return str(caught.value)


def test_a_scenario_starts_its_worker_unless_it_says_how() -> None:
    implied = parse(f"{HEAD}steps:\n  - worker: {{}}\n", "a.yaml")
    own = parse(f"{HEAD}steps:\n  - worker: {{}}\n  - start: {{ready: false}}\n", "a.yaml")

    assert [step.kind for step in implied.steps] == ["start", "worker"]
    assert [step.kind for step in own.steps] == ["worker", "start"]


def test_what_a_scenario_says_of_itself() -> None:
    found = parse(
        f"{HEAD}name: a-b\nlevel: SHOULD\ntags: [x]\nrequirements: [REC-001]\nsince: '0.22'\n"
        "params: {greeting: hello}\nsteps: [{ready: true}]\n",
        "a.yaml",
        {"greeting": "[1]"},
    )

    assert (found.name, found.level, found.tags) == ("a-b", Level.SHOULD, ("x",))
    assert found.requirements == ("REC-001",)
    assert found.parameters == {"greeting": [1]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.yaml:1:1: the file is empty"),
        ("[", "a.yaml:1:2: no YAML"),
        ("scenario: 2\n", "a.yaml:1:11: version 2 is unknown"),
        ("titel: x\n", "a.yaml:1:1: a scenario has no `titel`; did you mean `title`?"),
        ("scenario: 1\nsteps: []\n", "a.yaml:1:1: a scenario needs `title`"),
        (f"{HEAD}steps: []\n", "a scenario without steps"),
        (f"{HEAD}title: u\nsteps: []\n", "a.yaml:3:1: the key `title` stands twice"),
        (f"{HEAD}steps: [{{wroker: {{}}}}]", "did you mean `worker`?"),
        (f"{HEAD}steps: [{{worker: {{}}, form: x}}]", "has no `form`; did you mean `from`?"),
        (f"{HEAD}steps:\n - worker: {{a: [{{$regx: x}}]}}", "a.yaml:4:18: there is no matcher"),
        (f"{HEAD}steps:\n - worker: {{a: {{$regex: '('}}}}", "a.yaml:4:25: no regular expression"),
        (f"{HEAD}steps: [{{worker: {{a: {{$type: int}}}}}}]", "did you mean `integer`?"),
        (f"{HEAD}steps: [{{worker: {{a: {{$schema: {{type: 1}}}}}}}}]", "no JSON Schema"),
        (f"{HEAD}steps: [{{worker: {{$any: true, a: 1}}}}]", "`a` stands beside operators"),
        (f"{HEAD}steps: [{{worker: '${{x}}'}}]", "nothing has bound `x`"),
        (f"{HEAD}steps: [{{engine: {{a: {{$uuid: true}}}}}}]", "`$uuid` says what a worker must"),
        (f"{HEAD}steps: [{{engine: {{a: '${{x}}'}}}}]", "nothing has bound `x`"),
        (f"{HEAD}steps: [{{engine: {{}}, to: b}}]", "there is no connection `b`"),
        (f"{HEAD}steps: [{{worker: {{}}, within: soon}}]", "expected seconds above 0"),
        (f"{HEAD}steps: [{{worker: {{}}, within: replly}}]", "did you mean `reply`?"),
        (f"{HEAD}steps: [{{never: {{worker: {{}}}}}}]", "needs either `within`"),
        (f"{HEAD}steps: [{{never: {{worker: {{}}}}, until: x}}]", "no step with the `id` `x`"),
        (f"{HEAD}steps: [{{never: {{engine: {{}}}}, until: end}}]", "one thing that the worker"),
        (f"{HEAD}steps: [{{engine: {{a: .inf}}}}]", "a.yaml:3:22: .inf is no JSON value"),
        (f"{HEAD}steps: [{{engine: {{a: 1e400}}}}]", "1e400 is no JSON value"),
        (f"{HEAD}steps: [{{engine: {{1: a}}}}]", "a.yaml:3:19: the key `1` is no text"),
        (f"{HEAD}steps: &s [*s]", "a value contains itself"),
        (f"{HEAD}steps: [{{engine-frame: {{base64: '!'}}}}]", "expected base64, not"),
        (f"{HEAD}steps: [{{engine-frame: {{code: 70000}}}}]", "whole number from 0 to 65535"),
        (f"{HEAD}steps: [{{engine-frame: {{opcode: txt}}}}]", "did you mean `text`?"),
        (f"{HEAD}steps: [{{engine-frame: {{fin: maybe}}}}]", "expected true or false"),
        (f"{HEAD}steps: [{{worker-frame: {{opcode: cont}}}}]", "expected an opcode, not 'cont'"),
        (f"{HEAD}steps: [{{connects: {{paht: /}}}}]", "did you mean `path`?"),
        (f"{HEAD}steps: [{{leaves: {{how: resett}}}}]", "did you mean `reset`?"),
        (f"{HEAD}steps: [{{exit: zero}}]", "expected an exit code, a whole number, not 'zero'"),
        (f"{HEAD}steps: [{{http: {{path: 5}}}}]", "a.yaml:3:23: expected a text, not 5"),
        (f"{HEAD}since: banana\nsteps: [{{ready: true}}]", "no protocol version: 'banana'"),
        (f"{HEAD}steps: [{{pause: 0}}]", "expected seconds, above 0 and up to 60"),
        (f"{HEAD}steps: [{{pause: soon}}]", "expected seconds, above 0 and up to 60"),
        (f"{HEAD}steps: [{{signal: TREM}}]", "did you mean `TERM`?"),
        (f"{HEAD}steps: [{{fault: {{do: rest}}}}]", "did you mean `reset`?"),
        (
            f"{HEAD}steps: [{{http: {{method: get, path: /}}}}]",
            "a.yaml:3:25: expected a method, not 'get'",
        ),
        (f"{HEAD}steps: [{{answer: x}}]", "there is no request `x`"),
        (f"{HEAD}steps: [{{include: b.yaml}}]", "there is no folder"),
        (f"{HEAD}requirements: [REC-999]\nsteps: [{{ready: true}}]", "no requirement 'REC-999'"),
        (
            f"{HEAD}engine: {{modules: {{iii-htp: {{}}}}}}\nsteps: [{{ready: true}}]",
            "did you mean `iii-http`?",
        ),
        (f"{HEAD}engine: fake\nsteps: [{{ready: true}}]", "expected `scripted` or a mapping"),
        (f"{HEAD}level: HIGH\nsteps: [{{ready: true}}]", "no level"),
        (f"{HEAD}name: A b\nsteps: [{{ready: true}}]", "the name is 'A b'"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    assert told in complaint(text)


def test_a_name_that_only_a_never_binds_is_not_bound_after_it() -> None:
    text = f"{HEAD}steps:\n - never: {{worker: {{a: {{$bind: x}}}}}}\n   within: 1\n"

    assert "nothing has bound `x`" in complaint(f"{text} - worker: '${{x}}'\n")


def test_steps_of_other_files_have_parameters(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "p.yaml").write_text("params: {a: 1, b: 2}\nsteps:\n - worker: '${a}'\n")
    main = tmp_path / "main.yaml"
    main.write_text(f"{HEAD}steps:\n - include: parts/p.yaml\n   with: {{a: 3}}\n")

    found = load(main)

    assert [step.kind for step in found.steps] == ["start", "let", "worker"]
    assert found.steps[2].place.file == str(tmp_path / "parts" / "p.yaml")


def test_a_mistake_in_an_included_file_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("steps:\n - worker: {$x: 1}\n")
    main = tmp_path / "main.yaml"
    main.write_text(f"{HEAD}steps:\n - include: p.yaml\n")

    with pytest.raises(DocumentError, match=r"p\.yaml:2:13: there is no matcher"):
        load(main)


def test_files_that_include_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("steps:\n - include: p.yaml\n")
    main = tmp_path / "main.yaml"
    main.write_text(f"{HEAD}steps:\n - include: p.yaml\n")

    with pytest.raises(DocumentError, match="levels deep"):
        load(main)


@pytest.mark.parametrize(
    "step",
    [
        "worker:",
        "exit: {}",
        "exit: {$min: 1}",
        "leaves: {how: {$one-of: [end, reset]}, code: null}",
        "connects: {path: '/${pulse}', query: {a: {$any: true}}}",
        "worker-frame: {$not: {opcode: ping}}",
        "engine-frame: {text: {$repeat: {text: a, count: 3}}, fragments: 2}",
        "engine-frame: {opcode: close, code: 1005}",
        "http: {method: '${pulse}', path: '/${pulse}', json: 1}",
    ],
)
def test_what_is_known_only_when_it_happens_is_taken(step: str) -> None:
    assert parse(f"{HEAD}steps:\n  - {step}\n", "a.yaml")


def test_the_schema_knows_every_step_and_its_keys() -> None:
    schema = json.loads((folder().parent / "scenario.schema.json").read_text("utf-8"))
    steps = {
        name.removeprefix("step-"): set(definition["properties"]) - {"id", "note", "level"}
        for name, definition in schema["$defs"].items()
        if name.startswith("step-")
    }

    assert steps == {kind: {kind, *further} for kind, (_, further) in STEPS.items()}
