"""What the options of a run mean, with ``conformance.yaml`` for what they do not say."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.engines.command import EngineCommand
from conformance.engines.elsewhere import EngineAddress
from conformance.engines.engine import EngineSubject
from conformance.engines.upstream import EngineBehind
from conformance.errors import UsageError
from conformance.judging.shares import parse
from conformance.plugin import options
from conformance.report.merging import read_report
from conformance.requirements import known, protocol, sdks
from conformance.requirements.catalogue import CatalogueError, load
from conformance.scenarios import library
from conformance.settings import configuration
from conformance.settings.configuration import Configuration
from conformance.settings.fuzzing import resolve
from conformance.settings.invoking import Invoking
from conformance.settings.settings import CONCURRENCY, DEFAULT_PORT, Settings
from conformance.subject import chosen
from conformance.subject.place import Subject
from mock_engine.versions import RELEASED


def settings(config: pytest.Config) -> Settings:
    """The settings that the options give, and the configuration file if there is one.

    Raises:
        UsageError: an option or the file has a value that cannot be used.
    """
    file = _configuration(config)

    def option(name: str, default: Any = None) -> Any:
        value = config.getoption(f"--{name}")
        return file.options.get(name, default) if value is None else value

    def listed(name: str) -> tuple[str, ...]:
        return (*file.options.get(name, ()), *config.getoption(f"--{name}"))

    factor = timeout_factor(option("timeout-factor", 1.0))
    upstream = _upstream(config, factor)
    patterns: list[str] = config.getoption("--requirement")
    try:
        wanted = tuple(r.id for r in load().matching(patterns)) if patterns else ()
    except CatalogueError as fault:
        raise UsageError(f"--requirement: {fault}") from None
    failures, sdk = _known_lists(config, file)
    if failures and config.getoption("--update-known-failures") and not failures.exists():
        failures = None
    return Settings(
        subject=_subject(config, file),
        environment=chosen.variables(listed("worker-env"), os.environ),
        timeout_factor=factor,
        requirements=wanted,
        strict=is_strict(config),
        serial=config.getoption("--serial") or file.options.get("serial", False),
        full=option("level", "default") == "full",
        protocol=protocol.chosen(option("protocol", protocol.AUTO)),
        engine=protocol.engines(option("engine-version", RELEASED)),
        invoking=Invoking(
            functions=file.functions,
            excluded=listed("exclude"),
            disabled=config.getoption("--no-invoke") or file.options.get("no-invoke", False),
            roles=file.roles,
        ),
        known=known.load(failures, load(), scenarios=_names(config)) if failures else {},
        sdk_defects=sdk,
        update=_updated_file(config, file),
        variables=listed("engine-env"),
        default_port=_default_port(config),
        scenarios=tuple(config.getoption("--scenario")),
        scenario_parameters=_parameters(config.getoption("--scenario-param")),
        upstream=upstream,
        concurrency=CONCURRENCY if upstream is None else upstream.parallel,
        fuzzing=resolve(option, *_share(config)),
    )


def engine(config: pytest.Config, factor: float) -> EngineSubject | None:
    """The engine that the options name, if they name one.

    Raises:
        UsageError: two options exclude each other, or what they name cannot be used.
    """
    command: str | None = config.getoption("--engine-cmd")
    urls: list[str] = config.getoption("--engine-url")
    profile: str | None = config.getoption("--engine-profile")
    if command is not None and urls:
        raise UsageError("--engine-cmd and --engine-url exclude each other; give one of them")
    if command is not None and profile is not None:
        raise UsageError(
            "--engine-profile is for --engine-url; with --engine-cmd the suite starts an engine "
            "for each profile"
        )
    if command is not None:
        return EngineCommand.parse(command, factor)
    return EngineAddress.parse(urls, profile or "main") if urls else None


def _upstream(config: pytest.Config, factor: float) -> EngineBehind | None:
    """The engine that the worker is judged against, if the options name one."""
    subject = engine(config, factor)
    if isinstance(subject, EngineAddress):
        return EngineBehind(subject, subject.profile)
    return None if subject is None else EngineBehind(subject)


def timeout_factor(value: float | None) -> float:
    """The factor of all deadlines.

    Raises:
        UsageError: it is not above 0, or too large.
    """
    factor = 1.0 if value is None else value
    if not 0 < factor < 1000:
        raise UsageError(f"--timeout-factor is {factor}; give a number above 0, such as 2")
    return factor


def unused(path: Path) -> str:
    """The message about a configuration file in a run that judges and collects nothing."""
    try:
        configuration.load(path)
    except UsageError as fault:
        return str(fault)
    return f"no tests were collected; `pytest --conformance` judges the worker of {path.name}"


def examples_file(config: pytest.Config) -> Path | None:
    """The file for examples, if the user wants them written."""
    name = config.getoption("--write-examples")
    return None if name is None else Path(name)


def share(config: pytest.Config) -> tuple[int, int, Mapping[str, float]]:
    """Which share of the work the run does, of how many, and how long trials took earlier.

    Raises:
        UsageError: an option has a value that cannot be used.
    """
    text: str | None = config.getoption("--shard")
    earlier: str | None = config.getoption("--durations-of")
    seconds = read_report(Path(earlier)).seconds if earlier is not None else {}
    return *(parse(text) if text else (0, 1)), seconds or {}


def report_folder(config: pytest.Config) -> Path | None:
    """Where the report is to be written, if anywhere."""
    name: str | None = config.getoption("--conformance-report")
    return None if name is None or config.option.collectonly else Path(name)


def described(settings: Settings) -> dict[str, Any]:
    """The settings as a report shows them."""
    return {
        "worker": settings.subject.described,
        "requirements": list(settings.requirements),
        "level": "full" if settings.full else "default",
        "protocol": settings.protocol or protocol.AUTO,
        "engine_version": settings.engine,
        "timeout_factor": settings.timeout_factor,
        "strict": settings.strict,
        "excluded": list(settings.invoking.excluded),
        "no_invoke": settings.invoking.disabled,
        "known_failures": sorted(settings.known),
        "sdk_defects": settings.sdk_defects,
    }


def command(config: pytest.Config, *named: str) -> str:
    """What to type to judge what ``named`` (options or names) chooses, in the same way."""
    isolated = is_isolated(config)
    words = ["iii-conformance", "judge"] if isolated else ["pytest"]
    for name in options.SHAPING:
        value = config.getoption(name)
        if isolated and name in ("--conformance", "--worker-cmd"):
            continue
        if value is True:
            words.append(name)
        elif value not in (None, False):
            values = value if isinstance(value, list) else [value]
            words += [f"{name}={shlex.quote(str(value))}" for value in values]
    words += map(shlex.quote, named)
    if isolated and (worker := config.getoption("--worker-cmd")):
        words += ["--", worker]
    return " ".join(words)


def _share(config: pytest.Config) -> tuple[int, int]:
    """Which share of the fuzzing this process has, counted from 0, and of how many.

    Shards and the processes of a distributed run each have inputs of their own.
    """
    number, count, _ = share(config)
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is None:
        return number, count
    process, processes = int(str(worker["workerid"]).removeprefix("gw")), int(worker["workercount"])
    return number * processes + process, count * processes


def _configuration(config: pytest.Config) -> Configuration:
    """The file that the user names, or the one in the current folder or pytest's root."""
    named: str | None = config.getoption("--conformance-config")
    if named is not None:
        return configuration.load(Path(named))
    found = configuration.find([config.invocation_params.dir, config.rootpath])
    return configuration.load(found) if found else Configuration()


def _subject(config: pytest.Config, file: Configuration) -> Subject:
    """The subject that the options name, or else the file."""
    options = {name: config.getoption(f"--{name}") for name in chosen.OPTIONS}
    named = chosen.names_a_worker(options)
    values = {
        name: file.options.get(name) if value is None or value is False else value
        for name, value in options.items()
        if not (named and value is None and name in chosen.NAMING)
    }
    if not chosen.names_a_worker(values):
        raise UsageError(_no_worker(config, file))
    return chosen.subject(values)


def _no_worker(config: pytest.Config, file: Configuration) -> str:
    """The message if nothing names a worker."""
    found = (
        f"{file.path} has no `worker-cmd`"
        if file.path
        else f"there is no {configuration.FILE} in this folder"
    )
    remedy = (
        "give its command after `--`, as in `iii-conformance -- python my_worker.py`"
        if is_isolated(config)
        else 'give its command, as in --worker-cmd="python my_worker.py"'
    )
    return f"there is no worker to judge: {found}; {remedy}"


def is_isolated(config: pytest.Config) -> bool:
    """Whether the console script runs pytest, without the project's own settings."""
    return config.inipath == options.ISOLATED


def _known_lists(config: pytest.Config, file: Configuration) -> tuple[Path | None, bool]:
    """The list of known failures, and whether those of the worker's SDK count, too.

    The path of one in the configuration file is relative to that file.

    Raises:
        UsageError: two files are named.
    """
    named = [Path(name) for name in config.getoption("--known-failures") if name != sdks.SDK]
    sdk = sdks.SDK in config.getoption("--known-failures")
    if not named:
        listed = file.options.get("known-failures", [])
        names = [listed] if isinstance(listed, str) else listed
        named = [file.beside(name) for name in names if name != sdks.SDK]
        sdk = sdk or sdks.SDK in names
    if len(named) > 1:
        raise UsageError("--known-failures names two files; put the entries into one")
    return (named[0] if named else None), sdk


def _default_port(config: pytest.Config) -> int | None:
    """The port that workers dial if they are given no address; none for ``--default-port=0``."""
    port: int | None = config.getoption("--default-port")
    if port is None:
        return DEFAULT_PORT
    if not 0 <= port <= chosen.HIGHEST:
        raise UsageError(f"--default-port is {port}; give a port, or 0 for none")
    return port or None


def _names(config: pytest.Config) -> Collection[str] | None:
    """The names that scenarios of this run may have; ``None`` if none is played."""
    chosen: list[str] = config.getoption("--scenario")
    return library.names(chosen) if chosen else None


def _parameters(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            expected = "expected NAME=VALUE, as in greeting=hello"
            raise UsageError(f"--scenario-param {text!r}: {expected}")
        found[name] = value
    return found


def _updated_file(config: pytest.Config, file: Configuration) -> Path | None:
    """The list of known failures that this run brings up to date, if any."""
    if not config.getoption("--update-known-failures"):
        return None
    failures, _ = _known_lists(config, file)
    if failures is None:
        raise UsageError("--update-known-failures takes --known-failures FILE: the file to update")
    return failures


def is_strict(config: pytest.Config) -> bool:
    """Whether ``--strict`` is on the command line.

    The option is pytest's own: a switch up to version 8, an override of the setting ``strict``
    since 9. A setting in a configuration file is about that project's tests, not about workers.
    """
    overrides: list[str] = config.getoption("override_ini", default=None) or []
    return "strict=true" in overrides or bool(config.getoption("strict", default=False))
