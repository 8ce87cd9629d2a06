"""``python -m reference_workers.agent``: a worker that takes its work from a queue.

Messages of the topic ``agent.inbox`` become calls of ``agent::chat``. An invalid message is refused
with an error: the queue retries it, and finally moves it to the dead letters.
"""

from __future__ import annotations

import sys

from reference_workers.client import Context, FunctionError, Worker, run
from reference_workers.client.context import Json

TOPIC = "agent.inbox"
MESSAGE = {
    "type": "object",
    "properties": {
        "session": {"type": "string", "minLength": 1},
        "text": {"type": "string", "minLength": 1},
    },
    "required": ["session", "text"],
}
REPLY = {
    "type": "object",
    "properties": {
        "session": {"type": "string"},
        "turn": {"type": "integer", "minimum": 1},
        "reply": {"type": "string"},
    },
    "required": ["session", "turn", "reply"],
}


SCOPE = "agent.turns"
PATIENCE = 5.0
"""How long the engine's state may take to answer, in seconds."""


class Agent:
    """Answers messages of sessions; the turns are kept in the engine's state, if it has one.

    Turns are also counted here, so that sessions continue without state.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._turns: dict[str, int] = {}

    async def chat(self, data: Json, context: Context) -> Json:
        """Answer one message of a session."""
        del context
        given = data if isinstance(data, dict) else {}
        for name in ("session", "text"):
            if not isinstance(given.get(name), str) or not given[name].strip():
                raise FunctionError("invalid_request", f"`{name}` is missing or no text")
        session = given["session"]
        earlier = await self._kept(session)
        turn = self._turns[session] = max(earlier, self._turns.get(session, 0)) + 1
        value = {"scope": SCOPE, "key": session, "value": turn}
        self._worker.cast("state::set", value, namespace="default")
        return {"session": session, "turn": turn, "reply": f"You said: {given['text'].strip()}"}

    async def _kept(self, session: str) -> int:
        """The stored turns of a session; none for a new one, or without state."""
        asked = {"scope": SCOPE, "key": session}
        try:
            kept = await self._worker.call(
                "state::get", asked, seconds=PATIENCE, namespace="default"
            )
        except FunctionError:
            return 0
        return kept if isinstance(kept, int) else 0


def offer(worker: Worker) -> None:
    """Register the function and subscribe it to the queue."""
    agent = Agent(worker)
    worker.function(
        "agent::chat",
        agent.chat,
        description=agent.chat.__doc__,
        request_format=MESSAGE,
        response_format=REPLY,
    )
    worker.trigger("durable:subscriber", "agent::chat", {"topic": TOPIC})


if __name__ == "__main__":
    sys.exit(run(offer))
