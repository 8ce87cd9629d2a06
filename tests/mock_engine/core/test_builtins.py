"""The functions that every engine has."""

from __future__ import annotations

from mock_engine.core.builtins import BUILTINS
from mock_engine.core.constants import ENGINE
from tests.mock_engine.core.playing import Play


def test_every_builtin_is_the_engines_and_is_described() -> None:
    core = Play().core

    for function_id, builtin in BUILTINS.items():
        function = core.functions.find("default", function_id)
        assert function is not None
        assert (function.owner, function.spec.description) == (ENGINE, builtin.description)
        assert builtin.description
