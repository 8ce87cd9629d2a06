"""The first ``conformance.yaml`` of a worker, from what one run showed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.settings.invoking import PREFIX
from conformance.trials.learning.knowledge import DEPTHS, Depth, Knowledge, Learned

HEAD = """\
# What there is to know about this worker, for `iii-conformance judge` and `pytest --conformance`.
# Written by `iii-conformance init` from one run; correct it, and keep it with the worker.
"""

RISKY = """\
# Never invoked by any check, because their names speak of effects outside the worker.
# Take a line away to have the function judged as well.
"""

FUNCTIONS = """\
# Examples of what the functions take; the first one is what a function is invoked with.
# `timeout` is how many seconds it may take.
"""

PARTS = """\
# Functions that behave as the suite's own test functions do, which lets it judge more deeply.
# Found by what they do; a line here says it for good.
"""

LONGEST = 2000
"""The greatest length of an example that is written, in characters."""


def draft(
    command: str, functions: Sequence[str], risky: Sequence[str], knowledge: Knowledge
) -> str:
    """The text of the file; ``functions`` are those that the worker registers.

    The suite's well-known functions are left out: their names say what they do.
    """
    lines = [HEAD, f"worker-cmd: {_scalar(command)}\n"]
    if risky:
        lines += [f"\n{RISKY}exclude:\n", *(f"  - {_scalar(name)}\n" for name in risky)]
    others = [name for name in functions if name not in risky and not name.startswith(PREFIX)]
    if others:
        lines += [f"\n{FUNCTIONS}functions:"]
        entries = [_function(name, knowledge.functions.get(name, Learned())) for name in others]
        known = any(not entry.lstrip().startswith("#") for entry in entries)
        lines += ["\n" if known else " {}\n", *entries]
    lines += _parts(knowledge)
    return "".join(lines)


def _function(name: str, learned: Learned) -> str:
    """The entry of a function; a comment to fill in if there is no example that it took."""
    examples = [text for example in learned.examples[:1] if len(text := _json(example)) <= LONGEST]
    if examples and learned.depth >= Depth.RESULT:
        return f"  {_scalar(name)}:  # {DEPTHS[learned.depth]}\n    examples: [{examples[0]}]\n"
    why = f"{DEPTHS[learned.depth]}"
    if learned.complaint:
        why += f", and said: {_line(learned.complaint)}"
    return f"  # {_scalar(name)}:  # {why}\n  #   examples: [{{}}]\n"


def _parts(knowledge: Knowledge) -> Iterator[str]:
    found: Mapping[str, Any] = {
        role: part
        for role, part in knowledge.parts.items()
        if not part.lens and not part.function_id.startswith(PREFIX)
    }
    if found:
        yield f"\n{PARTS}roles:\n"
        for role, part in found.items():
            yield f"  {role}: {_scalar(part.function_id)}\n"


def _scalar(text: str) -> str:
    """A text as YAML, quoted as JSON where it might be read as something else."""
    plain = text.replace("::", "").replace("_", "").replace("-", "").replace(".", "")
    return text if plain.isascii() and plain.isalnum() and not plain[0].isdigit() else _json(text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
