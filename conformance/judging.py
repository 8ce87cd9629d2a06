"""What the plugin does to a pytest run that judges a worker."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from conformance import choices
from conformance.collection import RequirementItem, collectors, named
from conformance.errors import UsageError
from conformance.items import ENTRY, JudgedItem
from conformance.report.console import FUZZING, MARKS, closings, table, told_at_the_end
from conformance.report.entry import Entry
from conformance.report.subject import about
from conformance.scenarios.verdicts import SCENARIOS
from conformance.session import Judgement
from conformance.verdict import Outcome

REPORTED = "conformance"
"""The attribute of a pytest report that holds the verdict as data."""


class JudgingPlugin:
    """Replaces the collection by the requirements and tells the verdicts at the end.

    Under pytest-xdist every process has a worker of its own to judge. The controlling process
    judges nothing: it tries the command once, so that a mistake in it is told once, and gathers
    the verdicts from the reports, as an undistributed run does too.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._entries: list[Entry] = []
        self._controls = bool(config.getoption("tx", default=None))
        self._distributed = hasattr(config, "workerinput")
        with _usage_errors():
            self._judgement = Judgement(choices.settings(config))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """Collect the requirements and nothing else."""
        if self._controls:
            return None
        with _usage_errors():
            nodes = collectors(session, self._judgement)
        session.items = [item for node in nodes for item in session.genitems(node)]
        if session.config.args_source is pytest.Config.ArgsSource.ARGS:
            with _usage_errors():
                session.items = named(session.items, session.config.args)
        hook = session.config.hook
        hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=session.items
        )
        hook.pytest_collection_finish(session=session)
        session.testscollected = len(session.items)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Start the worker, and the trials of everything that was collected.

        A process of a distributed run does not know which of the items it will get; it begins
        each trial when it is asked for its verdict.
        """
        if session.config.option.collectonly or not (session.items or self._controls):
            return
        with _usage_errors():
            chosen = [i.name for i in session.items if isinstance(i, RequirementItem)]
            trials = [t for i in session.items if isinstance(i, JudgedItem) for t in i.trials]
            self._judgement.start(*(([], []) if self._distributed else (chosen, trials)))
        if self._controls:
            self._judgement.stop()

    def pytest_sessionfinish(self) -> None:
        """End whatever still runs."""
        self._judgement.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the report of an item which verdict it is about."""
        report = yield
        told = item.stash.get(ENTRY, None)
        if told is not None:
            setattr(report, REPORTED, told)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the verdict that a report brings."""
        told = getattr(report, REPORTED, None)
        if told is not None and report.when == "call":
            self._entries.append(told)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, object] | None:
        """Count warnings, and what was not judged, under names of their own."""
        told = getattr(report, REPORTED, None)
        if told is None or report.when != "call" or report.failed:
            return None
        outcome = Outcome(told["outcome"])
        if outcome is Outcome.PASSED:
            return None
        word, markup = MARKS[outcome]
        return outcome.value, word[0], (word.upper(), markup)

    def pytest_report_header(self) -> str:
        """Say what is judged."""
        settings = self._judgement.settings
        return f"worker: {settings.subject.described}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print every verdict and the closing line."""
        if not self._entries:
            return
        catalogue = self._judgement.catalogue
        terminalreporter.section("conformance")
        baseline = self._judgement.baseline
        if baseline is not None:
            for line in about(baseline, self._judgement.announced, self._judgement.protocol):
                terminalreporter.write_line(line)
            terminalreporter.write_line("")
        titles = {**catalogue.phases, **SCENARIOS, **FUZZING}
        for text, outcome in table(titles, self._entries):
            markup = MARKS[outcome][1] if outcome else {"bold": True}
            terminalreporter.write_line(text, **markup)
        for line in told_at_the_end(self._entries):
            terminalreporter.write_line(line)
        terminalreporter.write_line("")
        for line in closings(self._entries, len(catalogue.requirements)):
            terminalreporter.write_line(line, bold=True)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn the suite's usage errors into pytest's, which exit with code 4."""
    try:
        yield
    except UsageError as fault:
        raise pytest.UsageError(str(fault)) from None
