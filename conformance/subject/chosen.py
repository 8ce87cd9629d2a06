"""What the options say about the worker to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.errors import UsageError
from conformance.subject.attached import Attached
from conformance.subject.command import Command
from conformance.subject.environment import ADDRESS_VARIABLES
from conformance.subject.isolated import Isolated
from conformance.subject.place import Subject

NAMING = ("worker-cmd", "worker-image", "worker-attach")
"""The options that name a worker; only one of them may be given."""

HIGHEST = 65535
OPTIONS = (*NAMING, "worker-network", "isolate")


def names_a_worker(options: Mapping[str, Any]) -> bool:
    """Whether the options name a worker."""
    return any(options.get(name) is not None for name in NAMING)


def subject(options: Mapping[str, Any]) -> Subject:
    """The subject that the values of ``OPTIONS`` name; ``None`` stands for an option not given.

    Raises:
        UsageError: two exclude each other, or what they name cannot be used.
    """
    chosen = [name for name in NAMING if options.get(name) is not None]
    if len(chosen) > 1:
        names = " and ".join(f"--{name}" for name in chosen)
        raise UsageError(f"{names} exclude each other; give one of them")
    command, image = options.get("worker-cmd"), options.get("worker-image")
    port, network = options.get("worker-attach"), options.get("worker-network")
    if port is not None and not 0 < port <= HIGHEST:
        raise UsageError(f"--worker-attach is {port}; give the port that your worker dials")
    if image is None:
        if network is not None:
            raise UsageError(
                "--worker-network is for the containers of --worker-image; leave it out"
            )
        if port is not None:
            if options.get("isolate"):
                raise UsageError("--isolate is for --worker-cmd; an attached worker is anywhere")
            return Attached(port)
        parsed = Command.parse(command or "")
        return Isolated(parsed) if options.get("isolate") else parsed
    if options.get("isolate"):
        raise UsageError(
            "--isolate is for --worker-cmd; a container has a network of its own already, and "
            "the engine listens where it can reach it"
        )
    from conformance.subject.image import Image  # needs an extra that others do not

    return Image(image, network)


def variables(texts: Iterable[str], present: Mapping[str, str]) -> dict[str, str]:
    """The variables that ``--worker-env`` gives, each as ``NAME=VALUE`` or ``NAME``.

    Raises:
        UsageError: a name is empty, is not in the current environment, or is the suite's own.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name:
            raise UsageError(f"--worker-env: expected NAME=VALUE, not {text!r}")
        if name in ADDRESS_VARIABLES:
            raise UsageError(f"--worker-env: {name} is the engine's address, which the suite sets")
        if not equals and name not in present:
            raise UsageError(
                f"--worker-env: {name} is not in the present environment; give {name}=VALUE"
            )
        found[name] = value if equals else present[name]
    return found
