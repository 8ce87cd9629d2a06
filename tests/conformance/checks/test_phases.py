"""A phase has one name everywhere, and everything that belongs to it is under that name."""

from __future__ import annotations

import ast
import pkgutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance import checks
from conformance.requirements.catalogue import load
from conformance.trials.trial import CHECKS, TRIALS, Trial, Worker, trial
from tests import mutants
from tests.mutants.every import MUTANTS

ROOT = Path(__file__).parent.parent.parent.parent
PHASES = set(load().phases)
ASIDE = {
    "__main__",
    "agents",
    "catalogue",
    "handlers",
    "every",
    "matrix",
    "plain",
    "test_agents",
    "test_mutants",
    "unprepared",
    "worker",
}
"""The modules beside the phases in the package of mutants."""


def children(package: ModuleType) -> set[str]:
    """The modules and packages directly below a package."""
    return {found.name for found in pkgutil.iter_modules(package.__path__)}


def phase_of(module: str, package: ModuleType) -> str:
    """The phase that a module belongs to."""
    return module.removeprefix(f"{package.__name__}.").partition(".")[0]


def test_every_phase_has_its_requirements_checks_and_mutants() -> None:
    files = {path.stem for path in (ROOT / "conformance" / "requirements").glob("*.yaml")}

    assert files == PHASES
    assert children(checks) - {"stimuli"} == PHASES
    assert children(mutants) - ASIDE == PHASES


def test_every_check_stands_in_the_phase_of_its_requirement() -> None:
    catalogue = load()

    astray = {
        requirement
        for requirement, check in CHECKS.items()
        for judge in (check.judge, check.watch and check.watch.judge)
        if judge is not None and phase_of(judge.__module__, checks) != catalogue[requirement].phase
    }
    assert astray == set()


def test_every_mutant_stands_in_the_phase_of_its_requirement() -> None:
    catalogue = load()

    astray = {
        name
        for name, mutant in MUTANTS.items()
        if phase_of(mutant.worker.__module__, mutants) != catalogue[mutant.requirement].phase
    }
    assert astray == set()


def test_what_several_checks_rest_on_is_a_stimulus() -> None:
    users = Counter(one.name for check in CHECKS.values() for one in dict.fromkeys(check.trials))

    beside = {
        name
        for name, number in users.items()
        if number > 1 and phase_of(TRIALS[name].play.__module__, checks) != "stimuli"
    }
    assert beside == set()


def test_no_check_reads_the_module_of_another_phase() -> None:
    astray = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "conformance" / "checks").rglob("*.py")
        for name in imported(path)
        if (other := phase_of(name, checks)) != path.relative_to(ROOT).parts[2].removesuffix(".py")
        and other != "stimuli"
    }
    assert astray == set()


def imported(path: Path) -> Iterable[str]:
    """The check modules that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(checks.__name__):
            yield str(node.module)


def test_two_trials_of_one_name_are_an_error() -> None:
    name = next(iter(TRIALS))

    with pytest.raises(ValueError, match=f"there is a trial {name!r} already"):
        trial(Worker.SHARED, name)(nothing)


def test_a_trial_is_found_under_its_name() -> None:
    found: list[Trial[Any]] = [one for check in CHECKS.values() for one in check.trials]

    assert all(TRIALS[one.name] is one for one in found)


def test_what_must_always_hold_is_watched() -> None:
    marked = {requirement.id for requirement in load() if requirement.always}

    assert {i for i, check in CHECKS.items() if check.watch is not None} == marked


async def nothing(harness: object) -> None:
    """Do nothing."""
