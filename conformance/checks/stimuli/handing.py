"""Values that a worker changes on their way, whichever function hands them on."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.always import listed
from conformance.requirements.verdict import Finding, broken
from conformance.trials.learning.handing import same_for_all
from conformance.trials.trial import Record


def handed_on(record: Record[Any], *, answers: bool) -> Finding | None:
    """What several functions change alike in what they hand on, if none hands it on as it is.

    With ``answers``, what they hand on is the answer to a call; else it may be their data, too.
    """
    found = same_for_all(record.baseline.knowledge.handed_on(answers=answers))
    if found is None:
        return None
    made, names = found
    what = "the answer to its call" if answers else "its data, or the answer to its call,"
    return broken(
        expected=f"a function that hands {what} on as it is, of the {len(names)} that hand it on: "
        f"{listed(names)}",
        seen=f"the same changes by each of them: {listed([*made])}",
        remedy="Hand data and results on as they came, whatever their values and names; take care "
        "with null, false, 0 and empty values.",
    )
