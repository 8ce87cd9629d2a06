"""The catalogue as text: a list, one requirement in full, and a page of documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance import checks
from conformance.requirements.catalogue import Catalogue, Requirement
from conformance.requirements.history import history
from conformance.trials.trial import CHECKS, Check

assert checks.MODULES  # importing the modules registers their checks


def listing(requirements: Iterable[Requirement]) -> Iterator[str]:
    """One line per requirement."""
    for requirement in requirements:
        note = " (takes --level full)" if is_long(requirement) else ""
        yield f"{requirement.id}  {requirement.level.value:6}  {requirement.sentence}{note}"


def is_long(requirement: Requirement) -> bool:
    """Whether only the full level judges it."""
    check = CHECKS.get(requirement.id)
    return check is not None and check.long


def data(requirement: Requirement) -> dict[str, Any]:
    """Everything that is known about a requirement, as JSON-able data."""
    check = CHECKS.get(requirement.id)
    return {
        "id": requirement.id,
        "phase": requirement.phase,
        "level": requirement.level.value,
        "sentence": requirement.sentence,
        "source": requirement.source,
        "method": requirement.method.value,
        "full": is_long(requirement),
        "since": requirement.since,
        "until": requirement.until,
        "needs": list(requirement.needs),
        "reason": requirement.reason,
        "trials": [trial.name for trial in check.trials] if check else [],
        "mutants": history()["mutants"].get(requirement.id, []),
        "bugs": list(requirement.bugs),
        "failing": history()["failing"].get(requirement.id, {}),
    }


def details(requirement: Requirement) -> str:
    """Everything that is known about one requirement, as text."""
    check = CHECKS.get(requirement.id)
    known = data(requirement)
    lines = [
        f"{requirement.id} {requirement.level.value}: {requirement.sentence}",
        f"  source:   {requirement.source}",
        f"  proof:    {requirement.method.value}; {_proof(requirement, check)}",
        f"  versions: {_versions(requirement)}",
        f"  needs:    {', '.join(requirement.needs) or 'nothing'}",
    ]
    if check is not None and check.why:
        lines.append(f"  why:      {check.why}")
    if requirement.reason:
        lines.append(f"  reason:   {requirement.reason}")
    if known["mutants"]:
        lines.append(f"  mutants:  {', '.join(known['mutants'])}")
    if requirement.bugs:
        lines.append(f"  seen in:  {', '.join(requirement.bugs)}")
    lines += [f"  breaks:   {name}: {why}" for name, why in known["failing"].items()]
    return "\n".join(lines)


def page(catalogue: Catalogue) -> str:
    """The documentation page of all requirements, in Markdown."""
    of_engines = any(requirement.probes for requirement in catalogue)
    about = " for engines" if of_engines else ""
    proof = "probes" if of_engines else "proof"
    lines = [
        f"# Requirements{about}",
        "",
        "Made by `python -m conformance docs` from `conformance/requirements/`; do not edit.",
        "",
        f"There are {len(catalogue.requirements)} requirements{about}.",
        "A MUST that is broken fails a run;",
        "a SHOULD that is not kept is a warning, or a failure under `--strict`.",
    ]
    for phase, title in catalogue.phases.items():
        lines += ["", f"## {title}", "", f"| id | level | requirement | source | {proof} |"]
        lines.append("|---|---|---|---|---|")
        lines += [
            f"| {r.id} | {r.level.value} | {r.sentence} | {r.source} | {_shown(r)} |"
            for r in catalogue
            if r.phase == phase
        ]
    return "\n".join(lines) + "\n"


def _shown(requirement: Requirement) -> str:
    """How a requirement is tested, in a table."""
    return ", ".join(requirement.probes) or requirement.method.value


def _proof(requirement: Requirement, check: Check | None) -> str:
    if requirement.probes:
        return f"probes {', '.join(requirement.probes)}"
    if check is None:
        return "no check"
    rests_on = [trial.name for trial in check.trials]
    rests_on += ["everything that was seen"] if check.watch is not None else []
    proof = f"{check.module.removeprefix('conformance.checks.')} on {', '.join(rests_on)}"
    return f"{proof}; takes --level full" if check.long else proof


def _versions(requirement: Requirement) -> str:
    since = f"since {requirement.since}" if requirement.since else "since the first"
    return f"{since}, until {requirement.until}" if requirement.until else since
