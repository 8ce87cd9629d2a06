"""The file that names the workers of a matrix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.documents import schema
from conformance.errors import UsageError
from conformance.matrix import plan
from conformance.matrix.plan import Candidate, chosen, load
from conformance.requirements.catalogue import load as load_catalogue
from conformance.settings import configuration

CATALOGUE = load_catalogue()


def written(folder: Path, *workers: dict[str, Any]) -> Path:
    file = folder / "workers.yaml"
    file.write_text(yaml.safe_dump({"workers": list(workers)}))
    return file


def refusal(file: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(file, CATALOGUE)
    return str(caught.value)


def test_paths_are_seen_from_the_file_and_python_is_the_one_that_runs(tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text(
        "known-failures:\n  - {id: SHD-008, reason: it does not drain}\n"
    )
    entry = {
        "name": "a",
        "command": "{python} -m a",
        "build": ["make all"],
        "folder": "sub",
        "env": {"K": "V"},
        "known-failures": "known.yaml",
        "timeout-factor": 2,
    }

    (candidate,) = load(written(tmp_path, entry), CATALOGUE)

    assert candidate.command == (sys.executable, "-m", "a")
    assert candidate.build[0].words == ("make", "all")
    assert candidate.folder == tmp_path / "sub"
    assert candidate.environment == {"K": "V"}
    assert set(candidate.known) == {"SHD-008"}
    assert candidate.options["timeout-factor"] == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workers: []", "workers"),
        ("workers: [{name: a}]", "is not valid under any of the given schemas"),
        ("workers: [{name: a, command: b, image: c}]", "is valid under each of"),
        (
            "workers: [{name: a, command: b, colour: c}]",
            "workers.yaml:1:33: workers.0: unknown key `colour`",
        ),
        ("workers: [{name: a b, command: c}]", "does not match"),
        (
            "workers: [{name: a, command: b}, {name: a, command: c}]",
            "workers.yaml:1:35: two workers are called a",
        ),
        ('workers: [{name: a, command: "\'"}]', "cannot be split"),
        ("workers: [", "no YAML"),
        (
            "workers: [{name: a, command: b, known-failures: none.yaml}]",
            "cannot be read: No such file",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "workers.yaml").write_text(text)

    assert told in refusal(tmp_path / "workers.yaml")


def test_defaults_hold_for_every_worker_that_does_not_say_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "workers.yaml"
    file.write_text(
        "defaults: {env: {A: a, B: b}, exclude: ['x::*'], limit: 60, tags: [old]}\n"
        "workers:\n"
        "  - {name: one, command: one, env: {B: c}, functions: {f: {timeout: 2}}}\n"
        "  - {name: two, image: me/w:1, tags: [new], limit: 5, exclude: [], known-failures: sdk}\n"
    )

    one, two = load(file, CATALOGUE)

    assert (one.command, one.image, two.command, two.image) == (("one",), "", (), "me/w:1")
    assert (one.environment, two.environment) == ({"A": "a", "B": "c"}, {"A": "a", "B": "b"})
    assert one.options == {"exclude": ["x::*"], "functions": {"f": {"timeout": 2}}}
    assert two.options == {"exclude": [], "known-failures": ["sdk"]}
    assert (one.limit, two.limit, one.tags, two.tags) == (60, 5, ("old",), ("new",))


def test_whatever_conformance_yaml_may_say_a_worker_may_say_too() -> None:
    settings = schema(configuration.SCHEMA)["properties"]
    worker = plan.schema()["$defs"]["worker"]["properties"]

    assert set(settings) - set(worker) == set(plan.OTHERWISE_NAMED)
    assert "name" not in plan.schema()["$defs"]["defaults"]["properties"]


def test_workers_are_chosen_by_pattern() -> None:
    candidates = [Candidate(name, Path(), ("x",)) for name in ("rust-1", "rust-2", "go")]

    assert [s.name for s in chosen(candidates, [])] == ["rust-1", "rust-2", "go"]
    assert [s.name for s in chosen(candidates, ["rust-*"])] == ["rust-1", "rust-2"]
    with pytest.raises(UsageError, match="there are rust-1, rust-2, go"):
        chosen(candidates, ["java"])


def test_workers_are_chosen_by_tag() -> None:
    candidates = [Candidate(name, Path(), ("x",), tags=(name[0], "all")) for name in ("ab", "cd")]

    assert [c.name for c in chosen(candidates, [], ["c"])] == ["cd"]
    assert [c.name for c in chosen(candidates, ["a*"], ["all"])] == ["ab"]
    with pytest.raises(UsageError, match="no worker has the tag 'x'; there are a, all, c"):
        chosen(candidates, [], ["x"])
