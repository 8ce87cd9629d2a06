"""Where probes and their recordings come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from conformance.engines import probe as probes
from conformance.engines.probe import Probe, Recording
from conformance.errors import Inconclusive, UsageError

Folder = Traversable | Path


@dataclass(frozen=True, slots=True)
class Source:
    """The probes shipped with the suite, and those in folders of the user.

    ``recordings`` is the folder of other recordings of the suite's probes, if there is one; if
    answers are to be ``recorded``, nothing is compared.
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
        folder = self.own.get(name)
        return probes.shipped_probe(name) if folder is None else probes.read(folder, name)

    def recording(self, name: str) -> Recording | None:
        """What was recorded of a probe.

        Raises:
            Inconclusive: there is no recording.
            UsageError: it cannot be used.
        """
        if self.recorded:
            return None
        folder = self.own.get(name) or self._recordings
        if not (folder / f"{name}{probes.RECORDING}").is_file():
            raise Inconclusive(f"there is no recording of it in {folder}")
        return probes.recording(folder, name)

    def permit(self, name: str, *, starts: bool) -> None:
        """Check that a probe can be played to an engine, which the suite ``starts`` or not.

        Raises:
            Inconclusive: it cannot.
            UsageError: it, or its recording, cannot be used.
        """
        recording = self.recording(name)
        if recording is not None and not recording.stable:
            raise Inconclusive("two recordings of it were not alike")
        if self.probe(name).destructive and not starts:
            raise Inconclusive("spoils or ends the engine: takes --engine-cmd")

    @property
    def recorded_from(self) -> str:
        """The engine of the recordings.

        Raises:
            UsageError: there are none.
        """
        folder = self._recordings
        return probes.recording(folder, probes.recorded(folder)[0]).recorded_from

    @property
    def _recordings(self) -> Folder:
        return self.recordings or probes.shipped()


def named(folders: tuple[Path, ...]) -> dict[str, Folder]:
    """The folders of the user's probes, by the names of these.

    Raises:
        UsageError: one has no probes, or two of them have the same name.
    """
    found: dict[str, Folder] = {}
    for folder in folders:
        for name in probes.names(folder):
            if name in found:
                raise UsageError(f"--probe {folder}: {name} stands in {found[name]}, too")
            found[name] = folder
    return found
