"""The first run of a worker: what it is, what it registers, how fast it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from conformance.errors import UsageError
from conformance.settings.settings import Settings
from conformance.subject.process import describe_exit
from conformance.trials.baseline import Baseline
from conformance.trials.load import starters
from conformance.trials.pace import Pace
from conformance.trials.stage import ABSENT, Stage
from mock_engine.transcript import Accepted
from mock_engine.wire import Listener


async def first_run(settings: Settings) -> Stage:
    """Start the worker for the first time and return its stage, with the baseline it gives.

    The stage also listens on the default port while that is free, so that a worker that ignores
    the address it is given is found and judged.

    Raises:
        UsageError: the command cannot be executed, or fails before it opens a connection.
    """
    place = await settings.subject.place()
    stage = Stage(settings, Baseline(Pace(settings.timeout_factor)), place)
    try:
        if settings.default_port is not None and settings.subject.starts:
            stage.extra_listener = await _listen_too(stage, settings.default_port)
        await stage.start()
        await _learn(stage)
    except BaseException:
        await stage.close()
        raise
    return stage


async def _listen_too(stage: Stage, port: int) -> Listener | None:
    listener = stage.listener_on(port)
    with suppress(OSError):
        await listener.listen()
        return listener
    return None


async def _learn(stage: Stage) -> None:
    spoke = await stage.spoke()
    startup = stage.transcript.now() if stage.settings.subject.starts else 0.0
    usage = stage.process.usage()
    if not spoke:
        _refuse_unstartable(stage)
        return
    stage.pace = replace(stage.pace, startup=startup)
    await stage.settled()
    if not stage.is_announced() and await stage.until(stage.is_announced, stage.pace.announcement):
        await stage.settled()
    workers = stage.workers
    stage.baseline = Baseline(
        pace=stage.pace,
        declared=stage.talk.declared(workers),
        functions=_functions(stage),
        workers=len(workers),
        announced=stage.is_announced(),
        port=_port(stage),
        features=_features(stage),
        starters=starters(startup, usage.seconds if usage else startup),
    )
    await _measure(stage)
    paths = tuple(e.request.path for e in stage.talk.requests.values())
    stage.baseline = replace(stage.baseline, sockets=len(stage.talk.open), paths=paths)


def _refuse_unstartable(stage: Stage) -> None:
    """A command that fails before it connects is a mistake in the command, not a verdict."""
    code = stage.process.exit_code
    dialled = any(isinstance(event, Accepted) for event in stage.transcript.events)
    if code is None or code == 0 or dialled:
        return
    wrote = "\n".join(f"  {line}" for line in stage.log[-15:]) or "  (nothing)"
    raise UsageError(
        f"the worker ended with {describe_exit(code)} before it opened a connection\n"
        f"worker: {stage.settings.subject.text}\n"
        f"its last output:\n{wrote}"
    )


def _functions(stage: Stage) -> dict[str, Any]:
    found = stage.talk.functions()
    return {function_id: entry.message.json for function_id, entry in found.items()}


def _features(stage: Stage) -> tuple[str, ...]:
    found = [call.json.get("data") for call in stage.talk.announcements()]
    lists = [data.get("features") for data in found if isinstance(data, dict)]
    return tuple(f for each in lists if isinstance(each, list) for f in each if isinstance(f, str))


def _port(stage: Stage) -> int:
    number = stage.workers[0] if stage.workers else 0
    accepted = stage.transcript.of(Accepted, number)
    return next((event.port for event in accepted), stage.listener.port)


async def _measure(stage: Stage) -> None:
    """Find an invocation that the worker answers, and how long an answer takes."""
    candidates = [stage.role("echo")] if stage.plays("echo") else []
    for function_id in (*candidates, ABSENT):
        if not stage.workers:
            return
        invocation = stage.invoke(function_id, {})
        reply = await stage.reply(invocation)
        if reply is not None:
            stage.pace = replace(stage.pace, round_trip=reply.at - invocation.at)
            stage.baseline = replace(stage.baseline, pace=stage.pace, pulse=function_id)
            return
