r"""What error messages say about the shape of the data that a function wants.

Most functions declare no format, but their errors say what is wrong: serde names a missing field,
pydantic a path, Python a key, JavaScript a property of undefined. A *complaint* is such a message,
and a *hint* is what it says. Rules of this file: hints are guesses, tried out and judged by what
the worker says next; a wrong one costs an invocation, never a verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.documents.trees import Path
from conformance.trials.learning.english import demanded, listed
from conformance.trials.learning.hint import FILLERS, Hint, kind_named
from conformance.trials.learning.wording import without_codes

_NAME = r"[`'\"‘“]([\w$.\-\[\]]{1,60})[`'\"’”]"
_METHODS = {
    "string": ("upper", "lower", "strip", "split", "startswith", "encode", "replace", "trim",
               "toUpperCase", "toLowerCase", "substring", "charAt", "charCodeAt", "match",
               "padStart", "endsWith", "startsWith", "format", "title", "join"),
    "array": ("append", "map", "filter", "forEach", "reduce", "push", "slice", "sort", "some",
              "every", "flatMap", "extend", "pop", "index"),
    "object": ("items", "keys", "values", "get", "hasOwnProperty"),
    "number": ("toFixed", "toPrecision", "bit_length", "is_integer"),
}  # fmt: skip
_METHOD_KINDS = {name: kind for kind, names in _METHODS.items() for name in names}

_MISSING = (
    r"missing field " + _NAME,
    r"KeyError: " + _NAME,
    r"^" + _NAME + r"$",
    r"missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
    r"missing required (?:property|field|parameter|argument|key|attribute)s?:? " + _NAME,
    r"must have required property " + _NAME,
    r"(?:field|property|parameter|argument|key) " + _NAME + r" (?:is|was) (?:required|missing)",
    _NAME + r" is a required property",
    _NAME + r" (?:is required|is missing|must be (?:set|given|present|provided))",
    r"^(?:the )?(\w{1,40}) (?:is required|is missing|must be (?:set|given|present|provided))",
    r"no field " + _NAME,
    r"reading " + _NAME,
    r"has no attribute " + _NAME,
    r"key not found: [`'\":]?(\w+)",
    r"key :(\w+) not found",
    r"[Uu]ndefined (?:array key|index|property):? [`'\"$]*(\w+)",
    r"required field [`'\"]?(\w+)",
    r"[Rr]equired at " + _NAME,
    r"missing required creator property " + _NAME,
)
_OPTIONS = re.compile(
    r"(?:[`'\"]?([\w$.\-]{1,40})[`'\"]? )?(?:(?:must|should|has to|can|may)(?: only)? be )?"
    r"(?:(?:either|any|one) of|allowed(?: values)?(?: are)?|valid (?:values|options|actions|types)"
    r"(?: are)?|supported(?: values)?(?: are)?|expected(?: one of)?|choose from|use)"
    r"[:=]? ?[\[({]?((?:[`'\"]?[\w$.\-]+[`'\"]?(?:, ?(?:or |and )?| ?\| ?| or |/)){1,29}"
    r"[`'\"]?[\w$.\-]+[`'\"]?)",
    re.IGNORECASE,
)
"""Values to choose from, with the name of the field before them where there is one."""

_QUOTED_OPTIONS = re.compile(
    r"([A-Za-z_$][\w$.]{0,40})['\"`]? (?:must|should|has to) be "
    r"((?:['\"`][\w.\-]+['\"`](?:, ?(?:or )?| or | ?\| ?)?){2,20})"
)

_RECEIVED = re.compile(
    r"[Ee]xpected `?(\w+)`?, (?:received|got|but got|found) `?(\w+)`?"
    r"(?:[^\n]{0,20}?\bat [`'\"]?\$?\.?([\w$.\[\]]+))?"
)
"""The wording of zod and msgspec: what was expected, what was received, and where."""

_KNOWN = re.compile(r"known properties: ([^)\n]{1,400})")
_CHAIN = re.compile(r"through reference chain: ([^)\n]{1,300})")
_DESERIALIZE = re.compile(r"Cannot (?:deserialize value|construct instance) of type `?([\w.$<>]+)")
"""The wording of Jackson."""

_UNKNOWN = re.compile(r"unknown (field|variant) .{0,80}?expected (?:one of )?(.+)", re.DOTALL)
_SERDE = re.compile(
    r"invalid (?:type|value): (\w+)[^,]{0,300}?, expected ([^,\n]+?)(?: at line|$|,|\n)"
)
_GO = re.compile(
    r"cannot unmarshal (\w+) into Go (?:struct field (?:\w+\.)?([\w.]+)|value) of type (\S+)"
)
_PYDANTIC = re.compile(r"^([\w.\[\]-]{1,120})\n +([^\n\[]+)(?:\[type=(\w+))?", re.MULTILINE)
_PYTHON_TYPES = re.compile(
    r"(?:indices must be|not supported between|unsupported operand|can only concatenate|"
    r"must be|expected|argument of type|object of type|a bytes-like object is required|"
    r"^'(\w+)' object (?:is not|has no))"
)
_JS_CALL = re.compile(
    r"(?:^|[\s:])([A-Za-z_$][\w$]*(?:\.[\w$]+|\[\d+\])+) is not (?:a function|iterable)"
)
_JS_DESTRUCTURE = re.compile(r"Cannot destructure property '([\w$]+)' of '([\w$.]+)'")
_AJV = re.compile(
    r"(?:data|instance|body|input)((?:[/.][\w$]+)+) (?:must be|should be|is not) (\w+)"
)
_DOTTED = re.compile(
    _NAME + r" (?:must be|should be|is not|has to be|expected)(?: of type)? (\w+(?: \w+)?)"
)
_PLAIN = re.compile(
    r"^(?:the )?(\w{2,40}) (?:must be|should be|has to be) (\w+(?: \w+)?)", re.IGNORECASE
)


def hints(message: str, stack: str = "", code: str = "") -> list[Hint]:
    """The hints of an error message and its stack trace, the surest first, at most 20.

    ``code`` is that of the error; it is no field, although the message may begin with it.
    """
    text = without_codes(message[:4000], code)
    last = next((line for line in reversed(stack[-2000:].splitlines()) if line.strip()), "")
    found: dict[Hint, None] = {}
    for source in (text, last.strip()):
        for reader in _READERS:
            for hint in reader(source):
                found.setdefault(hint)
    return list(found)[:20]


def _from_missing(text: str) -> Iterator[Hint]:
    for pattern in _MISSING:
        for match in re.finditer(pattern, text, re.IGNORECASE | re.MULTILINE):
            for name in re.findall(r"[\w$\-]+", match[1]):
                if name == "and" or (name in _METHOD_KINDS and "attribute" in match[0]):
                    continue
                yield Hint(name=name)


def _from_options(text: str) -> Iterator[Hint]:
    for match in _OPTIONS.finditer(text):
        found = re.split(r", ?(?:or |and )?| ?\| ?| or |/", match[2])
        options = tuple(option.strip("`'\" ") for option in found)
        if any(option.lower() in FILLERS or kind_named(option) for option in options):
            continue
        if match[1] and match[1].lower() not in FILLERS:
            yield Hint(name=match[1].rpartition(".")[2], options=options)
        yield Hint(found="string", options=options)
    for match in _QUOTED_OPTIONS.finditer(text):
        options = tuple(re.findall(r"['\"`]([\w.\-]+)['\"`]", match[2]))
        yield Hint(name=match[1].rpartition(".")[2], options=options)


def _from_libraries(text: str) -> Iterator[Hint]:
    """The wording of zod, msgspec and Jackson."""
    for match in _RECEIVED.finditer(text):
        wanted, found = kind_named(match[1]), kind_named(match[2])
        if wanted and match[3]:
            yield Hint(path=_path(match[3]), kind=wanted)
        elif wanted:
            yield Hint(kind=wanted, found=found)
    for match in _KNOWN.finditer(text):
        yield from (Hint(name=name) for name in re.findall(r'"(\w+)"', match[1]))
    for match in _CHAIN.finditer(text):
        steps = re.findall(r'\["(\w+)"\]|\[(\d+)\]', match[1])
        path = tuple(name or int(number) for name, number in steps)
        type_named = _DESERIALIZE.search(text)
        last = type_named[1].rpartition(".")[2] if type_named else ""
        yield Hint(path=path, kind=kind_named(last))


def _from_methods(text: str) -> Iterator[Hint]:
    for match in re.finditer(r"'(\w+)' object has no attribute '(\w+)'", text):
        if match[2] in _METHOD_KINDS:
            yield Hint(kind=_METHOD_KINDS[match[2]], found=kind_named(match[1]))
        else:
            yield Hint(name=match[2])
    for match in re.finditer(_JS_CALL, text):
        path, last = match[1], match[1].rpartition(".")[2]
        wanted = "array" if "iterable" in match[0] else _METHOD_KINDS.get(last)
        target = path if "iterable" in match[0] else path.rpartition(".")[0]
        if wanted:
            yield Hint(path=_path(target.partition(".")[2]), kind=wanted)
    for match in re.finditer(_JS_DESTRUCTURE, text):
        yield Hint(path=(*_path(match[2].partition(".")[2]), match[1]))
    for match in re.finditer(r"undefined \(reading '(\w+)'\)|null \(reading '(\w+)'\)", text):
        name = match[1] or match[2]
        yield Hint(name=name) if name not in _METHOD_KINDS else Hint(kind=_METHOD_KINDS[name])


def _from_serde(text: str) -> Iterator[Hint]:
    for match in re.finditer(_SERDE, text):
        kind = kind_named(match[2])
        found = {"floating": "number", "map": "object", "sequence": "array"}.get(
            match[1], kind_named(match[1])
        )
        if kind:
            yield Hint(kind=kind, found=found)
    for match in re.finditer(_UNKNOWN, text):
        names = tuple(re.findall(r"`([^`]+)`", match[2]))
        if match[1] == "variant":
            yield Hint(found="string", options=names)
        else:
            yield from (Hint(name=name) for name in names)


def _from_paths(text: str) -> Iterator[Hint]:
    for match in re.finditer(_PYDANTIC, text):
        place, words, code = match[1], match[2], match[3] or ""
        path = _path(place)
        words = words.strip()
        wanted = kind_named(words.removeprefix("Input should be "))
        if "required" in words.lower() or code == "missing":
            yield Hint(path=path)
        elif wanted:
            yield Hint(path=path, kind=wanted)
        elif options := re.findall(r"'([^']+)'", words):
            yield Hint(path=path, options=tuple(options))
    for match in re.finditer(_GO, text):
        wanted = kind_named(match[3]) or ("array" if match[3].startswith("[]") else "object")
        yield Hint(path=_path(match[2]) if match[2] else (), kind=wanted)
    for match in re.finditer(_AJV, text):
        yield Hint(path=_path(match[1].strip("/.").replace("/", ".")), kind=kind_named(match[2]))
    for pattern in (_DOTTED, _PLAIN):
        for match in re.finditer(pattern, text):
            if kind := kind_named(match[2]):
                yield Hint(path=_path(match[1]), kind=kind)


def _from_issues(text: str) -> Iterator[Hint]:
    """Issues as JSON, as zod and pydantic list them."""
    begin, end = text.find("["), text.rfind("]")
    if begin < 0 or end < begin or ('"path"' not in text and '"loc"' not in text):
        return
    try:
        issues = json.loads(text[begin : end + 1])
    except ValueError:
        return
    for issue in issues if isinstance(issues, list) else ():
        if not isinstance(issue, Mapping):
            continue
        path = tuple(p for p in issue.get("path", issue.get("loc", ())) if isinstance(p, str | int))
        options = issue.get("options", issue.get("values", ()))
        yield Hint(
            path=path,
            kind=kind_named(str(issue.get("expected", issue.get("msg", "")))),
            options=tuple(map(str, options)) if isinstance(options, list) else (),
        )


def _from_python(text: str) -> Iterator[Hint]:
    if not re.search(_PYTHON_TYPES, text):
        return
    if "indices must be integers" in text:
        yield Hint(kind="object", found="array" if "list" in text else "string")
        return
    named = [
        kind_named(word)
        for word in re.findall(r"'(\w+)'|\b(?:not|to|be|be a) \"?(\w+)", text)
        for word in word
        if word
    ]
    kinds = [kind for kind in named if kind]
    if "subscriptable" in text:
        yield Hint(kind="object", found=kinds[0] if kinds else None)
    elif "iterable" in text or "len()" in text:
        yield Hint(kind="array", found=kinds[0] if kinds else None)
    else:
        yield from (Hint(kind=k, found=o) for k in kinds for o in kinds if k != o)


_READERS = (
    _from_issues, _from_paths, _from_libraries, _from_serde, _from_methods, _from_missing,
    _from_options, listed, demanded, _from_python,
)  # fmt: skip


def _path(dotted: str) -> Path:
    """A path as programs write it: ``user.tags[0].name``, ``user.tags.0.name``."""
    parts = re.findall(r"[^.\[\]]+", dotted)
    return tuple(int(part) if part.isdigit() and len(part) < 3 else part for part in parts)


def fields(value: Any, depth: int = 6) -> Iterator[tuple[str, Any]]:
    """The names and values of all fields in a value that an engine delivers, to learn from."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            if is_text(name) and (not isinstance(child, str) or is_text(child)):
                yield name, child
            yield from fields(child, depth - 1)
    elif isinstance(value, list):
        for child in value[:20]:
            yield from fields(child, depth - 1)


def is_text(value: str) -> bool:
    """Whether a text can be encoded as UTF-8; half of a surrogate pair cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
