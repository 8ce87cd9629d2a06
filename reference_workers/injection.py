"""Rules that find text that gives orders to a model, where it should only be data.

A rule is a pattern and the reason that it reports. Everything that hides text from the rules is
removed first: compatibility forms, case, invisible characters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD]
)
"""Characters that have no width or change the direction of text."""

EXCERPT = 80
"""The most characters of a match that are reported."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of suspicious text, in lower case, and the reason."""

    name: str
    pattern: re.Pattern[str]
    reason: str


def _rule(name: str, pattern: str, reason: str) -> Rule:
    return Rule(name, re.compile(pattern), reason)


# Gaps are bounded, so that every pattern runs in linear time.
RULES = (
    _rule(
        "override",
        r"\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all)\b"
        r".{0,40}\b(instruction|prompt|rule|message|direction)s?\b",
        "tells the model to give up its instructions",
    ),
    _rule(
        "reveal",
        r"\b(reveal|print|show|repeat|leak|output)\b.{0,40}\b(system|hidden|initial|secret)\b"
        r".{0,20}\b(prompt|instructions?|message)\b",
        "asks for the instructions of the model",
    ),
    _rule(
        "impersonation",
        r"(^|\n)\s{0,8}(#{1,3}\s{0,4})?(system|assistant|developer)\s{0,4}:|<\|[a-z_]{2,20}\|>|\[/?inst\]",
        "imitates the marks by which a conversation is divided",
    ),
    _rule(
        "persona",
        r"\byou are now\b.{0,60}\b(unrestricted|jailbroken|dan|without (any )?(rules|limits))\b",
        "gives the model another role, without rules",
    ),
    _rule(
        "exfiltration",
        r"\b(send|post|upload|forward|exfiltrate)\b.{0,60}"
        r"\b(password|secret|token|api[ _-]?key|credential)s?\b",
        "asks for secrets to be sent away",
    ),
    _rule(
        "tool_order",
        r"\b(call|invoke|run|execute)\b.{0,30}\b(shell::exec|rm -rf|curl http)",
        "orders a dangerous tool to be used",
    ),
)


def findings(text: str) -> list[dict[str, str]]:
    """The rules that a text matches, each with its reason and an excerpt."""
    plain = unicodedata.normalize("NFKC", text).translate(INVISIBLE).casefold()
    found = []
    for rule in RULES:
        match = rule.pattern.search(plain)
        if match is not None:
            excerpt = plain[match.start() : match.start() + EXCERPT].strip()
            found.append({"rule": rule.name, "reason": rule.reason, "excerpt": excerpt})
    return found
