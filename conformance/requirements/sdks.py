"""The known defects of official SDKs: no worker on such an SDK can keep these requirements.

The lists are those of the project's own workers on these SDKs, version by version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.requirements.history import history
from conformance.requirements.known import KnownFailure
from mock_engine.versions import FRAMEWORKS, numbers

SDK = "sdk"
"""The value that names these lists in place of a file of known failures."""


@dataclass(frozen=True, slots=True)
class Sdk:
    """An official SDK as a worker announces it, such as ``iii-node`` 0.22.1."""

    framework: str
    version: str

    @property
    def language(self) -> str:
        """Its name in the lists."""
        return FRAMEWORKS[self.framework]


def announced(announcements: Iterable[Mapping[str, Any]]) -> Sdk | None:
    """The official SDK that a worker is built on, from its announcements."""
    for data in announcements:
        telemetry, version = data.get("telemetry"), data.get("version")
        framework = telemetry.get("framework") if isinstance(telemetry, Mapping) else None
        if isinstance(version, str) and isinstance(framework, str) and framework in FRAMEWORKS:
            return Sdk(framework, version)
    return None


def defects(
    sdk: Sdk, failing: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, KnownFailure]:
    """The known failures of an SDK, by requirement, each with the version that fixes it.

    ``failing`` has reasons by requirement and by ``LANGUAGE-VERSION``. What holds for a version
    that was tested holds for those after it, up to the next tested one.
    """
    failing = history()["failing"] if failing is None else failing
    versions = _versions(sdk.language, failing)
    own = [v for v in versions if numbers(v) <= numbers(sdk.version)]
    if not own:
        return {}
    key = f"{sdk.language}-{own[-1]}"
    later = [v for v in versions[versions.index(own[-1]) + 1 :] if "-" not in v]  # released
    found = {}
    for requirement, reasons in failing.items():
        if key in reasons:
            mended = (v for v in later if f"{sdk.language}-{v}" not in reasons)
            found[requirement] = _failure(requirement, reasons[key], sdk, next(mended, None))
    return found


def _failure(requirement: str, reason: str, sdk: Sdk, mended: str | None) -> KnownFailure:
    remedy = f"; upgrade to {mended}, which has it mended" if mended else ""
    text = f"a defect of {sdk.framework} {sdk.version}, not yours{remedy}: {reason}"
    return KnownFailure(requirement, text, lenient=True)


def _versions(language: str, failing: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The versions that were tested, the oldest first."""
    names = {name for reasons in failing.values() for name in reasons}
    found = {name.removeprefix(f"{language}-") for name in names if name.startswith(f"{language}-")}
    return sorted(found, key=numbers)
