"""Requirements as pytest items: a collector a phase, an item a requirement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance import choices
from conformance.catalogue import Catalogue, Requirement
from conformance.errors import UsageError
from conformance.report.entry import Entry, entry, properties
from conformance.report.failure import account
from conformance.session import Judgement
from conformance.verdict import Outcome

ENTRY = pytest.StashKey[Entry]()


class Broken(Exception):  # noqa: N818 - how a broken requirement leaves an item
    """A requirement was broken; carries the verdict as data."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told["evidence"]["seen"])
        self.told = told


class Phase(pytest.Collector):
    """A phase of a worker's life."""

    def __init__(self, *, judgement: Judgement, requirements: list[Requirement], **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self.requirements = requirements

    def collect(self) -> Iterable[pytest.Item]:
        """The requirements of this phase."""
        for requirement in self.requirements:
            yield RequirementItem.from_parent(
                self,
                name=requirement.id,
                nodeid=f"{self.nodeid}::{requirement.id}",
                requirement=requirement,
                judgement=self.judgement,
            )


class JudgedItem(pytest.Item):
    """Anything that ends in a verdict. What it is about, ``judge`` of a subclass says."""

    def __init__(self, *, judgement: Judgement, **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement

    def judge(self) -> Entry:
        """Reach the verdict, as data."""
        raise NotImplementedError

    def selection(self) -> Sequence[str]:
        """What to add to a command so that it judges this item alone."""
        return [self.nodeid]

    def runtest(self) -> None:
        """Reach the verdict and tell pytest.

        Raises:
            Broken: a MUST is not kept, or under ``--strict`` a SHOULD, or a known failure is fixed.
        """
        told = self.judge()
        told["command"] = choices.command(self.config, *self.selection())
        self.stash[ENTRY] = told
        self.user_properties += properties(told)
        outcome = Outcome(told["outcome"])
        if outcome in (Outcome.FAILED, Outcome.FIXED) or (
            outcome is Outcome.WARNING and self.judgement.settings.strict
        ):
            raise Broken(told)
        if outcome is Outcome.KNOWN_FAILURE:
            pytest.xfail(told["reason"])
        if outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED):
            pytest.skip(told["reason"])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell a broken requirement in full, and any other fault as pytest does."""
        if isinstance(excinfo.value, Broken):
            return account(excinfo.value.told)
        return super().repr_failure(excinfo, style=style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that this item is."""
        return Path(self.parent.nodeid if self.parent else ""), None, self.name


class RequirementItem(JudgedItem):
    """One requirement to be judged. ``-k`` knows its id, level and method."""

    def __init__(self, *, requirement: Requirement, **kw: Any) -> None:
        super().__init__(**kw)
        self.requirement = requirement
        self.extra_keyword_matches.update(
            {requirement.id, requirement.level.value, requirement.method.value, requirement.phase}
        )

    def judge(self) -> Entry:
        """The verdict on the requirement."""
        verdict = self.judgement.verdict(self.requirement.id)
        return entry(verdict, self.judgement.protocol.version)

    def selection(self) -> Sequence[str]:
        """The requirement's own option."""
        return ["--requirement", self.requirement.id]


def collectors(session: pytest.Session, judgement: Judgement) -> Sequence[pytest.Collector]:
    """Everything that the options ask to be judged."""
    return phases(session, judgement.catalogue, judgement, judgement.settings.requirements)


def phases(
    session: pytest.Session, catalogue: Catalogue, judgement: Judgement, chosen: Iterable[str]
) -> list[Phase]:
    """The collectors of the chosen requirements; all of them when none is chosen."""
    wanted = set(chosen) or set(catalogue.requirements)
    found = []
    for phase in catalogue.phases:
        requirements = [r for r in catalogue if r.phase == phase and r.id in wanted]
        if requirements:
            found.append(
                Phase.from_parent(
                    session,
                    name=phase,
                    nodeid=phase,
                    path=session.path,
                    judgement=judgement,
                    requirements=requirements,
                )
            )
    return found


def named(items: list[pytest.Item], arguments: Iterable[str]) -> list[pytest.Item]:
    """The items that the arguments name: a phase, or one requirement in it.

    Raises:
        UsageError: an argument names none. Files and folders are of no use here.
    """
    chosen: set[str] = set()
    for argument in arguments:
        name = argument.replace("\\", "/").rpartition("/")[2]
        found = {i.nodeid for i in items if i.nodeid == name or i.nodeid.startswith(f"{name}::")}
        if not found:
            raise UsageError(
                f"{argument!r} names neither a phase nor a requirement; with --worker-cmd nothing "
                "else is collected. `--collect-only -q` shows the names."
            )
        chosen |= found
    return [item for item in items if item.nodeid in chosen]
