"""The pytest plugin: hooks only.

Without an option that names a worker it changes nothing and imports nothing of the suite. It then
reports only two mistakes, which silence would hide: an option of the suite without a worker, and a
run that collected nothing beside a ``conformance.yaml``.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from conformance.plugin import declaring, options
from conformance.plugin.hypothesis_summary import spare_hypothesis


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the suite."""
    declaring.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Leave out what a project says about its own tests, if a worker is to be judged.

    Raises:
        pytest.UsageError: a conftest of the project cannot be loaded.
    """
    if not options.is_active(early_config.known_args_namespace):
        return (yield)
    from conformance.plugin import project

    project.leave_out(early_config, parser, args)
    try:
        return (yield)
    except pytest.UsageError:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever a conftest of somebody raises
        raise project.unloaded(fault) from None


def pytest_configure(config: pytest.Config) -> None:
    """Take over the run if a worker is to be judged.

    Raises:
        pytest.UsageError: an option has a value that cannot be used.
    """
    if config.option.help:
        return
    if options.is_active(config.option):
        with nothing_is_garbage():
            from conformance.plugin.run import JudgingPlugin

            config.pluginmanager.register(JudgingPlugin(config), "iii-conformance-judging")
    elif option := options.idle(config.option):
        raise pytest.UsageError(
            f'{option} is given, but no worker to judge: add --worker-cmd="python my_worker.py", '
            f"or --conformance where {options.FILE} names the worker"
        )
    else:
        config.pluginmanager.register(Idle(), "iii-conformance-idle")


@contextmanager
def nothing_is_garbage() -> Iterator[None]:
    """Exempt the objects that are created meanwhile from garbage collection, now and later.

    Scanning everything that was imported, again and again, takes a tenth of the start-up time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Idle:
    """A run that does not judge a worker."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Say how to judge the worker of ``conformance.yaml`` if nothing was collected.

        Raises:
            pytest.UsageError: the file is there, and pytest found no tests.
        """
        spare_hypothesis(session.config)
        folders = (session.config.invocation_params.dir, session.config.rootpath)
        if exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED or session.config.option.collectonly:
            return
        for folder in folders:
            if (folder / options.FILE).is_file():
                from conformance.plugin.resolving import unused

                raise pytest.UsageError(unused(folder / options.FILE))
