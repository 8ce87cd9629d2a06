"""Every stored transcript becomes a scenario that the recorded conversation itself passes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.documents.nodes import DocumentError
from conformance.scenarios.happenings import Happening, Observer
from conformance.scenarios.play import Do, Play
from conformance.scenarios.reading import parse
from conformance.scenarios.recording.compose import Composer, compose
from conformance.scenarios.recording.generalise import Generaliser
from conformance.scenarios.recording.lives import until_abandoned
from conformance.scenarios.recording.offwire import Exited, Lost
from conformance.scenarios.recording.transcripts import read
from conformance.scenarios.recording.writing import write
from conformance.scenarios.steps import Scenario
from conformance.trials.conversation import Conversation
from mock_engine.transcript import Event, FaultInjected, Message, Transcript

FOLDER = Path(__file__).parents[3] / "data" / "transcripts"
SILENT = "python-0.11.6-namespace"
TRANSCRIPTS = sorted(path.name.removesuffix(".jsonl.gz") for path in FOLDER.glob("*.gz"))
WORKER = Path(__file__).parent / "wire_worker.py"


def events(name: str) -> list[Event]:
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return read(file.read(), name)


def scenario(name: str) -> Scenario:
    made = compose(events(name), name="recorded", title="t", source=name)
    return parse(write(made), f"{name}.yaml")


@pytest.mark.parametrize("name", [each for each in TRANSCRIPTS if each != SILENT])
def test_a_transcript_passes_its_own_scenario(name: str) -> None:
    heard = events(name)
    found = scenario(name)
    drawn = iter(_drawn(heard))
    performance = Play(found, {}, lambda: next(drawn))
    move = performance.move()
    assert isinstance(move, Do)
    performance.started("worker")
    observer = Observer()
    for event in heard:
        for happening in observer.see(event):
            performance.heard(happening)
        if isinstance(event, Exited):
            performance.heard(Happening(event.at, "exits", "worker", event.code))
    performance.did()

    while (move := performance.move()) is not None:
        assert isinstance(move, Do), (move.step.place, performance.number)
        performance.did()

    assert performance.failure is None


def _drawn(heard: list[Event]) -> list[str]:
    """The ids of the engine in the order in which the scenario uses them."""
    taken: list[str] = []

    class Noting(Generaliser):
        def _send_text(self, text: str) -> Any:
            made = super()._send_text(text)
            if isinstance(made, dict) and "$new" in made:
                taken.append(text)
            return made

    composer = Composer(Conversation(heard), _general=Noting())
    for event in until_abandoned(heard):
        composer.add(event)
    return taken


def test_a_conversation_without_a_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker speaks"):
        compose(events(SILENT), name="n", title="t", source="s")


def test_a_line_of_another_form_is_told() -> None:
    with pytest.raises(DocumentError, match="t:2:1: expected a line of a transcript"):
        read('\n{"a": 1}\n', "t")


def test_own_transcripts_are_read_as_they_were_written() -> None:
    heard = [e for e in events("python-0.25.0-close") if not isinstance(e, Exited)]
    transcript = Transcript()
    transcript.events = [e for e in heard if type(e).__module__ == "mock_engine.transcript"]
    transcript.events.append(FaultInjected(9.0, 1, "end"))

    again = read("\n".join(transcript.ndjson()), "own")

    assert len(again) == len(transcript.events)
    assert [type(e) for e in again] == [type(e) for e in transcript.events]


def test_a_message_of_which_a_fragment_is_lost_is_lost() -> None:
    frame = {"ev": "frame", "conn": 1, "dir": "e>w", "fin": True}
    lines = [
        {**frame, "t": 0.1, "op": "text", "fin": False, "len": 3, "head": '{"a'},
        {**frame, "t": 0.2, "op": "cont", "len": 99, "head": '": 1'},
        {**frame, "t": 0.3, "op": "text", "len": 2, "text": "{}"},
    ]

    found = read("\n".join(map(json.dumps, lines)), "t")

    assert [e.data for e in found if isinstance(e, Message)] == [b"{}"]
    assert len([e for e in found if isinstance(e, Lost)]) == 1
