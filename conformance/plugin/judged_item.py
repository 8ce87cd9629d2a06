"""What ends in a verdict, as a pytest item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ReprExceptionInfo, ReprFileLocation, ReprTracebackNative

from conformance.judging.entry import Entry
from conformance.judging.session import Judgement
from conformance.plugin import resolving
from conformance.report.failure import account
from conformance.requirements.verdict import Outcome
from conformance.trials.trial import Trial

ENTRY = pytest.StashKey[Entry]()


class Broken(Exception):  # noqa: N818 - how a broken requirement leaves an item
    """A requirement was broken; carries the entry about it."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.evidence.seen)
        self.entry = entry


def as_traceback(text: str) -> ReprExceptionInfo:
    """A text in the form of a traceback, which pytest prints in full once.

    Of a failure that is mere text, pytest repeats all of it in the summary of a run on CI.
    """
    first = text.strip().partition("\n")[0]
    lines = [f"{line}\n" for line in text.splitlines()]
    place = ReprFileLocation(path="", lineno=0, message=first)
    return ReprExceptionInfo(ReprTracebackNative(lines), place)


class JudgedItem(pytest.Item):
    """Anything that ends in a verdict. What it is about, ``judge`` of a subclass says.

    ``trials`` are played in the background from the start, in the hope that it is asked for.
    """

    trials: Sequence[Trial[Any]] = ()

    def __init__(self, *, judgement: Judgement, **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement

    def judge(self) -> Entry:
        """Reach the verdict."""
        raise NotImplementedError

    def selection(self) -> Sequence[str]:
        """What to add to a command so that it judges this item alone."""
        return [self.nodeid]

    @property
    def command(self) -> str:
        """What to type to judge this item alone, once more."""
        return resolving.command(self.config, *self.selection())

    def runtest(self) -> None:
        """Reach the verdict and tell pytest.

        Raises:
            Broken: a MUST is not kept, or a known failure is fixed; under ``--strict`` also a
                SHOULD that is not kept, or a requirement that is flaky.
        """
        entry = self.judge()
        self.stash[ENTRY] = entry
        self.user_properties += entry.properties()
        if entry.outcome.fails(strict=self.judgement.settings.strict):
            raise Broken(entry)
        if entry.outcome is Outcome.KNOWN_FAILURE:
            pytest.xfail(entry.reason)
        if entry.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED):
            pytest.skip(entry.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell a broken requirement in full, and any other fault as pytest does."""
        if isinstance(excinfo.value, Broken):
            return as_traceback(self.account(excinfo.value.entry))
        return super().repr_failure(excinfo, style=style)

    def account(self, entry: Entry) -> str:
        """What a person needs to understand what was broken; the first line says it in short."""
        return account(entry)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that this item is."""
        return Path(self.parent.nodeid if self.parent else ""), None, self.name
