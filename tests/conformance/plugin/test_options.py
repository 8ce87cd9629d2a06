"""Every option has one place: it changes verdicts, what is judged, or how it is reported."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from conformance.plugin import declaring, options


def test_every_option_has_one_place() -> None:
    parser = Mock(spec=pytest.Parser)
    declaring.add(parser)
    declared = [call.args[0] for call in parser.getgroup.return_value.addoption.mock_calls]

    assert sorted(declared) == sorted(
        (*options.SHAPING, *options.CHOOSING, *options.PLACING, *options.TELLING)
    )
