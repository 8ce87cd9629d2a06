"""Recorded traffic of real SDKs, validated with the schemas."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import Direction, validate

TRANSCRIPTS = sorted((Path(__file__).parent.parent / "data" / "transcripts").glob("*.jsonl.gz"))
EXPECTED = yaml.safe_load((Path(__file__).parent / "expected-violations.yaml").read_text("utf-8"))
DIRECTIONS = {"w>e": Direction.WORKER_TO_ENGINE, "e>w": Direction.ENGINE_TO_WORKER}


def frames(path: Path) -> Iterator[tuple[Direction, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["ev"] == "frame" and event["op"] == "text" and "text" in event:
                try:
                    message = json.loads(event["text"])
                except ValueError:
                    continue
                if isinstance(message, dict):
                    yield DIRECTIONS[event["dir"]], message


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) == 26


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_what_sdks_sent_is_valid_but_for_the_listed_exceptions(path: Path) -> None:
    found: Counter[str] = Counter()
    read = 0
    for direction, message in frames(path):
        read += 1
        for violation in validate(direction, message):
            if direction is Direction.WORKER_TO_ENGINE:
                found[f"{message.get('type')} {violation.path or violation.message}"] += 1

    assert read or path.name.endswith("namespace.jsonl.gz")
    assert found == Counter(EXPECTED["by-worker"].get(path.name.removesuffix(".jsonl.gz"), {}))


def test_deliberately_broken_frames_of_the_recording_engine_are_the_only_invalid_ones() -> None:
    faults = {
        f"{message.get('type')}"
        for path in TRANSCRIPTS
        for direction, message in frames(path)
        if direction is Direction.ENGINE_TO_WORKER and validate(direction, message)
    }

    assert faults == set(EXPECTED["by-engine"])
