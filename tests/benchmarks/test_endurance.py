"""The endurance benchmark detects lost and wrong answers, and grown memory. It asserts no time."""

from __future__ import annotations

import asyncio
import re

import pytest

from benchmarks.endurance.__main__ import main
from benchmarks.endurance.calls import Answer, Caller, Worker
from benchmarks.endurance.engine import started
from benchmarks.endurance.tally import WARM, Tally, has_grown
from benchmarks.endurance.viewers import Viewers
from mock_engine.testing import LocalEngine

SMALL = (
    *("load", "--workers", "3", "--functions", "2", "--viewers", "3", "--calls", "500"),
    *("--requests", "6000"),
)


def test_a_load_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(SMALL)) == 0

    told = capsys.readouterr().out
    assert "3 workers with 2 functions each and 3 viewers joined" in told
    assert re.search(r"^calls +500 .* 0 +0$", told, re.MULTILINE)
    assert re.search(r"^http .* 0 +0$", told, re.MULTILINE)
    assert re.search(r"^changes .* 0 +0$", told, re.MULTILINE)
    assert "too short to tell" in told


def test_kills_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kills", "--times", "2", "--writes", "80"]) == 0

    told = capsys.readouterr().out
    assert "killed 2 times" in told
    assert "lost writes of state: 0; lost jobs: 0" in told


def test_a_wrong_answer_is_seen() -> None:
    async def test(url: str) -> Tally:
        worker = await Worker.join(url, ["w::f"], lambda name, data: Answer(name, 7))
        caller = Caller(["w::f"], 1, lambda made: made < 10)
        await caller.run(url)
        await worker.peer.end()
        return caller.tally

    with LocalEngine() as engine:
        tally = asyncio.run(test(engine.url))

    assert (tally.right, tally.wrong, tally.lost) == (1, 9, 0)


def test_calls_of_an_engine_that_ends_are_lost() -> None:
    async def test() -> Tally:
        with started(()) as engine:
            url = engine.addresses["ready"]
            await Worker.join(url, ["w::f"], lambda *_: engine.process.kill())
            caller = Caller(["w::f"], 3, lambda made: made < 10)
            await caller.run(url)
            return caller.tally

    tally = asyncio.run(test())

    assert (tally.right, tally.lost) == (0, 3)


def test_a_change_that_does_not_reach_a_viewer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.endurance.viewers.LATEST", 0.1)

    async def test(url: str, stream_url: str) -> Tally:
        viewers = Viewers(2, 0.0, lambda: False)
        await viewers.join(stream_url)
        await viewers._viewers[0].peer.end()
        await viewers.run(url)
        await viewers.leave()
        return viewers.tally

    with LocalEngine({"workers": [{"name": "iii-stream"}]}) as engine:
        assert engine.stream_url is not None
        tally = asyncio.run(test(engine.url, engine.stream_url))

    assert (tally.right, tally.wrong, tally.lost) == (1, 0, 1)


def test_latencies_are_told_in_milliseconds() -> None:
    tally = Tally()
    for milliseconds in (1, 1, 1, 50):
        tally.add(milliseconds / 1000, right=True)

    assert (tally.within(0.5), tally.within(0.99)) == pytest.approx((1.1, 50.1), abs=0.11)
    assert Tally().within(0.5) == 0.0


def test_memory_is_flat_when_it_grows_only_at_first() -> None:
    warming = [float(n) for n in range(WARM)]

    assert has_grown([*warming, *[100.0] * WARM], 0.05) is False
    assert has_grown([*warming, *[100.0 + n for n in range(WARM)]], 0.05) is True
    assert has_grown([*warming, *[100.0] * (WARM - 1)], 0.05) is None
