"""Cross-origin headers."""

from __future__ import annotations

from mock_engine.modules.cors import Cors

OURS, THEIRS = "https://ours.test", "https://theirs.test"


def test_without_a_configuration_everybody_may_read_everything() -> None:
    headers = dict(Cors(None).answer(THEIRS))

    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-expose-headers"] == "*"


def test_only_an_origin_that_is_listed_is_named() -> None:
    cors = Cors({"allowed_origins": [OURS]})

    assert dict(cors.answer(OURS))["access-control-allow-origin"] == OURS
    assert "access-control-allow-origin" not in dict(cors.answer(THEIRS))
    assert "access-control-allow-origin" not in dict(cors.answer(None))


def test_a_preflight_lists_what_is_allowed() -> None:
    cors = Cors({"allowed_methods": ["GET", "PUT"], "allowed_headers": ["x-a"]})
    headers = dict(cors.preflight(OURS))

    assert headers["access-control-allow-methods"] == "GET,PUT"
    assert headers["access-control-allow-headers"] == "x-a"
