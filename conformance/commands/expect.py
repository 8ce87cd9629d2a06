"""``expect``: say what should have happened, in a recording of what went wrong."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from conformance.commands.record import replace_file
from conformance.documents import nodes
from conformance.errors import UsageError
from conformance.scenarios import reading
from conformance.scenarios.recording.expecting import Answered, amended, answered
from conformance.scenarios.recording.writing import write


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.usage = "%(prog)s FILE [--step N (--result JSON | --error CODE | --nothing)] [-o FILE]"
    parser.description = (
        "A recording of a mistake goes through as long as the mistake is there. This makes a test "
        "of it: the wrong answer becomes the one that should have come. Without --step, a terminal "
        "asks; elsewhere the invocations are listed."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the recording")
    parser.add_argument("--step", type=int, metavar="N", help="the number of the wrong invocation")
    right = parser.add_mutually_exclusive_group()
    right.add_argument("--result", metavar="JSON", help="it should have returned this")
    right.add_argument("--error", metavar="CODE", help="it should have failed with this code")
    right.add_argument("--nothing", action="store_true", help="no answer should have come")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write (default: the same file)"
    )
    parser.set_defaults(run=_expect)


def _expect(options: argparse.Namespace) -> int:
    document = _recording(options.file)
    invocations = answered(document)
    if not invocations:
        raise UsageError(f"{options.file}: no invocation of the worker is in it")
    for number, one in enumerate(invocations, 1):
        print(f"{number:3}  {one.text}")
    step, right = options.step, _right(options)
    if step is None and not sys.stdin.isatty():
        print("name the wrong one: --step N --result JSON, --error CODE or --nothing")
        return 0
    if step is None:
        step = _asked_number(len(invocations))
    wrong = _chosen(invocations, step)
    if right is None:
        right = _asked_answer() if sys.stdin.isatty() else None
    if right is None:
        raise UsageError("say what should have been: --result JSON, --error CODE or --nothing")
    output = options.output or options.file
    replace_file(output, write(amended(document, wrong, right)))
    reading.load(output)
    print(f"{output}: a correct worker goes through; play it with")
    print(f"  iii-conformance replay {output} -- COMMAND")
    return 0


def _recording(path: Path) -> dict[str, Any]:
    reading.load(path)
    value: dict[str, Any] = nodes.parse(nodes.read(path), str(path)).value
    return value


def _chosen(invocations: list[Answered], step: int) -> Answered:
    if not 1 <= step <= len(invocations):
        raise UsageError(f"--step is {step}; give a number from 1 to {len(invocations)}")
    return invocations[step - 1]


def _right(options: argparse.Namespace) -> dict[str, Any] | None:
    if options.result is not None:
        return {"result": _json(options.result)}
    if options.error is not None:
        return {"error": {"code": options.error}}
    return {} if options.nothing else None


def _asked_number(most: int) -> int:
    text = input(f"which answer is wrong? (1 to {most}) ")
    if not text.strip().isdecimal():
        raise UsageError(f"{text!r} is no number from 1 to {most}")
    return int(text)


def _asked_answer() -> dict[str, Any]:
    text = input("what should have come? (JSON, `error CODE`, or `nothing`) ").strip()
    if text == "nothing":
        return {}
    word, _, code = text.partition(" ")
    return (
        {"error": {"code": code.strip()}} if word == "error" and code else {"result": _json(text)}
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as fault:
        raise UsageError(f"{text!r} is no JSON ({fault}); quote it, as in '{{\"a\": 1}}'") from None
