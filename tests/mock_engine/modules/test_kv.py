"""The key-value store of older engines."""

from __future__ import annotations

from mock_engine.testing import LocalEngine


def test_the_key_value_store_of_older_engines(engine: LocalEngine) -> None:
    at = {"index": "i", "key": "k"}
    assert engine.invoke("kv_server::get", at) is None
    assert engine.invoke("kv_server::set", at | {"value": {"n": 1}}) == {
        "old_value": None,
        "new_value": {"n": 1},
    }
    changed = engine.invoke(
        "kv_server::update", at | {"ops": [{"type": "increment", "path": "n", "by": 2}]}
    )
    assert changed["new_value"] == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == [{"n": 3}]
    assert engine.invoke("kv_server::list_keys_with_prefix", {"prefix": "i"}) == ["i"]
    assert engine.invoke("kv_server::delete", at) == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == []
