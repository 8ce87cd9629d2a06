"""Complaints in plain English: which fields they name, and what they want them to be.

Rules of this file: hints are guesses, tried out and judged by what the worker says next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.trials.learning.exceptions import is_exception
from conformance.trials.learning.hint import FILLERS, LISTABLE, Hint, kind_named

_WORD = r"[`'\"‘“]?[A-Za-z_$][\w$.\-]{0,40}[`'\"’”]?"
_LIST = rf"({_WORD}(?:(?:, ?(?:and |or )?| and | or | & |/){_WORD}){{0,11}})"
_LISTED = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        _LIST + r" (?:fields? |parameters? |propert(?:y|ies) |params? |arguments? )?"
        r"(?:(?:is|are|was|were|must be|has to be|have to be) )?"
        r"(?:required|missing|mandatory|needed|not (?:provided|set|given|specified|supplied"
        r"|present|found|valid|defined)|undefined|invalid|empty|provided|blank|absent)\b",
        _LIST + r" (?:must|may|can|should)(?:no|n['’])?t?(?: not)? be (?:empty|blank|null|missing)",
        r"(?=\b(?:missing|required|requires?|must (?:provide|specify|include|supply|have|contain"
        r"|pass)"
        r"|needs?|provide|specify|give|pass|supply|enter|include|expected|expects?|invalid|unknown|unsupported|bad|malformed"
        r"|no such)(?: (?:the|an?|any|both|either|valid|required|field|fields|property|properties"
        r"|parameter|parameters|params?|arguments?|keys?|value|values|for|of|input|non-empty)\b)*"
        r":? " + _LIST + ")",
        r"\bno " + _LIST + r" (?:was |were )?(?:given|provided|specified|supplied|found|set|passed"
        r"|present|in)\b",
        rf"\bno ({_WORD})[.!]?$",
        r"\bwithout (?:an? |the )?" + _LIST,
        r"Field validation for " + _LIST + r" failed",
    )
)
"""Lists of names in plain English: "a, b, and c are required", "must provide a or b"."""

_SPOKEN = re.compile(
    r"\b([A-Z]?[a-z]+(?: [a-z]+)? (?:ID|id|name|key|type|code|date|url|URL|[a-z]{3,12}))"
    r" (?:is |are |was )?(?:required|missing|must be|must not|cannot be|not (?:given|provided|set))"
)
"""A name spelled as words: "Session ID is required"."""

_DEMAND = re.compile(
    rf"({_WORD}):? (?:must|should|has to|have to|needs? to|ought to|cannot|can['’]t|may not|is not"
    r"|are not|isn['’]t|aren['’]t|too|out of|exceeds?|expected|expects|not)\b([^\n;]{0,60})",
    re.IGNORECASE,
)
"""A name, and a demand on it: "amount must be a positive number"."""

_HEADED = re.compile(r"^[`'\"]?([A-Za-z_$][\w$.]{0,40})[`'\"]?: ([^\n]{1,60})", re.MULTILINE)
"""A name before a colon: "email: must be valid"."""

_FOR = re.compile(
    rf"expected ([\w -]{{1,30}}?) (?:for|in|as|at) ({_WORD})\b(?! \d)"
    rf"|expected ({_WORD}) to be ([\w -]+)",
    re.IGNORECASE,
)
"""A type before the name: "expected a number for amount"."""

_JOINING = frozenset(("and", "or"))

_QUANTITY = re.compile(r"positive|negative|greater|larger|less|smaller|between|[<>]|zero|range")
_LENGTH = re.compile(r"character|letter|length|\blong\b|short|empty|blank")


def listed(text: str) -> Iterator[Hint]:
    """Field names listed in plain English, whatever wrote the message."""
    flat = re.sub(r"[()]", "", text)
    for pattern in _LISTED:
        for match in pattern.finditer(flat):
            words = re.findall(r"[\w$][\w$.\-]*", match[1])
            listed = sum(word.lower() not in _JOINING for word in words) > 1
            for word in words:
                yield from _field_named(word.rstrip("."), listed=listed)
    for match in _SPOKEN.finditer(text):
        first, *rest = match[1].lower().split()
        if first not in FILLERS and not {"and", "or"} & {*rest}:
            yield Hint(name=first + "".join(word.capitalize() for word in rest))
            yield Hint(name="_".join((first, *rest)))


def demanded(text: str) -> Iterator[Hint]:
    """Fields on which a message makes a demand, with the wanted type, if the message says so.

    A runtime's message about a programming mistake is about its operands, not about fields.
    """
    if is_exception(text):
        return
    for match in (*_DEMAND.finditer(text), *_HEADED.finditer(text)):
        yield from _demand(match[1], match[2])
    for match in _FOR.finditer(text):
        yield from _demand(match[2] or match[3], match[1] or match[4])


def _demand(word: str, wanted: str) -> Iterator[Hint]:
    """What is said of one field; what is said of "the value" may be about any field."""
    name = word.strip("`'\"‘“’”.").rpartition(".")[2]
    if not name or name.endswith(("Error", "Exception")):
        return
    kind = kind_of(wanted)
    if name.lower() not in FILLERS:
        yield Hint(name=name, kind=kind)
    elif kind is not None:
        yield Hint(kind=kind)


def kind_of(words: str) -> str | None:
    """The type that a few words are about: the first that they name, or what they measure."""
    starts = (match.start() for match in re.finditer(r"[A-Za-z]+", words))
    named = next(filter(None, (kind_named(words[start:]) for start in starts)), None)
    if named is None and not _LENGTH.search(words) and _QUANTITY.search(words):
        return "number"
    return named


def _field_named(word: str, *, listed: bool) -> Iterator[Hint]:
    """The field that a word names, if any; in a list, more words are names than in a sentence."""
    fillers = FILLERS - LISTABLE if listed else FILLERS
    if word.lower() in fillers or word[0].isdigit():
        return
    name = word.rpartition(".")[2]
    yield Hint(name=name)
    if name[0].isupper() and not name.isupper():
        yield Hint(name=name[0].lower() + name[1:])  # a field of Go, as its JSON has it
