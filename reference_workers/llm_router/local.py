"""A model that needs no network: rules instead of weights, and deterministic answers.

It does what an agent needs from a model: it asks for a tool where one of the rules below matches
and the tool is offered, reports the results of tools, uses the memories that it is given, and
otherwise repeats the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reference_workers.client.context import Json

REMEMBERED = "You remember:"
"""The line of a system message that begins the memories: each line after it with a dash is one."""

LONGEST_REPLY = 4000
"""In characters."""

# What comes before must not be part of a number: otherwise a long number would be tried again digit
# by digit.
_EXPRESSION = re.compile(r"(?<![\d.(])\(*-?\d[\d.]*\)*(?:\s*(?:\*\*|[-+*/%^])\s*\(*-?\d[\d.]*\)*)+")
_QUESTION = re.compile(r"\b(what|who|where|which|when|how|do you remember|tell me)\b")
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    ("a", "an", "and", "are", "do", "i", "in", "is", "it", "me", "my", "of", "the", "to", "what")
)
"""Words that are ignored when a memory is searched for."""


@dataclass(frozen=True, slots=True)
class ToolRule:
    """A pattern for questions, the tool that answers them, and the tool's arguments."""

    pattern: re.Pattern[str]
    tool: str
    arguments: Callable[[re.Match[str]], Json]


def _rule(pattern: str, tool: str, arguments: Callable[[re.Match[str]], Json]) -> ToolRule:
    return ToolRule(re.compile(pattern, re.IGNORECASE), tool, arguments)


RULES = (
    ToolRule(_EXPRESSION, "math::evaluate", lambda m: {"expression": m[0].replace("^", "**")}),
    _rule(r"\bwhat (?:time|day|date)\b", "time::now", lambda _: {}),
    _rule(r"\bread (?:the )?file (\S+?)[.?!]?$", "file::read", lambda m: {"path": m[1]}),
    _rule(r"\blist (?:the |my )?files\b", "file::list", lambda _: {}),
    _rule(
        r"\bwrite \"([^\"]*)\" to (\S+?)[.?!]?$",
        "file::write",
        lambda m: {"path": m[2], "text": m[1]},
    ),
    _rule(r"\bfetch (https?://\S+?)[.?!]?$", "web::fetch", lambda m: {"url": m[1]}),
    _rule(r"\brun `([^`]+)`", "shell::exec", lambda m: {"command": m[1].split()}),
    _rule(r"\bsha-?256 of (.+?)[.?!]?$", "hash::digest", lambda m: {"text": m[1]}),
    _rule(r"\bcount the words (?:in|of) (.+)$", "text::statistics", lambda m: {"text": m[1]}),
    _rule(r"\brelated to (\w+)", "kg::neighbours", lambda m: {"id": m[1]}),
)


def complete(messages: Sequence[dict[str, Any]], tools: Sequence[str]) -> dict[str, Any]:
    """The next message of a conversation, in the form of the OpenAI API."""
    last = messages[-1]
    if last["role"] == "tool":
        return _spoken(_told(messages))
    said = _content(last)
    for rule in RULES:
        found = rule.pattern.search(said) if rule.tool in tools else None
        if found is not None:
            return _call(rule.tool, rule.arguments(found), len(messages))
    memory = _remembered(messages, said) if _QUESTION.search(said.casefold()) else None
    return _spoken(f"I remember: {memory}" if memory else f"You said: {said}")


def tokens(text: str) -> int:
    """About how many tokens a text has: four characters each."""
    return (len(text) + 3) // 4


def _spoken(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text[:LONGEST_REPLY]}


def _call(tool: str, arguments: Json, number: int) -> dict[str, Any]:
    function = {"name": tool, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _told(messages: Sequence[dict[str, Any]]) -> str:
    """The results of the tools since the model's last answer."""
    names: dict[str, str] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            names[call["id"]] = call["function"]["name"]
    answers = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        name = names.get(str(message.get("tool_call_id")), "the tool")
        answers.append(_said(name, _content(message)))
    return " ".join(reversed(answers))


def _said(name: str, content: str) -> str:
    """The result of a tool, in words: a single value alone, a failure with its reason."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return f"{name} says: {content}"
    verb = "says"
    if isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        verb = "failed" if key == "error" else verb
    if verb == "failed" and isinstance(value, dict):
        value = value.get("message", value)
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name} {verb}: {told}"


def _remembered(messages: Sequence[dict[str, Any]], question: str) -> str | None:
    """The memory that shares the most words with a question."""
    wanted = _words(question)
    best, most = None, 0
    for message in messages:
        if message["role"] != "system" or REMEMBERED not in _content(message):
            continue
        for line in _content(message).partition(REMEMBERED)[2].splitlines():
            memory = line.removeprefix("- ")
            shared = len(wanted & _words(memory)) if memory != line else 0
            if shared > most and memory.casefold() != question.casefold():
                best, most = memory, shared
    return best


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - _COMMON


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""
