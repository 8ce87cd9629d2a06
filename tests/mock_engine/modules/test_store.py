"""The pure parts of state and streams: stores compared with a dictionary, updates of any shape."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mock_engine.messages import payload
from mock_engine.modules import updates
from mock_engine.modules.store import MISSING, FileStore, Store

keys = st.sampled_from(["", "a", "b", "../x", "\x00", "ü"])
whole = st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 2**64 - 1])
values = st.recursive(
    st.none() | st.booleans() | whole | st.sampled_from([0.5, 1e308]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


class Stores(RuleBasedStateMachine):
    """A store in memory and one in a file behave like a dictionary, and the file persists."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "store.db"
        self.model: dict[str, dict[str, Any]] = {}
        self.memory = Store()
        self.file = FileStore(self.path, "one")
        self.neighbour = FileStore(self.path, "another")
        self.neighbour.put("a", "a", "theirs")

    @rule(group=keys, key=keys, value=values)
    def puts(self, group: str, key: str, value: Any) -> None:
        old = self.model.setdefault(group, {}).get(key, MISSING)
        self.model[group][key] = value
        assert self.memory.put(group, key, value) == old
        assert self.file.put(group, key, value) == old

    @rule(group=keys, key=keys)
    def drops(self, group: str, key: str) -> None:
        old = self.model.get(group, {}).pop(key, MISSING)
        assert self.memory.drop(group, key) == old
        assert self.file.drop(group, key) == old

    @rule()
    def restarts(self) -> None:
        self.file.close()
        self.file = FileStore(self.path, "one")
        self.model = {group: found for group, found in self.model.items() if found}
        for group in set(self.memory.groups()) - set(self.model):
            self.memory._groups.pop(group)  # a file does not persist empty groups

    @invariant()
    def they_agree(self) -> None:
        for store in (self.memory, self.file):
            assert store.groups() == sorted(self.model)
            for group, found in self.model.items():
                assert sorted(map(repr, store.values(group))) == sorted(map(repr, found.values()))
        assert self.neighbour.get("a", "a") == "theirs"

    def teardown(self) -> None:
        self.file.close()
        self.neighbour.close()
        self.folder.cleanup()


Stores.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestStores = Stores.TestCase

paths = st.none() | keys | st.lists(keys, max_size=3) | st.sampled_from(["__proto__", "x" * 300])
kinds = st.sampled_from(["set", "merge", "increment", "decrement", "append", "remove"])
likely = st.fixed_dictionaries(
    {"type": kinds}, optional={"path": paths, "value": values, "by": whole}
)
unlikely = st.fixed_dictionaries(
    {}, optional={"type": values | kinds, "path": values, "value": values, "by": values}
)
ops = st.lists(likely | unlikely | values, max_size=5)


@given(st.just(MISSING) | values, ops)
def test_operations_of_any_shape_are_refused_or_applied(value: Any, given_ops: list[Any]) -> None:
    before = copy.deepcopy(value)
    if updates.are_operations(given_ops) is not None:
        return
    changed, errors = updates.apply(value, given_ops)

    assert value == before or value is MISSING
    payload({"new_value": changed, "errors": errors})
    assert all(0 <= error["op_index"] < len(given_ops) for error in errors)
