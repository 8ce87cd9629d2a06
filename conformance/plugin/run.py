"""What the plugin does to a pytest run that judges a worker."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.judging.entry import Entry
from conformance.judging.known_update import rewrite
from conformance.judging.session import Judgement
from conformance.plugin import resolving
from conformance.plugin.interrupting import take_signals
from conformance.plugin.judged_item import ENTRY, JOURNAL, JudgedItem
from conformance.plugin.requirement_items import RequirementItem, collectors, named
from conformance.report.console import MARKS, closing, fuzzing, table
from conformance.report.reporter import Reporter
from conformance.report.subject import about
from conformance.requirements.verdict import Outcome
from conformance.subject.process import undo_ignored_interrupts
from conformance.trials.scheduler import RunRecord

HYPOTHESIS = "hypothesis.internal.observability"

REPORTED = "conformance"
"""The attribute of a pytest report that holds the verdict as data, and the name under which a
process of a distributed run hands over what it recorded."""


class JudgingPlugin:
    """Replaces the collection by the requirements and tells the verdicts at the end.

    Under pytest-xdist every process has a worker of its own to judge. The controlling process
    judges nothing: it tries the command once, so that a mistake in it is told once, and gathers
    the verdicts from the reports, as an undistributed run does too.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._controls = bool(config.getoption("tx", default=None))
        self._changes: tuple[str, ...] = ()
        self._distributed = hasattr(config, "workerinput")
        with _usage_errors():
            self._judgement = Judgement(resolving.settings(config))
            folder = None if self._distributed else resolving.report_folder(config)
            self._reporter = Reporter(self._judgement.catalogue, folder)
        config.stash[JOURNAL] = self._reporter.journal
        self._reporter.started(resolving.described(self._judgement.settings))

    def pytest_sessionstart(self) -> None:
        """Take the signals that end a run.

        The processes of a distributed run are ended by the one that controls them.
        """
        undo_ignored_interrupts()
        if not self._distributed:
            take_signals()

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
            try:
                self._judgement.start(*(([], []) if self._distributed else (chosen, trials)))
            except UsageError as fault:
                self._reporter.error("worker", str(fault))
                raise
        self._reporter.subject(self._judgement.subject)
        if self._controls:
            self._judgement.stop()
        elif not self._distributed:
            # Hypothesis's own plugin imports all of it for the summary, which takes half a second;
            # while the trials wait for workers there is time for that.
            importlib.import_module(HYPOTHESIS)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End whatever still runs, and write the reports, or hand over what they need."""
        self._judgement.stop()
        if self._distributed:
            self._hand_over(session.config)
            return
        if not self._controls:
            self._reporter.recorded(self._judgement.runs())
        if not session.config.option.collectonly:
            with _usage_errors():
                self._reporter.finished(int(exitstatus))
                self._update_known_failures()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a process of a distributed run recorded."""
        output = getattr(node, "workeroutput", None) or {}
        self._reporter.recorded(
            RunRecord(f"{node.gateway.id}/{name}", tuple(transcript), tuple(log))
            for name, transcript, log in output.get(REPORTED, ())
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the report of an item which verdict it is about."""
        report = yield
        entry = item.stash.get(ENTRY, None)
        if entry is not None:
            setattr(report, REPORTED, entry.data())
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the verdict that a report brings, or the fault that kept it from being reached."""
        data = getattr(report, REPORTED, None)
        if data is None and report.failed:
            self._reporter.error(report.nodeid, report.longreprtext)
        if data is None or report.when != "call":
            return
        entry = Entry.read(data)
        node = getattr(report, "node", None)
        self._reporter.verdict(entry if node is None else entry.of_process(node.gateway.id))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, object] | None:
        """Count warnings, and what was not judged, under names of their own."""
        data = getattr(report, REPORTED, None)
        if data is None or report.when != "call" or report.failed:
            return None
        outcome = Outcome(data["outcome"])
        if outcome is Outcome.PASSED:
            return None
        word, markup = MARKS[outcome]
        return outcome.value, word[0], (word.upper(), markup)

    def pytest_report_header(self) -> str:
        """Say what is judged."""
        settings = self._judgement.settings
        return f"worker: {settings.subject.described}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print every verdict and the closing lines."""
        report = self._reporter.report
        if not (report.verdicts or report.errors):
            return
        terminalreporter.section("conformance")
        for line in about(report.subject):
            terminalreporter.write_line(line)
        terminalreporter.write_line("")
        for text, outcome in table(report):
            markup = MARKS[outcome][1] if outcome else {"bold": True}
            terminalreporter.write_line(text, **markup)
        for line in fuzzing(report.verdicts):
            terminalreporter.write_line(line)
        terminalreporter.write_line("")
        for line in closing(report):
            terminalreporter.write_line(line, bold=True)
        folder = self._reporter.destination
        if folder is not None:
            terminalreporter.write_line(f"report: {folder / 'report.html'}")
        if self._judgement.settings.update is not None:
            for change in self._changes or ("nothing to change",):
                terminalreporter.write_line(f"{self._judgement.settings.update}: {change}")

    def _update_known_failures(self) -> None:
        settings = self._judgement.settings
        if settings.update is not None:
            verdicts = self._reporter.report.verdicts
            self._changes = rewrite(settings.update, verdicts, strict=settings.strict)

    def _hand_over(self, config: pytest.Config) -> None:
        """Give what was recorded to the process that controls a distributed run."""
        if resolving.report_folder(config) is None:
            return
        output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]
        output[REPORTED] = [
            (run.name, list(run.transcript), list(run.log)) for run in self._judgement.runs()
        ]


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn the suite's usage errors into pytest's, which exit with code 4."""
    try:
        yield
    except UsageError as fault:
        raise pytest.UsageError(str(fault)) from None
