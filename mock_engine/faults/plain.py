"""Fault schedules as plain data, as in YAML and JSON: reading and writing.

- do: {close: 1001}                     # now, on every open connection
- do: {reject: {status: 503}}           # the first two upgrades
  connection: 1-2
- do: reset                             # when the third answer of the second worker arrives
  when: {received: {number: 3, type: invocationresult}}
  connection: 2
  path: /
- do: half-open
  when: {after: 1.5}
  for: 3
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from mock_engine.faults.schedule import FAULTS, MOMENTS, Fault, Moment, Rule, Schedule, Span

KEYS = ("do", "when", "connection", "path", "for")
_SPAN = re.compile(r"(\d+)(-(\d*))?")

Part = TypeVar("Part", Fault, Moment)


class UnreadableError(ValueError):
    """The data is not a schedule; the text says where and what would be valid."""


def read(data: Any, where: str = "faults") -> Schedule:
    """Read a schedule from plain data: a list of rules or one rule; ``where`` is used in errors.

    Raises:
        UnreadableError: the data is not a schedule.
    """
    if isinstance(data, list):
        return tuple(_rule(item, f"{where}[{index}]") for index, item in enumerate(data))
    return (_rule(data, where),)


def write(schedule: Iterable[Rule]) -> list[dict[str, Any]]:
    """A schedule as plain data, which ``read`` understands."""
    return [_plain(rule) for rule in schedule]


def _rule(data: Any, where: str) -> Rule:
    if isinstance(data, str):
        data = {"do": data}
    if not isinstance(data, Mapping):
        raise UnreadableError(f"{where}: a rule is expected, as in {{do: reset}}; found {data!r}")
    for key in data:
        if key not in KEYS:
            raise UnreadableError(f"{where}: the key `{key}` is unknown{_hint(key, KEYS)}")
    if "do" not in data:
        raise UnreadableError(f"{where}: `do` is missing: what shall go wrong?")
    fault = _part(data["do"], FAULTS, f"{where}.do")
    moment = fault.moments[0]()
    if data.get("when") is not None:
        moment = _part(data["when"], MOMENTS, f"{where}.when")
    path, lasts = data.get("path"), data.get("for")
    if path is not None and not isinstance(path, str):
        raise UnreadableError(f"{where}.path: a path such as /otel is expected; found {path!r}")
    if lasts is not None and not _is_time(lasts):
        raise UnreadableError(f"{where}.for: a number of seconds is expected; found {lasts!r}")
    connection = _span(data.get("connection", "any"), f"{where}.connection")
    try:
        return Rule(fault, moment, connection, path, lasts)
    except ValueError as unfit:
        raise UnreadableError(f"{where}: {unfit}") from None


def _part(data: Any, kinds: tuple[type[Part], ...], where: str) -> Part:
    known = {kind.name: kind for kind in kinds}
    name: Any = data
    value: Any = {}
    if isinstance(data, Mapping) and len(data) == 1:
        ((name, value),) = data.items()
    if not isinstance(name, str):
        one = next(iter(known))
        raise UnreadableError(f"{where}: a name is expected, as in `{one}`; found {data!r}")
    if name not in known:
        raise UnreadableError(f"{where}: `{name}` is unknown{_hint(name, known)}")
    kind = known[name]
    where = f"{where}.{name}"
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        if not kind.__struct_fields__:
            raise UnreadableError(f"{where}: nothing is expected here; found {value!r}")
        value = {kind.__struct_fields__[0]: value}
    fields = dict(value)
    if "number" in fields:
        fields["number"] = msgspec.to_builtins(_span(fields["number"], f"{where}.number"))
    if "json" in fields and "text" in kind.__struct_fields__:
        fields["text"] = json.dumps(fields.pop("json"), ensure_ascii=False)
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as unfit:
        names = ", ".join(kind.__struct_fields__) or "none"
        raise UnreadableError(f"{where}: {unfit}; its fields: {names}") from None


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _span(data: Any, where: str) -> Span:
    if isinstance(data, int) and not isinstance(data, bool) and data >= 0:
        return Span.only(data)
    if data == "any":
        return Span()
    found = _SPAN.fullmatch(data) if isinstance(data, str) else None
    if found is None:
        expected = "a number, or numbers as in 2-4, 3- or any"
        raise UnreadableError(f"{where}: {expected} is expected; found {data!r}")
    first, dash, last = found.groups()
    if not dash:
        return Span.only(int(first))
    return Span(int(first), int(last) if last else None)


def _hint(value: Any, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(str(value), names, 1)
    return f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(names)}"


def _plain(rule: Rule) -> dict[str, Any]:
    rule_data: dict[str, Any] = {"do": _plain_part(rule.fault), "when": _plain_part(rule.when)}
    if rule.connection != Span():
        rule_data["connection"] = _plain_span(rule.connection)
    if rule.path is not None:
        rule_data["path"] = rule.path
    if rule.lasts is not None:
        rule_data["for"] = rule.lasts
    return rule_data


def _plain_part(part: Fault | Moment) -> Any:
    fields = {name: getattr(part, name) for name in part.__struct_fields__}
    value = {
        name: _plain_span(value) if isinstance(value, Span) else value
        for name, value in fields.items()
        if value is not None
    }
    return {part.name: value} if value else part.name


def _plain_span(span: Span) -> int | str:
    if span == Span():
        return "any"
    if span.first == span.last:
        return span.first
    return f"{span.first}-{'' if span.last is None else span.last}"
