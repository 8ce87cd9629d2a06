"""What the plugin does to a pytest run that judges a worker."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from conformance import choices
from conformance.collection import VERDICT, phases
from conformance.errors import UsageError
from conformance.report.console import MARKS, closing, table
from conformance.session import Judgement
from conformance.verdict import Outcome

REPORTED = "conformance"
"""The attribute of a pytest report that tells the outcome of its requirement."""


class JudgingPlugin:
    """Replaces the collection by the requirements and tells the verdicts at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        with _usage_errors():
            self._judgement = Judgement(choices.settings(config))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect the requirements and nothing else."""
        chosen = self._judgement.settings.requirements
        nodes = phases(session, self._judgement.catalogue, self._judgement, chosen)
        session.items = [item for node in nodes for item in session.genitems(node)]
        hook = session.config.hook
        hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=session.items
        )
        hook.pytest_collection_finish(session=session)
        session.testscollected = len(session.items)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Start the worker and the trials of everything that was collected."""
        if session.config.option.collectonly or not session.items:
            return
        with _usage_errors():
            self._judgement.start(item.name for item in session.items)

    def pytest_sessionfinish(self) -> None:
        """End whatever still runs."""
        self._judgement.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the report of an item which verdict it is about."""
        report = yield
        verdict = item.stash.get(VERDICT, None)
        if verdict is not None:
            setattr(report, REPORTED, verdict.outcome.value)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, object] | None:
        """Count warnings, and what was not judged, under names of their own."""
        told = getattr(report, REPORTED, None)
        if told is None or report.when != "call" or report.failed:
            return None
        outcome = Outcome(told)
        if outcome is Outcome.PASSED:
            return None
        word, markup = MARKS[outcome]
        return outcome.value, word[0], (word.upper(), markup)

    def pytest_report_header(self) -> str:
        """Say what is judged."""
        settings = self._judgement.settings
        return f"worker: {settings.command.text}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print every verdict and the closing line."""
        verdicts = self._judgement.verdicts
        if not verdicts:
            return
        terminalreporter.section("conformance")
        for text, outcome in table(self._judgement.catalogue, verdicts):
            markup = MARKS[outcome][1] if outcome else {"bold": True}
            terminalreporter.write_line(text, **markup)
        terminalreporter.write_line("")
        known = len(self._judgement.catalogue.requirements)
        terminalreporter.write_line(closing(verdicts, known), bold=True)


class _usage_errors:  # noqa: N801 - reads as a statement where it is used
    """Turns the suite's usage errors into pytest's, which exit with code 4."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, UsageError):
            raise pytest.UsageError(*str(fault).split("\n")) from None
