"""Why a worker was not found, or did not keep running, as far as its process shows."""

from __future__ import annotations

from conformance.subject.process import describe_exit
from conformance.subject.usage import holder_of
from conformance.trials.baseline import Diagnosis
from conformance.trials.harness import Harness
from mock_engine.transcript import Accepted, Direction, Message

LASTS = 3.0
"""Seconds within which a worker sends a message, and which it survives, if an open standard input
was all it lacked."""


async def diagnose(harness: Harness) -> Diagnosis | None:
    """What is wrong with the worker of the first run, if its process shows it.

    A worker that moved to another process is killed: nothing more can be learned from it.
    """
    if not harness.settings.subject.starts:
        return None
    if harness.worker.ended_by_itself():
        left = await harness.worker.process.remaining(0) and await harness.worker.remaining()
        if left:
            await harness.worker.end()
            return _daemonised(harness, left)
        return await _without_input(harness)
    if harness.talk.workers or any(isinstance(e, Accepted) for e in harness.transcript.events):
        return None
    return _elsewhere(harness)


def taken(harness: Harness) -> str:
    """Who has the default port, where the suite could not listen on it; else nothing."""
    port = harness.settings.default_port
    if port is None or harness.extra_listener is not None or not harness.settings.subject.starts:
        return ""
    return f"port {port} is taken by {holder_of(port)}"


def _daemonised(harness: Harness, left: tuple[str, ...]) -> Diagnosis:
    code = harness.worker.process.exit_code or 0
    return Diagnosis(
        f"the started process ended with {describe_exit(code)} and left {', '.join(left[:3])} "
        "running: it daemonises",
        "Stay in the foreground (no fork, `daemon: false`, `--foreground`): supervisors and "
        "container runtimes take the end of the started process for the end of the worker.",
    )


async def _without_input(harness: Harness) -> Diagnosis | None:
    """Start the worker again with a standard input that stays open, and see if it keeps running.

    Nothing else may differ: what it was asked before it exited it is asked again.
    """
    code = harness.worker.process.exit_code or 0
    took = harness.worker.life[-1].at - harness.worker.life[0].at
    place = await harness.settings.subject.place()
    other = Harness(harness.settings, harness.baseline, place)
    within = harness.pace.factor * max(LASTS, 10 * took)
    try:
        await other.worker.start(input_stays=True)
        await other.until(lambda: other.talk.workers or not other.worker.running, within)
        if not other.talk.workers:
            return None
        for function_id in _asked(harness):
            if other.workers:
                await other.invoker.reply(other.invoker.invoke(function_id, {}))
        lasts = 2 * took + 1
        await other.until(lambda: not other.worker.running, lasts, patient=False)
        if not other.worker.running:
            return None
    finally:
        await other.close()
    return Diagnosis(
        f"the process ended with {describe_exit(code)} after {took:.1f} s where its standard input "
        "(stdin) was empty, and ran on where that stayed open: it ends with its stdin",
        "Do not take the end of stdin for the wish to stop: under a supervisor and in a container "
        "it is empty from the start. That wish comes as SIGTERM.",
    )


def _asked(harness: Harness) -> list[str]:
    """The functions that the worker was asked for."""
    return [
        event.json["function_id"]
        for event in harness.transcript.of(Message)
        if event.direction is Direction.FROM_ENGINE and event.type == "invokefunction"
    ]


def _elsewhere(harness: Harness) -> Diagnosis | None:
    """Where the worker is connected instead, or why it could not be found."""
    obstacle = taken(harness)
    remotes = harness.worker.process.remotes()
    if remotes:
        host, port = remotes[0]
        there = f"where {holder_of(port)} listens"
        return Diagnosis(
            f"the process is connected with {host}:{port}, {there}, and not with this engine",
            "Read III_URL (or {url} in the command) before any default. To judge a worker that "
            f"insists on its port, end what holds port {port}, or give --isolate.",
        )
    if obstacle:
        return Diagnosis(
            f"no connection with this engine; {obstacle}, where workers dial that read no address",
            "Where the worker insists on that port, end what holds it, or give --isolate; "
            "otherwise read III_URL (or {url} in the command).",
        )
    return None
