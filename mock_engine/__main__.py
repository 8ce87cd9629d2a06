"""``python -m mock_engine``: an engine on this machine, until SIGTERM or SIGINT.

Exit codes: 0 after a signal, 2 when the configuration or a port cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from mock_engine.config import Config, ConfigError, default_path, load
from mock_engine.engine import Engine
from mock_engine.frame_log import log_frames
from mock_engine.transcript import Transcript
from mock_engine.wire import Listener

log = logging.getLogger("mock_engine")

USAGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the engine and return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        config = load(options.config or default_path())
        return asyncio.run(_serve(config, options.host, options.port, options.quiet))
    except ConfigError as fault:
        print(f"error: {fault}", file=sys.stderr)
    except OSError as fault:
        print(f"error: cannot listen: {fault}; choose another --port", file=sys.stderr)
    return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mock_engine", description="A local iii engine for development and tests."
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration file")
    parser.add_argument("--host", help="the address to listen on (default: the configuration's)")
    parser.add_argument("--port", type=int, help="the port for workers; 0 takes a free one")
    parser.add_argument("--quiet", action="store_true", help="do not log frames")
    return parser


async def _serve(config: Config, host: str | None, port: int | None, quiet: bool) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    engine = Engine(config)
    for module in config.modules:
        if module.name not in engine.modules:
            log.warning("module %s is configured, but this engine has none", module.name)
    await engine.start()
    transcript = None if quiet else Transcript(keep=False)
    if transcript is not None:
        transcript.listeners.append(log_frames)
    listeners = []
    for index, (configured_host, configured_port) in enumerate(config.listeners):
        chosen = configured_port if port is None or index else port
        listener = await Listener.start(
            engine.workers, host or configured_host, chosen, transcript=transcript
        )
        listeners.append(listener)
        print(f"ready ws://{listener.host}:{listener.port}", flush=True)
    await stopping.wait()
    for listener in listeners:
        await listener.stop()
    await engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
