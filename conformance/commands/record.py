"""``record`` and ``from-transcript``: from a conversation to a scenario."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence
from pathlib import Path

from conformance.documents import nodes
from conformance.errors import UsageError
from conformance.scenarios.recording import transcripts
from conformance.scenarios.recording.compose import compose
from conformance.scenarios.recording.proxy import Proxy, Upstream
from conformance.scenarios.recording.writing import write
from mock_engine.transcript import Event


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare ``record``."""
    parser.description = (
        "Stand between a worker and an engine, pass on what they say unchanged, and write it as a "
        "scenario on Ctrl-C, SIGTERM, or when the worker has gone."
    )
    parser.add_argument("--upstream", required=True, metavar="URL", help="where the engine is")
    parser.add_argument(
        "--listen",
        default="0",
        metavar="[HOST:]PORT",
        help="where the worker is to connect (default: a free port, which is printed)",
    )
    parser.add_argument(
        "--stay", action="store_true", help="go on when the worker has gone, for its return"
    )
    _output(parser)
    parser.set_defaults(run=_record)


def declare_from_transcript(parser: argparse.ArgumentParser) -> None:
    """Declare ``from-transcript``."""
    parser.add_argument(
        "transcript", type=Path, help="a transcript, NDJSON, of this suite or of a wire probe"
    )
    _output(parser)
    parser.set_defaults(run=_from_transcript)


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the scenario to write"
    )
    parser.add_argument("--title", default="", help="what the scenario shows, in one sentence")


def _record(options: argparse.Namespace) -> int:
    host, _, port = options.listen.rpartition(":")
    if not port.isdigit():
        raise UsageError(f"--listen {options.listen!r}: expected a port, or HOST:PORT")
    _refuse_unwritable(options.output)
    upstream = Upstream.of(options.upstream)
    events = asyncio.run(
        _listen(Proxy(upstream), host or "127.0.0.1", int(port), stay=options.stay)
    )
    return _write(events, options.output, options.title or "A recorded conversation", "a recording")


async def _listen(proxy: Proxy, host: str, port: int, *, stay: bool) -> Sequence[Event]:
    """Forward connections until a signal, or until the worker has gone."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    if not stay:
        proxy.gone = over.set
    taken = await proxy.listen(host, port)
    print(f"recording on ws://{host}:{taken}; Ctrl-C ends it", flush=True)
    await over.wait()
    await proxy.stop()
    for warning in dict.fromkeys(proxy.warnings):
        print(f"warning: {warning}", flush=True)
    return proxy.transcript.events


def _from_transcript(options: argparse.Namespace) -> int:
    events = transcripts.read(nodes.read(options.transcript), str(options.transcript))
    title = options.title or f"The conversation of {options.transcript.name}"
    return _write(events, options.output, title, str(options.transcript.name))


def _write(events: Sequence[Event], output: Path, title: str, source: str) -> int:
    name = "".join(c if c.isalnum() else "-" for c in output.stem.lower()).strip("-") or "recorded"
    try:
        made = compose(events, name=name, title=title, source=source)
    except ValueError as fault:
        raise UsageError(str(fault)) from None
    replace_file(output, write(made))
    print(f"{output}: {len(made['steps'])} steps; play it with")
    print(f"  iii-conformance replay {output} -- COMMAND")
    print("It holds what the worker did. Where that was wrong, say what should have been:")
    print(f"  iii-conformance expect {output}")
    return 0


def replace_file(output: Path, text: str) -> None:
    """Write a file as a whole or not at all, even if the user interrupts it."""
    part = output.with_name(f".{output.name}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(output)
    except OSError as fault:
        raise UsageError(f"-o {output}: {fault.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _refuse_unwritable(output: Path) -> None:
    if not output.resolve().parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}; make it first")
