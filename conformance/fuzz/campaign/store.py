"""Counterexamples as files: readable scenarios, replayed first in the next run.

A file is a scenario like any other (``--scenario FILE`` plays it, too): the invocations that lead
to the defect, and the reply that a correct worker gives. Its tags contain what is wrong and a
fingerprint of the cause; its notes say what was seen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from conformance import documents
from conformance.documents.nodes import DocumentError
from conformance.errors import UsageError
from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.oracles import Kind

TAG = "fuzz"
ANSWER = "answer "
INVOKE = "invokefunction"
MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A stored one. ``kind`` is what was wrong when it was found."""

    name: str
    path: Path
    kind: Kind
    steps: tuple[ReplayStep, ...]

    @property
    def function_id(self) -> str:
        """The function that is to blame."""
        return self.steps[-1].function_id


def name_of(finding: Defect) -> str:
    """A file's name that is the same for the same cause."""
    suspicion = finding.suspicion
    cause = json.dumps([suspicion.kind.name, suspicion.function_id, suspicion.cause])
    words = re.sub(r"[^a-z0-9]+", "-", f"{suspicion.function_id} {suspicion.kind.name}".lower())
    return f"{words.strip('-')[:60]}-{hashlib.sha256(cause.encode()).hexdigest()[:8]}"


def save(folder: Path, finding: Defect) -> Path:
    """Write a counterexample and return its file.

    Raises:
        UsageError: the folder cannot be written to.
    """
    path = folder / f"{name_of(finding)}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(finding), "utf-8")
    except OSError as fault:
        raise UsageError(
            f"--fuzz-corpus: {path} cannot be written: {fault.strerror}; name another folder"
        ) from None
    return path


def save_calls(folder: Path, finding: Defect) -> Path:
    """Write the invocations of a finding for ``invoke --calls``, and return the file.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = folder / f"{name_of(finding)}.calls.json"
    folder.mkdir(parents=True, exist_ok=True)
    calls = [[step.function_id, step.data, step.times] for step in finding.steps]
    path.write_text(json.dumps(calls), "utf-8")
    return path


def read_calls(path: Path) -> list[ReplayStep]:
    """The invocations in a file that ``save_calls`` wrote.

    Raises:
        UsageError: it cannot be read, or is not such a file.
    """
    try:
        calls = json.loads(path.read_text("utf-8"))
        return [ReplayStep(str(name), str(data), int(times)) for name, data, times in calls]
    except (OSError, ValueError, TypeError) as fault:
        raise UsageError(f"--calls {path}: {fault}; name a file that fuzzing wrote") from None


def _text(finding: Defect) -> str:
    suspicion = finding.suspicion
    steps: list[dict[str, Any]] = []
    number = 0
    for step in finding.steps:
        for _ in range(min(step.times, MOST_STEPS)):
            number += 1
            steps += _invocation(step, number)
    document = {
        "scenario": 1,
        "title": f"{suspicion.function_id}: {suspicion.kind.value}",
        "tags": [TAG, suspicion.kind.name.lower(), *_answers(finding)],
        "steps": steps,
    }
    notes = [
        f"Found by fuzzing: {suspicion.kind.value}.",
        f"expected: {suspicion.expected}",
        f"seen: {suspicion.seen}",
        f"reproduced: {'yes' if finding.reproduced else 'no, it was seen once'}",
        f"reply: {finding.reply or 'none'}",
        *(f"output: {line}" for line in finding.log),
        f"next: {finding.remedy}",
    ]
    comment = "".join(f"# {line}\n" for text in notes for line in _lines(text))
    return comment + yaml.safe_dump(
        document, sort_keys=False, allow_unicode=False, width=100, default_flow_style=None
    )


def _answers(finding: Defect) -> list[str]:
    """What the calls of the last step are answered with, as a tag: a scenario's steps have none."""
    last = finding.steps[-1].answer if finding.steps else ""
    return [ANSWER + last] if last else []


def _lines(text: str) -> list[str]:
    """A text as lines that a comment may contain."""
    plain = text.encode("ascii", "backslashreplace").decode()
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in plain[:600])
    return [shown[i : i + 110] for i in range(0, len(shown), 110)] or [""]


def _invocation(step: ReplayStep, number: int) -> list[dict[str, Any]]:
    name = f"call{number}"
    call = {"type": INVOKE, "invocation_id": {"$new": name}, "function_id": step.function_id}
    return [
        {"engine": {**call, "data": _escaped(_value(step.data))}},
        {"worker": {"type": "invocationresult", "invocation_id": f"${{{name}}}"}},
    ]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _escaped(value: Any) -> Any:
    """Data in which nothing is mistaken for a name or an operator of the format."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {_escaped(name): _escaped(child) for name, child in value.items()}
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if isinstance(value, dict):
        return {_restored(name): _restored(child) for name, child in value.items()}
    return value


def stored(folder: Path) -> list[Counterexample]:
    """The counterexamples in a folder, by name. A folder that is not there has none.

    Raises:
        UsageError: a file cannot be read, or is not a counterexample.
    """
    return [_read(path) for path in sorted(folder.glob("*.yaml")) if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return TAG in _document(path).get("tags", ())


def _document(path: Path) -> dict[str, Any]:
    try:
        document = documents.read(path).value
    except DocumentError as fault:
        raise UsageError(
            f"--fuzz-corpus: {fault}; mend the file, or take it out of the folder"
        ) from None
    if not isinstance(document, dict):
        raise UsageError(f"--fuzz-corpus: {path} holds no scenario; see docs/fuzzing.md")
    return document


def _read(path: Path) -> Counterexample:
    document = _document(path)
    try:
        kind = next(
            Kind[tag.upper()] for tag in document["tags"] if tag.upper() in Kind.__members__
        )
        steps = tuple(
            ReplayStep(call["function_id"], json.dumps(_restored(call.get("data"))))
            for call in _calls(document["steps"])
        )
        answer = next(
            (t.removeprefix(ANSWER) for t in document["tags"] if t.startswith(ANSWER)), ""
        )
        steps = (*steps[:-1], *(replace(step, answer=answer) for step in steps[-1:]))
    except (KeyError, StopIteration, TypeError, AttributeError) as fault:
        text = f"its tags or steps are not those of a counterexample ({fault!r})"
        raise UsageError(f"--fuzz-corpus: {path}: {text}; see docs/fuzzing.md") from None
    if not steps:
        raise UsageError(f"--fuzz-corpus: {path}: no step invokes a function; see docs/fuzzing.md")
    return Counterexample(path.stem, path, kind, steps)


def _calls(steps: Any) -> Iterator[dict[str, Any]]:
    for step in steps:
        call = step.get("engine")
        if isinstance(call, dict) and call.get("type") == INVOKE:
            yield call


def traffic(folder: Path) -> dict[str, tuple[Any, ...]]:
    """The data of every invocation in the scenarios of a folder, by function, as sensible data."""
    found: dict[str, list[Any]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        document = _document(path)
        for call in _calls(step for step in document.get("steps", ()) if isinstance(step, dict)):
            if isinstance(call.get("function_id"), str):
                found.setdefault(call["function_id"], []).append(_restored(call.get("data")))
    return {name: tuple(values[:50]) for name, values in found.items()}
