"""``python -m mock_engine``: an engine on this machine, until SIGTERM or SIGINT.

Exit codes: 0 after a signal, 2 when the configuration or a port cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from mock_engine.config import Config, ConfigError, default_path, load
from mock_engine.frame_log import log_frames
from mock_engine.options import LISTENER
from mock_engine.server import Server
from mock_engine.transcript import Transcript
from mock_engine.versions import ENGINE, FEATURES, Release

log = logging.getLogger("mock_engine")

USAGE = 2
HIGHEST = 65535
PORTS = {"port": LISTENER, "http_port": "iii-http", "stream_port": "iii-stream"}
"""The option that sets the port of each module."""


def main(arguments: list[str] | None = None) -> int:
    """Run the engine and return its exit code."""
    return run(_parser().parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Run the engine that these options describe and return its exit code."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        config = load(options.config or default_path(), lenient=options.lenient)
        if not (options.allow_remote or in_container()):
            config = config.local()
        elif not options.allow_remote:
            log.info("inside a container: listening where the configuration says, for others, too")
        if options.host is not None:
            config = config.on(options.host)
        ports = {module: getattr(options, name) for name, module in PORTS.items()}
        config = config.moved({name: port for name, port in ports.items() if port is not None})
        features = dict.fromkeys((*config.features, *options.features))
        version = options.engine_version
        config = replace(config, features=tuple(features), engine_version=version)
        with asyncio.Runner(loop_factory=_loop) as runner:
            return runner.run(_serve(config, options.quiet))
    except ConfigError as fault:
        print(f"error: {fault}", file=sys.stderr)
    except OSError as fault:
        options_named = ", ".join(f"--{name.replace('_', '-')}" for name in PORTS)
        print(
            f"error: cannot listen: {fault}; choose another port: {options_named}", file=sys.stderr
        )
    return USAGE


def _loop() -> asyncio.AbstractEventLoop:
    """A uvloop event loop, when the extra ``fast`` is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def in_container() -> bool:
    """Whether this process runs in a container, where a published port needs 0.0.0.0."""
    marks = (Path("/.dockerenv"), Path("/run/.containerenv"))
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(mark.exists() for mark in marks)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mock_engine", description="A local iii engine for development and tests."
    )
    add_options(parser)
    return parser


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the engine."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration file")
    parser.add_argument(
        "--host", help="the address that every port is on (default: the configuration's)"
    )
    parser.add_argument("--port", type=port, help="the port for workers; 0 takes a free one")
    parser.add_argument("--http-port", type=port, help="the port for HTTP; 0 takes a free one")
    parser.add_argument("--stream-port", type=port, help="the port of streams; 0 takes a free one")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="listen where the configuration says, for other machines, too",
    )
    parser.add_argument(
        "--features",
        type=features,
        default=(),
        metavar="NAME,…",
        help=f"features of the protocol to advertise: {', '.join(FEATURES)} (default: nothing)",
    )
    parser.add_argument(
        "--engine-version",
        type=engine_version,
        default=ENGINE,
        metavar="VERSION",
        help=f"the release of the iii engine to behave as (default: {ENGINE})",
    )
    parser.add_argument(
        "--lenient",
        action="store_true",
        help="start without what the configuration asks for and this engine lacks, with a warning",
    )
    parser.add_argument("--quiet", action="store_true", help="do not log frames")


def port(text: str) -> int:
    """Parse a port number.

    Raises:
        argparse.ArgumentTypeError: the text is not a port number.
    """
    if text.isdecimal() and int(text) <= HIGHEST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to {HIGHEST}")


def engine_version(text: str) -> str:
    """Parse a release of the engine.

    Raises:
        argparse.ArgumentTypeError: the release is not known.
    """
    try:
        return Release(text).version
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def features(text: str) -> tuple[str, ...]:
    """Parse names of features, separated by commas.

    Raises:
        argparse.ArgumentTypeError: a feature is unknown.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in FEATURES]
    if unknown:
        text = f"{unknown[0]!r} is no feature; known: {', '.join(FEATURES)}"
        raise argparse.ArgumentTypeError(text)
    return names


async def _serve(config: Config, quiet: bool) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    transcript = None if quiet else Transcript(keep=False)
    if transcript is not None:
        transcript.listeners.append(log_frames)
    server = await Server.start(config, transcript=transcript)
    try:
        for warning in config.warnings:
            log.warning("warning: %s", warning)
        for module in config.modules:
            if module.name not in server.engine.modules:
                log.warning("module %s is configured, but this engine has none", module.name)
        for url in server.urls:
            print(f"ready {url}", flush=True)
        for name, url in server.module_urls.items():
            print(f"{name} {url}", flush=True)
        print(f"modules: {', '.join(server.engine.modules) or 'none'}", flush=True)
        await stopping.wait()
    finally:
        await server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
