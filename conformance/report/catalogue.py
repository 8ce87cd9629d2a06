"""The catalogue as text: a list, one requirement in full, and a page of documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance import checks
from conformance.catalogue import Catalogue, Requirement
from conformance.trial import CHECKS, Check

assert checks.MODULES  # importing the modules registers their checks


def listing(requirements: Iterable[Requirement]) -> Iterator[str]:
    """One line a requirement."""
    for requirement in requirements:
        yield f"{requirement.id}  {requirement.level.value:6}  {requirement.sentence}"


def details(requirement: Requirement) -> str:
    """Everything that is known of one requirement."""
    check = CHECKS.get(requirement.id)
    told = [
        f"{requirement.id} {requirement.level.value}: {requirement.sentence}",
        f"  source:   {requirement.source}",
        f"  proof:    {requirement.method.value}; {_proof(check)}",
        f"  versions: {_versions(requirement)}",
        f"  needs:    {', '.join(requirement.needs) or 'nothing'}",
    ]
    if check is not None and check.judge.__doc__:
        told.append(f"  why:      {check.judge.__doc__.strip()}")
    if requirement.reason:
        told.append(f"  reason:   {requirement.reason}")
    if requirement.bugs:
        told.append(f"  seen in:  {', '.join(requirement.bugs)}")
    return "\n".join(told)


def page(catalogue: Catalogue) -> str:
    """The documentation page of all requirements, in Markdown."""
    lines = [
        "# Requirements",
        "",
        "Made by `python -m conformance docs` from `conformance/requirements/`; do not edit.",
        "",
        f"There are {len(catalogue.requirements)} requirements. A MUST that is broken fails a run;",
        "a SHOULD that is not kept is a warning, or a failure under `--strict`.",
    ]
    for phase, title in catalogue.phases.items():
        lines += ["", f"## {title}", "", "| id | level | requirement | source | proof |"]
        lines.append("|---|---|---|---|---|")
        lines += [
            f"| {r.id} | {r.level.value} | {r.sentence} | {r.source} | {r.method.value} |"
            for r in catalogue
            if r.phase == phase
        ]
    return "\n".join(lines) + "\n"


def _proof(check: Check | None) -> str:
    if check is None:
        return "no check"
    trials = ", ".join(trial.name for trial in check.trials)
    return f"{check.judge.__module__.rpartition('.')[2]}.{check.judge.__name__} on {trials}"


def _versions(requirement: Requirement) -> str:
    since = f"since {requirement.since}" if requirement.since else "since the first"
    return f"{since}, until {requirement.until}" if requirement.until else since
