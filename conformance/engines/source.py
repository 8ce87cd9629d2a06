"""Where probes and their recordings come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from conformance.engines import probe as probes
from conformance.engines.probe import Probe, Recording
from conformance.errors import UsageError

Folder = Traversable | Path


@dataclass(frozen=True, slots=True)
class Source:
    """The probes that come with the suite, and those in folders of the user.

    ``recordings`` is the folder of other recordings of the suite's probes, if there is one; where
    answers are to be ``recorded`` anew, nothing is compared.
    """

    own: Mapping[str, Folder] = field(default_factory=dict)
    recordings: Folder | None = None
    recorded: bool = False
    first_profile: str = "main"

    def probe(self, name: str) -> Probe:
        """The script of a probe.

        Raises:
            UsageError: there is none of this name, or it cannot be used.
        """
        return probes.read(self.own.get(name, probes.shipped()), name)

    def recording(self, name: str) -> Recording | None:
        """What was recorded of a probe.

        Raises:
            UsageError: there is no recording, or it cannot be used.
        """
        if self.recorded:
            return None
        folder = self.own.get(name) or self.recordings or probes.shipped()
        return probes.recording(folder, name)


def named(folders: tuple[Path, ...]) -> dict[str, Folder]:
    """The folders of the user's probes, by the names of these.

    Raises:
        UsageError: one has no probes, or a name stands twice.
    """
    found: dict[str, Folder] = {}
    known = set(probes.names(probes.shipped()))
    for folder in folders:
        for name in probes.names(folder):
            if name in found:
                raise UsageError(f"--probe {folder}: {name} stands in {found[name]}, too")
            if name in known and not probes.same(folder, name):
                raise UsageError(f"--probe {folder}: {name} is the name of one of the suite's")
            found[name] = folder
    return found
