"""The base of pytest items that end in a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.judging.entry import Entry
from conformance.judging.interface import Session
from conformance.plugin import resolving
from conformance.report.failure import account
from conformance.report.journal import Journal
from conformance.requirements.verdict import Outcome
from conformance.trials.trial import Trial

ENTRY = pytest.StashKey[Entry]()
JOURNAL = pytest.StashKey[Journal]()
"""The journal of the run, in the stash of pytest's configuration."""


class Broken(Exception):  # noqa: N818 - how a broken requirement leaves an item
    """A requirement was broken; the text is the full account."""


class JudgedItem(pytest.Item):
    """Anything that ends in a verdict, which ``judge`` of a subclass reaches.

    ``trials`` are played in the background from the start, before their outcome is needed. Items
    with ``rests_on_trials`` share trials with others, and are all judged in one process.
    ``seconds`` is how long it takes besides its trials, if that is known.
    """

    trials: Sequence[Trial[Any]] = ()
    rests_on_trials = True
    seconds: float = 0.0

    cls = module = None
    fixturenames: Sequence[str] = ()
    """What other plugins' hooks read from a test function; see ``function``."""

    def __init__(self, *, judgement: Session, **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self._outcomes: list[Outcome] = []

    @property
    def function(self) -> Callable[[], None]:
        """What is run. A project's conftest may look at the function of every item."""
        return self.runtest

    obj = function

    @property
    def number(self) -> int:
        """How often this was run before, as by ``--reruns``: each time it is judged again."""
        return len(self._outcomes)

    def judge(self) -> Entry:
        """Reach the verdict."""
        raise NotImplementedError

    def selection(self) -> Sequence[str]:
        """The options that make a command judge this item alone."""
        return [self.nodeid]

    @property
    def command(self) -> str:
        """What to type to judge this item alone again."""
        return resolving.command(self.config, *self.selection())

    def runtest(self) -> None:
        """Reach the verdict and report it to pytest.

        Raises:
            Broken: a MUST is not kept, or a known failure is fixed; under ``--strict`` also a
                SHOULD that is not kept, or a requirement that is flaky.
        """
        entry = self.judge()
        self._outcomes.append(entry.outcome)
        entry = entry.after(self._outcomes)
        self.stash[ENTRY] = entry
        self.user_properties += entry.properties()
        if entry.outcome.fails(strict=self.judgement.settings.strict):
            raise Broken(self.account(entry))
        if entry.outcome is Outcome.KNOWN_FAILURE:
            pytest.xfail(entry.reason)
        if entry.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED):
            pytest.skip(entry.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The full account of a broken requirement; any other fault as pytest shows it.

        The summary of pytest shows the crash message of each failure, and all of it on CI: here
        that is the first line of the account.
        """
        if not isinstance(excinfo.value, Broken):
            return super().repr_failure(excinfo, style=style)
        failure = excinfo.getrepr(style="value")
        if failure.reprcrash is not None:
            failure.reprcrash.path, failure.reprcrash.lineno = "", 0
            failure.reprcrash.message = str(excinfo.value).strip().partition("\n")[0]
        return failure

    def account(self, entry: Entry) -> str:
        """What a person needs to understand a failure; the first line is a summary."""
        return account(entry)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location that pytest shows for this item."""
        return Path(self.parent.nodeid if self.parent else ""), None, self.name
