"""What the plugin does in a pytest run that judges a worker."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import UNSET

from conformance.errors import UsageError
from conformance.judging.entry import Entry
from conformance.judging.interface import Session
from conformance.judging.known_update import rewrite
from conformance.judging.session import Judgement
from conformance.plugin import console, distribution, options, project, resolving
from conformance.plugin.hypothesis_summary import spare_hypothesis
from conformance.plugin.interrupting import take_signals
from conformance.plugin.judged_item import ENTRY, JOURNAL, JudgedItem
from conformance.plugin.requirement_items import RequirementItem, collectors, named, share
from conformance.report.console import MARKS
from conformance.report.overview import is_judged
from conformance.report.reporter import Reporter
from conformance.requirements.verdict import Outcome
from conformance.settings import examples
from conformance.settings.invoking import Invoking
from conformance.trials.baseline import Baseline
from conformance.trials.learning.starts import is_risky
from conformance.trials.outcome import RunRecord

CATEGORIES = {Outcome.WARNING: "warned", Outcome.KNOWN_FAILURE: "known"}
"""pytest's categories of outcomes, where a noun would lack its plural."""

REPORTED = "conformance"
"""The attribute of a pytest report that contains the verdict as data, and the key under which a
process of a distributed run sends what it recorded."""

LEARNED = "learned"
"""The key under which such a process sends what it learned about the worker's functions."""


class JudgingPlugin:
    """Replaces the collection by the requirements and reports the verdicts at the end.

    If pytest-xdist distributes a run, every process judges a worker of its own. The controlling
    process judges nothing: it tries the command once, so that a mistake in it is reported once, and
    gathers the verdicts from the reports, as an undistributed run does too.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._changes: tuple[str, ...] = ()
        self._begun = False
        self._distributed = distribution.is_worker(config)
        self._examples = resolving.examples_file(config)
        with _usage_errors():
            self._judgement, self._options = _judgement(config)
            self._note = _arranged(config, self._judgement)
            folder = None if self._distributed else resolving.report_folder(config)
            self._reporter = Reporter(self._judgement.catalogue, folder)
        self._controls = distribution.is_asked_for(config)
        config.stash[JOURNAL] = self._reporter.journal
        self._reporter.started(self._options)

    def pytest_sessionstart(self) -> None:
        """Install the handlers of the signals that end a run.

        The processes of a distributed run are ended by the one that controls them.
        """
        if not self._distributed:
            take_signals()
        console.quieten(self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """Collect the requirements and nothing else."""
        if self._controls:
            return None
        with _usage_errors():
            nodes = _collectors(session, self._judgement)
        session.items = [item for node in nodes for item in session.genitems(node)]
        with _usage_errors():
            if names := project.typed(session.config):
                session.items = named(session.items, names)
            session.items = share(session.items, *resolving.share(session.config))
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

        A process of a distributed run does not know which of the items it will get; it begins all
        trials when it gets an item that depends on them.
        """
        if session.config.option.collectonly or not (session.items or self._controls):
            return
        with _usage_errors():
            try:
                self._judgement.start()
                if isinstance(self._judgement, Judgement) and self._judgement.baseline is not None:
                    self._warn(self._judgement.baseline, self._judgement.settings.invoking)
            except UsageError as fault:
                self._reporter.error("worker", str(fault))
                raise
        self._reporter.subject(self._judgement.subject)
        if self._controls:
            self._judgement.stop()
        elif not self._distributed:
            self._begin(session)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the trials, if an item is the first one that depends on them."""
        if isinstance(item, JudgedItem) and item.rests_on_trials:
            self._begin(item.session)

    def _begin(self, session: pytest.Session) -> None:
        """Begin the trials of everything that was collected, unless they were begun."""
        if not self._begun:
            self._begun = True
            chosen = [i.name for i in session.items if isinstance(i, RequirementItem)]
            trials = [t for i in session.items if isinstance(i, JudgedItem) for t in i.trials]
            self._judgement.begin(trials, chosen)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Deal out campaigns one by one, and everything else to one process."""
        return distribution.scheduler(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End everything that is still running, and write the reports, or send what they need."""
        spare_hypothesis(session.config)
        gc.freeze()  # pytest is about to scan everything that was recorded five times
        self._judgement.stop()
        if self._distributed:
            self._hand_over(session.config)
            return
        if not self._controls:
            self._reporter.recorded(self._judgement.runs())
            self._learned(self._judgement.knowledge.document())
            if self._judgement.baseline is not None:  # what was found since it was reported
                self._reporter.subject(self._judgement.subject)
            self._reporter.measured(self._judgement.seconds)
        if not session.config.option.collectonly:
            with _usage_errors():
                self._reporter.finished(int(exitstatus))
                self._update_known_failures()
                self._write_examples()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receive what a process of a distributed run recorded."""
        output = getattr(node, "workeroutput", None) or {}
        self._learned(output.get(LEARNED, {}))
        self._reporter.recorded(
            RunRecord(f"{node.gateway.id}/{name}", tuple(transcript), tuple(log))
            for name, transcript, log in output.get(REPORTED, ())
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the verdict to the report of an item."""
        report = yield
        entry = item.stash.get(ENTRY, None)
        if entry is not None:
            setattr(report, REPORTED, entry.data())
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the verdict from a report, or the fault that prevented one."""
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
        """Count warnings, and what was not judged, in categories of their own."""
        data = getattr(report, REPORTED, None)
        decided = report.passed or report.skipped  # a rerun is none of these
        if data is None or report.when != "call" or not decided:
            return None
        outcome = Outcome(data["outcome"])
        if outcome is Outcome.PASSED:
            return None
        word, markup = MARKS[outcome]
        return CATEGORIES.get(outcome, outcome.value), word[0], (word.upper(), markup)

    def pytest_report_header(self) -> list[str]:
        """Say what is judged."""
        kind = "engine" if "engine" in self._options else "worker"
        under = f", under {self._options['under']}" if "under" in self._options else ""
        subject = f"{kind}: {self._options[kind]}{under}"
        return [subject, *filter(None, (self._note, project.note(self._config)))]

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Explain the fault if a conftest of the project does not work with this plugin."""
        if conftest := project.blamed(excinfo):
            print(f"{conftest} is about the project's own tests; {project.WITHOUT_CONFTEST}.")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Print the verdict and what was left open; then pytest's failures, whole; then the end."""
        report = self._reporter.report
        shown = is_judged(report)
        if shown and self._config.option.verbose >= 0:
            console.opening(terminalreporter, report, whole=self._config.option.verbose > 0)
        yield
        if shown:
            console.end(terminalreporter, report, self._remarks())

    def _remarks(self) -> Iterator[str]:
        """Further notes at the end: where the report is, how a list was changed."""
        folder, update = self._reporter.destination, self._judgement.settings.update
        found = self._reporter.report.parts
        yield from () if found is UNSET else found.get("sentences", ())
        if self._examples is not None:
            yield f"examples: {self._examples}"
        if folder is not None:
            yield f"report: {folder / 'report.html'}"
        if update is not None:
            for change in self._changes or ("nothing to change",):
                yield f"{update}: {change}"

    def _warn(self, baseline: Baseline, invoking: Invoking) -> None:
        """List functions that may have effects outside the worker, before they are invoked."""
        names = [n for n in baseline.functions if is_risky(n) and invoking.obstacle(n) is None]
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if names and terminal is not None and not self._distributed:
            terminal.write_line(
                f"invoked although their names speak of effects outside the worker: "
                f"{', '.join(names[:8])}{' and others' if len(names) > 8 else ''}"
            )
            terminal.write_line(f"spare them: --exclude {names[0]!r}, or --no-invoke for all")

    def _learned(self, parts: Mapping[str, Any]) -> None:
        """Keep what was learned, from the first process that learned anything."""
        if any(parts.values()) and self._reporter.report.parts is UNSET:
            self._reporter.learned(parts)

    def _update_known_failures(self) -> None:
        settings = self._judgement.settings
        if settings.update is not None:
            verdicts = self._reporter.report.verdicts
            self._changes = rewrite(settings.update, verdicts, strict=settings.strict)

    def _write_examples(self) -> None:
        """Write the data that the functions were found to take, if the user wants that."""
        found = self._reporter.report.parts
        if self._examples is not None:
            functions = {} if found is UNSET else found.get("functions", {})
            examples.write(self._examples, functions)

    def _hand_over(self, config: pytest.Config) -> None:
        """Send what was recorded to the process that controls a distributed run."""
        output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]
        output[LEARNED] = self._judgement.knowledge.document()
        if resolving.report_folder(config) is None:
            return
        output[REPORTED] = [
            (run.name, list(run.transcript), list(run.log)) for run in self._judgement.runs()
        ]


def _judgement(config: pytest.Config) -> tuple[Session, dict[str, Any]]:
    """The judgement of the subject that the options name, and the options for the report."""
    folders = (config.invocation_params.dir, config.rootpath)
    if options.judges_engine(config.option, folders):
        from conformance.engines.judgement import EngineJudgement
        from conformance.plugin import engine_resolving

        of_engine = engine_resolving.settings(config)
        return EngineJudgement(of_engine), engine_resolving.described(of_engine)
    settings = resolving.settings(config)
    return Judgement(settings), resolving.described(settings)


def _arranged(config: pytest.Config, judgement: Session) -> str:
    """The note for the user about the processes of pytest-xdist."""
    if not isinstance(judgement, Judgement):
        return distribution.arrange(config, fuzzes=False, starts=True)
    settings = judgement.settings
    return distribution.arrange(
        config, fuzzes=settings.fuzzing is not None, starts=settings.subject.starts
    )


def _collectors(session: pytest.Session, judgement: Session) -> Sequence[pytest.Collector]:
    """The collectors of everything that the options ask to be judged."""
    if isinstance(judgement, Judgement):
        return collectors(session, judgement)
    from conformance.plugin import engine_items

    return engine_items.collectors(session, judgement)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn the suite's usage errors into pytest's, which exit with code 4."""
    try:
        yield
    except UsageError as fault:
        raise pytest.UsageError(str(fault)) from None
