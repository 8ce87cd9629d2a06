"""Engine mutants: the mock engine with one mistake, as a program with the engine's options.

    python -m tests.engines.mutant NAME --config FILE

A mistake is a change of the frames that cross the wire, so that it does not depend on how the
engine is built.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_engine.wire import Connection, Response

Frame = dict[str, Any]
Sends = Callable[[Connection, Frame], Iterable[Frame | str]]
Receives = Callable[[Connection, Frame], Frame | None]


def unchanged(connection: Connection, frame: Frame) -> Iterable[Frame | str]:
    return [frame]


def heard(connection: Connection, frame: Frame) -> Frame | None:
    return frame


@dataclass(frozen=True)
class Mutant:
    """An engine that breaks the requirement ``breaks``, and words that the finding must contain.

    ``sends`` returns what is sent in place of each frame, ``receives`` what is read in place of
    each, ``responds`` what replaces an HTTP answer; a string is sent as it is.
    """

    breaks: str
    because: str
    sends: Sends = unchanged
    receives: Receives = heard
    responds: Callable[[Response], Response] = lambda response: response

    def install(self) -> None:
        """Install the mistake in the engine of this process."""
        send, deliver, respond = Connection.send_text, Connection._deliver, Connection.respond

        def send_text(connection: Connection, text: bytes) -> None:
            frame = _object(text)
            parts = [text.decode()] if frame is None else self.sends(connection, frame)
            for part in parts:
                send(connection, (part if isinstance(part, str) else json.dumps(part)).encode())

        def take(connection: Connection, data: bytes, *, binary: bool) -> None:
            frame = _object(data)
            changed = frame if frame is None else self.receives(connection, frame)
            if frame is None or changed == frame:
                deliver(connection, data, binary=binary)
            elif changed is not None:
                deliver(connection, json.dumps(changed).encode(), binary=binary)

        async def answer(connection: Connection, request: Any, body: bytes) -> Response:
            return self.responds(await respond(connection, request, body))

        broken = {"send_text": send_text, "_deliver": take, "respond": answer}
        for method, function in broken.items():
            setattr(Connection, method, function)


def _object(text: bytes) -> Frame | None:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None


def main(mutants: Mapping[str, Mutant], arguments: list[str]) -> int:
    from mock_engine.__main__ import main as engine

    name, *rest = arguments
    mutants[name].install()
    return engine([*rest, "--quiet"])


if __name__ == "__main__":
    from tests.engines.mutants import MUTANTS

    sys.exit(main(MUTANTS, sys.argv[1:]))
