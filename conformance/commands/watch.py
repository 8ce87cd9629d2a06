"""``watch``: judge a worker, and again whenever its files change (extra ``watch``).

After a change, what was broken is judged first, because that is what the author is working on. When
it is kept, everything else follows. A change during a run ends the run and begins a new one. What a
run writes itself (logs, databases) does not count as a change: see `Restless`.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from conformance.errors import UsageError
from conformance.report.document import Report

ENDING = 15.0
"""How long a run that is told to end may take to stop its worker, in seconds."""

SOON, AFTER = 5.0, 1.0
"""Seconds after a run's start and after its end within which a change may be its own work."""

RUNS = 3
"""How many runs in a row a file must change in, to be taken as written by the runs."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.usage = "%(prog)s [--watch PATTERN] [OPTIONS of judge] [-- COMMAND …]"
    parser.description = (
        "Judge a worker, and again whenever a file beneath the current folder changes: first what "
        "was broken, then everything. Ctrl-C ends it."
    )
    _declare(parser)
    parser.set_defaults(run=lambda options: _run(options.words))


def _declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only files whose path matches, as in 'src/**'; repeatable (default: all, but for "
        "those of version control, caches, virtual environments and node_modules)",
    )
    parser.add_argument(
        "--conformance-report",
        type=Path,
        metavar="DIR",
        help="write the report of each run into this folder",
    )


def _run(words: Sequence[str]) -> int:
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "watching takes the extra `watch`: pip install 'iii-conformance[watch]'"
        ) from None
    options, judging = split(words)
    root = Path.cwd()
    report = options.conformance_report and (root / options.conformance_report).resolve()

    def matches(_: object, path: str) -> bool:
        name = Path(path).relative_to(root).as_posix()
        if report is not None and Path(path).is_relative_to(report):
            return False
        usual = watchfiles.DefaultFilter()(watchfiles.Change.modified, path)
        return usual and fits(name, options.watch)

    changes = (
        {Path(path).relative_to(root).as_posix() for _, path in found}
        for found in watchfiles.watch(root, watch_filter=matches, raise_interrupt=False)
    )
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        return follow(judging, changes, Judging(report or Path(folder)))


def split(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options of ``watch`` itself, and the words of ``judge``."""
    end = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _declare(parser)
    options, rest = parser.parse_known_args(words[:end])
    return options, [*rest, *words[end:]]


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether the path of a file matches one of the patterns, or there are none.

    ``**/`` also stands for no folder.
    """
    tops = [pattern.removeprefix("**/") for pattern in patterns if pattern.startswith("**/")]
    return not patterns or any(fnmatch.fnmatch(name, each) for each in (*patterns, *tops))


class Restless:
    """Finds the files that runs write themselves; otherwise each run would end the one before."""

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._left: set[str] = set()

    def changes(self, names: AbstractSet[str], fresh: bool) -> AbstractSet[str]:
        """Those of the files that count as changes; ``fresh``: a run has just begun or ended."""
        if not fresh:
            self._counts.clear()
        self._counts = Counter({name: self._counts[name] + fresh for name in names})
        found = {name for name, count in self._counts.items() if count >= RUNS} - self._left
        for name in sorted(found):
            _say(
                f"{name} changes whenever the worker is judged: it is watched no longer. "
                "`--watch PATTERN` says which files to watch"
            )
        self._left |= found
        return names - self._left


class Judging:
    """Judges in processes of their own, whose reports are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started, self._ended = float("-inf"), float("-inf")

    def start(self, words: Sequence[str], over: Callable[[int], None]) -> None:
        """Begin to judge; ``over`` gets the exit code unless it is ended before."""
        report = f"--conformance-report={self._folder}"
        process = subprocess.Popen(  # noqa: S603 - the suite itself
            [sys.executable, "-P", "-m", "conformance", "judge", report, *words]
        )
        self._process, self._started = process, time.monotonic()

        def wait() -> None:
            code = process.wait()
            self._ended = time.monotonic()
            if self._process is process:
                over(code)

        threading.Thread(target=wait, daemon=True).start()

    def stop(self) -> None:
        """End the run in progress."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
            if process.poll() is None:
                process.kill()

    def fresh(self) -> bool:
        """Whether a run has just begun or ended, so that a change may be its own work."""
        now = time.monotonic()
        return now - self._started < SOON or now - self._ended < AFTER

    def broken(self) -> list[str]:
        """The requirements that the last run found broken."""
        try:
            text = (self._folder / "report.json").read_text("utf-8")
            report = Report.read(json.loads(text))
        except (OSError, ValueError):
            return []
        return [e.id for e in report.verdicts if e.kind == "requirement" and e.outcome.wrong]


def follow(words: Sequence[str], changes: Iterable[AbstractSet[str]], judging: Judging) -> int:
    """Judge, and judge again after each of the ``changes``, which are sets of paths.

    A worker that cannot be started does not end this: its author may be in the middle of a change.
    """

    def over(_: int) -> None:
        _say("waiting for changes; Ctrl-C ends it")

    def everything(code: int = 0) -> None:
        if code == 0:
            judging.start(words, over)
        else:
            over(code)

    restless = Restless()
    try:
        everything()
        for names in changes:
            if not restless.changes(names, judging.fresh()):
                continue
            judging.stop()
            broken = judging.broken()
            if broken:
                _say(f"judging what was broken: {', '.join(broken)}")
                judging.start([*(f"--requirement={name}" for name in broken), *words], everything)
            else:
                everything()
    except KeyboardInterrupt:
        pass
    finally:
        judging.stop()
    return 0


def _say(text: str) -> None:
    print(f"\n{text}", file=sys.stderr, flush=True)
