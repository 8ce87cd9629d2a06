"""Which protocol version a worker speaks, and which one its engine speaks.

An official SDK announces its own version, which is the version of the protocol; the framework in
its telemetry identifies it as an SDK. Releases before 0.11 name no framework, and are recognised by
what they do name. Any other worker is held to the newest version. The user may name a version
instead.

The engine's version is independent of that: an old worker meets a current engine, which enforces
rules that are newer than the worker's SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import UsageError
from mock_engine.versions import (
    FRAMEWORKS,
    NAMES_FRAMEWORK,
    NEWEST,
    OLDEST,
    RELEASED,
    UNNAMED_RUNTIMES,
    VersionRange,
    numbers,
)

AUTO = "auto"
LOCALE = re.compile(r"C|POSIX|[a-z]{2,3}(?:[-_.]\w+)*")


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol version, how it was determined, and the features that the worker announced.

    ``engine`` is the version of the engine that the worker will run against.
    """

    version: str
    reason: str
    features: tuple[str, ...] = ()
    engine: str = RELEASED

    def knows(self, since: str | None, until: str | None, engine_since: str | None = None) -> bool:
        """Whether a rule that holds from ``since`` to ``until``, both inclusive, holds here.

        Engines from ``engine_since`` on enforce it on every worker.
        """
        if engine_since is not None and VersionRange(engine_since).holds(self.engine):
            return True
        return VersionRange(since, until).holds(self.version)


def chosen(text: str) -> str | None:
    """The version that the user asked for, or ``None`` if the announcement decides it.

    Raises:
        UsageError: it is not a version, or newer than what is known.
    """
    return None if text == AUTO else _version(text, "--protocol", f"{AUTO} or a version")


def engines(text: str) -> str:
    """The version of the engine that the user names.

    Raises:
        UsageError: it is not a version, or newer than what is known.
    """
    return _version(text, "--engine-version", "a version")


def _version(text: str, option: str, wanted: str) -> str:
    if not re.fullmatch(r"0\.\d+(\.\d+)?", text):
        raise UsageError(f"{option} is {text!r}; give {wanted}, such as 0.11 or 0.23")
    if numbers(text)[:2] > numbers(NEWEST):
        raise UsageError(f"{option} is {text}; the newest version known here is {NEWEST}")
    return text


def spoken(
    announcements: list[Mapping[str, Any]], version: str | None = None, engine: str = RELEASED
) -> Protocol:
    """The protocol of a worker, from its announcements, given as their ``data`` objects.

    ``version`` is the one that the user asked for, if any, and ``engine`` that of its engine.
    """
    features = tuple(
        dict.fromkeys(
            feature
            for data in announcements
            if isinstance(data.get("features"), list)
            for feature in data["features"]
            if isinstance(feature, str)
        )
    )
    if version is not None:
        return Protocol(version, f"asked for with --protocol {version}", features, engine)
    return replace(_announced(announcements), features=features, engine=engine)


def _announced(announcements: list[Mapping[str, Any]]) -> Protocol:
    for data in announcements:
        telemetry = data.get("telemetry")
        framework = telemetry.get("framework") if isinstance(telemetry, Mapping) else None
        version = data.get("version")
        if isinstance(version, str) and _is_sdk(framework, version):
            return Protocol(version, f"the worker announces the SDK {framework} {version}")
        if isinstance(version, str) and _is_early_sdk(data, version):
            guess = f"a guess: it announces itself as the SDK for {data['runtime']} {version} does"
            return Protocol(version, f"{guess}; --protocol names another version")
    return Protocol(RELEASED, f"the worker is held to {RELEASED}, the newest")


def _is_early_sdk(data: Mapping[str, Any], version: str) -> bool:
    """Whether an announcement is that of an SDK which names no framework yet.

    Those of 0.3 to 0.10 give their version in full, and the user's locale as the language in their
    telemetry; a worker with telemetry of its own names its programming language there.
    """
    telemetry = data.get("telemetry")
    return (
        isinstance(telemetry, Mapping)
        and LOCALE.fullmatch(str(telemetry.get("language"))) is not None
        and telemetry.get("framework") is None
        and data.get("runtime") in UNNAMED_RUNTIMES
        and re.fullmatch(r"0\.\d+\.\d+", version) is not None
        and VersionRange(OLDEST).holds(version)
        and not NAMES_FRAMEWORK.holds(version)
    )


def _is_sdk(framework: object, version: str) -> bool:
    return isinstance(framework, str) and framework in FRAMEWORKS and NAMES_FRAMEWORK.holds(version)
