"""The list of known failures is kept up to date; all its other text stays unchanged."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.known_update import TO_FILL_IN, updated
from conformance.requirements import known
from conformance.requirements.catalogue import load

LIST = """\
# What our worker breaks.
known-failures:
  # Waiting for a release.
  - id: SHD-008   # draining
    reason: |
      the SDK does not drain
      at all
    link: https://example.org
  - id: REC-010
    reason: hasty
    evidence: gaps of 0.1 s   # as of May
  # Nobody knows.
  - {id: INV-017, reason: NaN}

flaky:
  - {id: CAL-005, reason: races}
"""


def test_an_update_changes_what_it_must_and_nothing_else() -> None:
    seen = {"REC-010": 'gaps of "none"', "CON-004": "it gave up", "CAL-005": "late"}

    update = updated("known.yaml", LIST, seen, ["SHD-008"], ["CON-004", "CAL-005"])

    assert update.text == textwrap.dedent(
        f"""\
        # What our worker breaks.
        known-failures:
          # Waiting for a release.
          - id: REC-010
            reason: hasty
            evidence: "gaps of \\"none\\""   # as of May
          # Nobody knows.
          - {{id: INV-017, reason: NaN}}
          - id: CON-004
            reason: "{TO_FILL_IN} (seen: it gave up)"

        flaky:
          - {{id: CAL-005, reason: races}}
        """
    )
    assert len(update.done) == 3


@pytest.mark.parametrize(
    "text", ["", "known-failures:\n", "known-failures: []\n", "# note\n", "flaky: []"]
)
def test_an_update_of_an_empty_list(text: str, tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"

    file.write_text(updated("known.yaml", text, {"CON-004": "x: {"}, [], ["CON-004"]).text)

    assert set(known.load(file, load())) == {"CON-004"}
    assert ("# note" in file.read_text()) is ("# note" in text)


def test_what_is_taken_off_last_leaves_an_empty_list(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    text = "known-failures:\n  - id: CON-004\n    reason: >\n      folded\n"

    file.write_text(updated("known.yaml", text, {}, ["CON-004"], []).text)

    assert known.load(file, load()) == {}


def test_a_list_in_brackets_is_not_updated() -> None:
    text = "known-failures: [{id: CON-004, reason: x}]"

    with pytest.raises(UsageError, match=r"known.yaml:1:\d+: .*brackets"):
        updated("known.yaml", text, {}, ["CON-004"], [])
    assert updated("known.yaml", text, {}, [], []).done == ()
