"""``watch``: judge a worker, and again whenever its files change (extra ``watch``).

After a change, what was broken is judged first, for that is what the author is at work on. When it
is kept, everything else follows. A change in the midst of a run ends the run and begins a new one.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from conformance.errors import UsageError
from conformance.report.document import Report

ENDING = 15.0
"""Seconds for which a run that is told to end may take its worker down."""


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


def _run(words: Sequence[str]) -> int:
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "watching takes the extra `watch`: pip install 'iii-conformance[watch]'"
        ) from None
    patterns, judging = split(words)
    root = Path.cwd()

    def matches(_: object, path: str) -> bool:
        name = Path(path).relative_to(root).as_posix()
        return watchfiles.DefaultFilter()(watchfiles.Change.modified, path) and fits(name, patterns)

    changes = watchfiles.watch(root, watch_filter=matches, raise_interrupt=False)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        return follow(judging, changes, Judging(Path(folder)))


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The patterns of files, and the words of ``judge``."""
    end = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _declare(parser)
    options, rest = parser.parse_known_args(words[:end])
    return options.watch, [*rest, *words[end:]]


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether the path of a file matches one of the patterns; any does where there are none."""
    return not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


class Judging:
    """Judges in processes of their own, whose reports are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, words: Sequence[str], over: Callable[[int], None]) -> None:
        """Begin to judge; ``over`` gets the exit code unless it is ended before."""
        report = f"--conformance-report={self._folder}"
        process = subprocess.Popen(  # noqa: S603 - the suite itself
            [sys.executable, "-P", "-m", "conformance", "judge", report, *words]
        )
        self._process = process

        def wait() -> None:
            code = process.wait()
            if self._process is process:
                over(code)

        threading.Thread(target=wait, daemon=True).start()

    def stop(self) -> None:
        """End what is judged at the moment."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
            if process.poll() is None:
                process.kill()

    def broken(self) -> list[str]:
        """The requirements that the last run found broken."""
        try:
            text = (self._folder / "report.json").read_text("utf-8")
            report = Report.read(json.loads(text))
        except (OSError, ValueError):
            return []
        return [e.id for e in report.verdicts if e.kind == "requirement" and e.outcome.wrong]


def follow(words: Sequence[str], changes: Iterable[object], judging: Judging) -> int:
    """Judge, and again after each of the ``changes``, until there are no more of them.

    A worker that cannot be started is no end of it: its author is in the midst of a change.
    """

    def over(_: int) -> None:
        _say("waiting for changes; Ctrl-C ends it")

    def everything(code: int = 0) -> None:
        if code == 0:
            judging.start(words, over)
        else:
            over(code)

    try:
        everything()
        for _ in changes:
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
