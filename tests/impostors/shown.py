"""What each impostor may pass, and the judge's verdict on it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.requirements.verdict import Level, Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge

SPEAKS = ("CON-001", "CON-002", "CON-003", "ANN-", "FRM-001", "FRM-002", "FRM-010", "REG-", "USE-")
"""Requirements that a worker can show if it sends messages, whether or not it answers."""

LIVES = (*SPEAKS, "CON-", "FRM-", "RDY-", "REC-007", "SHD-", "INV-020", "CAL-004")
"""Requirements that a worker can show if it answers each invocation somehow.

Its announcement is a call without an answer, which is all that CAL-004 requires.
"""

ECHOES = ("INV-001", "INV-002", "INV-003", "INV-014", "INV-018", "INV-031", "INV-032", "INV-034")
"""Requirements that a worker can show if it returns its data, and is found to echo."""

SHOWN: dict[str, tuple[str, ...]] = {
    "ends_at_once": (),
    "does_nothing": (),
    "dials_and_waits": (),
    "says_nothing": (),
    "hangs_up": (),
    "announces_alone": SPEAKS,
    "fails_always": SPEAKS,
    # The binary message that it gets and sends back has a prefix and a JSON object.
    "repeats_everything": (*SPEAKS, "TEL-001"),
    "echoes_always": (*LIVES, *ECHOES, "INV-036"),
    "knows_nothing": (*LIVES, "INV-"),
    # A worker that does everything, and sends nonsense besides: the suite must bear that.
    "says_nonsense": ("",),
}
"""The prefixes of the ids that an impostor may pass."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The result of an impostor: the MUSTs it failed, passed, and passed without showing them."""

    name: str
    failed: tuple[str, ...]
    passed: tuple[str, ...]
    vacuous: tuple[str, ...]


def exposed(name: str) -> Exposure:
    """Judge an impostor by all requirements of the default level."""
    verdicts = judge(
        f"tests.impostors {name}", [i for i, check in CHECKS.items() if not check.long]
    )
    musts = [v for v in verdicts if v.requirement.level is Level.MUST]
    passed = tuple(v.requirement.id for v in musts if v.outcome is Outcome.PASSED)
    failed = tuple(v.requirement.id for v in musts if v.outcome is Outcome.FAILED)
    vacuous = tuple(i for i in passed if not i.startswith(SHOWN[name] or ("none",)))
    return Exposure(name, failed, passed, vacuous)
