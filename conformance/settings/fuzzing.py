"""What the user wants of fuzzing, read from the options."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import UsageError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
EXCEPTIONS = ("fail", "warn", "ignore")


@dataclass(frozen=True, slots=True)
class Fuzzing:
    """The options of a fuzzing run.

    ``seconds`` or ``count`` bound the campaign, and neither is given if there is none; ``machine``
    is the number of examples of the stateful machine, 0 for none. ``share`` of ``shares`` is this
    process's part of a distributed run. ``corpus`` is a folder, ``database`` the address of a Redis
    server.
    """

    seed: int
    seconds: float | None = None
    count: int | None = None
    machine: int = 0
    functions: tuple[str, ...] = ()
    corpus: Path | None = None
    database: str | None = None
    window: int = 64
    exceptions: str = "fail"
    share: int = 0
    shares: int = 1

    @property
    def campaigns(self) -> bool:
        """Whether payloads are fuzzed."""
        return self.seconds is not None or self.count is not None


def resolve(option: Callable[[str], Any], share: int = 0, shares: int = 1) -> Fuzzing | None:
    """The fuzzing that the options ask for; ``None`` if there is none.

    ``option`` gives the value of an option by its name, as in ``fuzz-seed``.

    Raises:
        UsageError: a value cannot be used.
    """
    budget, machine = option("fuzz"), option("fuzz-stateful")
    if budget is None and machine is None:
        _alone(option)
        return None
    seconds, count = _budget(str(budget)) if budget is not None else (None, None)
    seed = option("fuzz-seed")
    corpus = option("fuzz-corpus")
    if corpus is not None and Path(corpus).is_file():
        raise UsageError(f"--fuzz-corpus: {corpus} is a file; give a folder, which may be new")
    window = option("fuzz-window")
    window = 64 if window is None else int(window)
    if not 1 <= window <= 4096:
        raise UsageError(f"--fuzz-window is {window}; give a number from 1 to 4096")
    examples = 0 if machine is None else int(machine)
    if machine is not None and examples < 1:
        raise UsageError(f"--fuzz-stateful is {machine}; give a number of examples above 0")
    return Fuzzing(
        seed=secrets.randbelow(2**32) if seed is None else int(seed),
        seconds=seconds,
        count=count if count is None else max(1, count // shares),
        machine=examples,
        functions=tuple(option("fuzz-function") or ()),
        corpus=Path(corpus) if corpus is not None else None,
        database=_address(option("fuzz-database")),
        window=window,
        exceptions=option("fuzz-exceptions") or EXCEPTIONS[0],
        share=share,
        shares=shares,
    )


def _alone(option: Callable[[str], Any]) -> None:
    for name in ("fuzz-seed", "fuzz-corpus", "fuzz-window", "fuzz-exceptions", "fuzz-database"):
        if option(name) is not None:
            raise UsageError(f"--{name} is of use only with --fuzz=60s or --fuzz-stateful")
    if option("fuzz-function"):
        raise UsageError("--fuzz-function is of use only with --fuzz=60s or --fuzz=10000")


def _budget(text: str) -> tuple[float | None, int | None]:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError(
            f"--fuzz is {text!r}; give a time, as in 60s or 5m, or a number of invocations, "
            "as in 10000"
        )
    if match[2] is None:
        if "." in match[1]:
            raise UsageError(
                f"--fuzz is {text!r}; a number of invocations is whole; a time ends in s"
            )
        return None, int(match[1])
    return float(match[1]) * _UNITS[match[2]], None


def _address(text: str | None) -> str | None:
    if text is None or text.startswith(("redis://", "rediss://", "unix://")):
        return text
    raise UsageError(
        f"--fuzz-database is {text!r}; give the address of a Redis server, "
        "as in redis://localhost:6379/0"
    )
