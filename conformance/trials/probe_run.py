"""The first run of a worker: what it is, what it registers, how fast it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from conformance.errors import UsageError
from conformance.settings.settings import Settings
from conformance.subject.complaints import complaints
from conformance.subject.process import describe_exit
from conformance.trials.baseline import Baseline
from conformance.trials.context import ABSENT
from conformance.trials.diagnosis import diagnose, taken
from conformance.trials.harness import Harness
from conformance.trials.load import parallel_starts
from conformance.trials.pace import Pace
from mock_engine.transcript import Accepted
from mock_engine.wire import Listener


async def probe_run(settings: Settings) -> Harness:
    """Start the worker for the first time and return its harness, with the baseline it gives.

    The harness also listens on the default port while that is free, so that a worker that ignores
    the address it is given is found and judged.

    Raises:
        UsageError: the command cannot be executed, or fails before it opens a connection.
    """
    place = await settings.subject.place()
    harness = Harness(settings, Baseline(Pace(settings.timeout_factor)), place)
    try:
        if settings.default_port is not None and settings.subject.starts:
            harness.extra_listener = await _listen_too(harness, settings.default_port)
        await harness.worker.start()
        await _learn(harness)
    except BaseException:
        await harness.close()
        raise
    return harness


async def _listen_too(harness: Harness, port: int) -> Listener | None:
    listener = harness.listener_on(port)
    with suppress(OSError):
        await listener.listen()
        return listener
    return None


async def _learn(harness: Harness) -> None:
    spoke = await harness.presence.spoke()
    startup = harness.transcript.now() if harness.settings.subject.starts else 0.0
    usage = harness.worker.process.usage()
    if not spoke:
        diagnosis = await diagnose(harness)
        harness.baseline = replace(harness.baseline, diagnosis=diagnosis)
        if diagnosis is None:
            _refuse_unstartable(harness)
        return
    harness.pace = replace(harness.pace, startup=startup)
    await harness.presence.settled()
    if not harness.presence.is_announced() and await harness.until(
        harness.presence.is_announced, harness.pace.announcement
    ):
        await harness.presence.settled()
    workers = harness.workers
    harness.baseline = Baseline(
        pace=harness.pace,
        engine=harness.settings.engine,
        declared=harness.talk.declared(workers),
        functions=_functions(harness),
        workers=len(workers),
        announced=harness.presence.is_announced(),
        port=_port(harness),
        features=_features(harness),
        parallel_starts=parallel_starts(startup, usage.seconds if usage else startup),
        early=_early(harness),
        exemplified=frozenset(
            name
            for name, function in harness.settings.invoking.functions.items()
            if function.examples
        ),
    )
    await _measure(harness)
    paths = tuple(e.request.path for e in harness.talk.requests.values())
    harness.baseline = replace(
        harness.baseline,
        sockets=len(harness.talk.open),
        paths=paths,
        diagnosis=await diagnose(harness),
    )


def _early(harness: Harness) -> tuple[str, ...]:
    """What the worker wrote of a failure of its own, or its end, before anything was asked."""
    process = harness.worker.process
    found = complaints([line.text for line in process.output.lines])
    if process.exit_code is not None:
        found.append(f"its process ended with {describe_exit(process.exit_code)}")
    return tuple(found)


def _refuse_unstartable(harness: Harness) -> None:
    """A command that fails before it connects is a mistake in the command, not a verdict."""
    code = harness.worker.process.exit_code
    dialled = any(isinstance(event, Accepted) for event in harness.transcript.events)
    if code is None or code == 0 or dialled:
        return
    obstacle = taken(harness)
    wrote = "\n".join(f"  {line}" for line in harness.worker.log[-15:]) or "  (nothing)"
    raise UsageError(
        f"the worker ended with {describe_exit(code)} before it opened a connection\n"
        f"worker: {harness.settings.subject.text}\n"
        f"its last output:\n{wrote}" + (f"\nnote: {obstacle}" if obstacle else "")
    )


def _functions(harness: Harness) -> dict[str, Any]:
    found = harness.talk.functions()
    return {function_id: entry.message.json for function_id, entry in found.items()}


def _features(harness: Harness) -> tuple[str, ...]:
    found = [call.json.get("data") for call in harness.talk.announcements()]
    lists = [data.get("features") for data in found if isinstance(data, dict)]
    return tuple(f for each in lists if isinstance(each, list) for f in each if isinstance(f, str))


def _port(harness: Harness) -> int:
    number = harness.workers[0] if harness.workers else 0
    accepted = harness.transcript.of(Accepted, number)
    return next((event.port for event in accepted), harness.listener.port)


async def _measure(harness: Harness) -> None:
    """Find an invocation that the worker answers, and measure how long the answer takes."""
    candidates = [harness.invoker.role("echo")] if harness.invoker.plays("echo") else []
    for function_id in (*candidates, ABSENT):
        if not harness.workers:
            return
        invocation = harness.invoker.invoke(function_id, {})
        reply = await harness.invoker.reply(invocation)
        if reply is not None:
            harness.pace = replace(harness.pace, round_trip=reply.at - invocation.at)
            harness.baseline = replace(harness.baseline, pace=harness.pace, pulse=function_id)
            return
