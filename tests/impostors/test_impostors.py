"""No impostor passes a MUST that it cannot have shown, and each fails at least one."""

from __future__ import annotations

import pytest

from tests.impostors.__main__ import IMPOSTORS
from tests.impostors.shown import SHOWN, exposed


def test_every_impostor_is_tried() -> None:
    assert set(SHOWN) == set(IMPOSTORS)


@pytest.mark.mutant
@pytest.mark.parametrize("name", IMPOSTORS)
def test_an_impostor_passes_nothing_it_has_not_shown(name: str) -> None:
    exposure = exposed(name)

    assert exposure.vacuous == ()
    assert exposure.failed
