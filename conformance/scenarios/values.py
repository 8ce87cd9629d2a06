"""From the nodes of a document to patterns and templates.

A mapping whose keys begin with ``$`` is an operator; several in one mapping must all hold. Data
that really begins with ``$`` goes into ``$literal``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema.exceptions import SchemaError
from jsonschema.validators import Draft202012Validator, validator_for

from conformance.documents.nodes import Node, suggestion
from conformance.scenarios.patterns.base import Pattern
from conformance.scenarios.patterns.combined import All, Not, OneOf
from conformance.scenarios.patterns.json_values import TYPES, is_of_type
from conformance.scenarios.patterns.names import Bind, Text, references
from conformance.scenarios.patterns.single import (
    Anything,
    AnyUuid,
    Between,
    Is,
    Matches,
    NoSuchKey,
    OfType,
    Valid,
)
from conformance.scenarios.patterns.structures import Array, Object, Unordered
from conformance.scenarios.templates import Fill, Fixed, Fresh, Parts, Repeat, Template

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def pattern(node: Node, *, exact: bool = False) -> Pattern:
    """Read a pattern; within ``exact`` objects may have no other keys.

    Raises:
        DocumentError: it is not a pattern.
    """
    if node.is_list:
        return Array(tuple(pattern(item, exact=exact) for item in node.items()))
    if node.is_mapping:
        operators = [key for key, _ in node.pairs() if key.value.startswith("$")]
        if operators:
            return _operators(node, MATCHERS, exact)
        fields = ((key, pattern(value, exact=exact)) for key, value in node.entries())
        return Object(tuple(fields), exact)
    value = node.value
    return Text(value) if isinstance(value, str) and references(value) else Is(value)


def template(node: Node) -> Template:
    """Read a template.

    Raises:
        DocumentError: it is not a template.
    """
    if node.is_list:
        return Parts(tuple(template(item) for item in node.items()))
    if node.is_mapping:
        pairs = node.pairs()
        operators = [key for key, _ in pairs if key.value.startswith("$")]
        if operators:
            return _drawn(node)
        return Parts({key.value: template(value) for key, value in pairs})
    value = node.value
    return Fill(value) if isinstance(value, str) and references(value) else Fixed(value)


def name(node: Node, what: str) -> str:
    """Read a name.

    Raises:
        DocumentError: it is not a name.
    """
    text = node.text(what)
    if not NAME.fullmatch(text):
        node.refuse(f"{what} is {text!r}; expected letters, digits, `_` and `-`, a letter first")
    return text


def _operators(
    node: Node, known: Mapping[str, Callable[[Node, bool], Pattern]], exact: bool
) -> Pattern:
    found: list[Pattern] = []
    for key, value in node.pairs():
        if not key.value.startswith("$"):
            key.refuse(
                f"`{key.value}` stands beside operators; put plain keys into `$object`, or what "
                "really begins with `$` into `$literal`"
            )
        if key.value not in known:
            key.refuse(f"there is no matcher `{key.value}`{suggestion(key.value, known)}")
        found.append(known[key.value](value, exact))
    limits = [each for each in found if isinstance(each, Between)]
    if len(limits) > 1:
        found = [each for each in found if each not in limits] + [_within(*limits)]
    return found[0] if len(found) == 1 else All(tuple(found))


def _within(one: Between, other: Between) -> Between:
    """Both limits at once."""
    least = one.least if one.least is not None else other.least
    return Between(least, one.most if one.most is not None else other.most)


def _drawn(node: Node) -> Template:
    pairs = node.pairs()
    key, value = pairs[0]
    if key.value not in DRAWN:
        key.refuse(
            f"`{key.value}` cannot be sent{suggestion(key.value, DRAWN)}"
            if key.value not in MATCHERS
            else f"`{key.value}` says what a worker must send; in what is sent to it only "
            f"{', '.join(DRAWN)} have a meaning"
        )
    if len(pairs) > 1:
        pairs[1][0].refuse(f"`{key.value}` stands alone")
    return DRAWN[key.value](value)


def _bind(node: Node, exact: bool) -> Pattern:
    return Bind(name(node, "a name to bind"))


def _true(made: Pattern) -> Callable[[Node, bool], Pattern]:
    def read(node: Node, exact: bool) -> Pattern:
        if node.value is not True:
            node.refuse(f"expected `true`, not {node.describe()}")
        return made

    return read


def _type(node: Node, exact: bool) -> Pattern:
    nodes = node.items() if node.is_list else [node]
    for each in nodes:
        if each.value not in TYPES:
            each.refuse(f"{each.value!r} is no JSON type{suggestion(str(each.value), TYPES)}")
    return OfType(tuple(each.value for each in nodes))


def _regex(node: Node, exact: bool) -> Pattern:
    text = node.text("a regular expression")
    try:
        return Matches(re.compile(text, re.DOTALL))
    except re.error as fault:
        return node.refuse(f"no regular expression: {fault}")


def _limit(lower: bool) -> Callable[[Node, bool], Pattern]:
    def read(node: Node, exact: bool) -> Pattern:
        if not is_of_type(node.value, "number"):
            node.refuse(f"expected a number, not {node.describe()}")
        return Between(node.value, None) if lower else Between(None, node.value)

    return read


def _several(make: Callable[[tuple[Pattern, ...]], Pattern]) -> Callable[[Node, bool], Pattern]:
    def read(node: Node, exact: bool) -> Pattern:
        found = tuple(pattern(item, exact=exact) for item in node.items())
        return make(found) if found else node.refuse("at least one pattern is expected here")

    return read


def _schema(node: Node, exact: bool) -> Pattern:
    schema: Any = node.value
    if not isinstance(schema, Mapping | bool):
        node.refuse(f"a JSON Schema is an object, not {node.describe()}")
    try:
        kind: Any = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
    except SchemaError as fault:
        node.refuse(f"no JSON Schema: {fault.json_path}: {fault.message}")
    return Valid(schema)


MATCHERS: Mapping[str, Callable[[Node, bool], Pattern]] = {
    "$any": _true(Anything()),
    "$absent": _true(NoSuchKey()),
    "$uuid": _true(AnyUuid()),
    "$bind": _bind,
    "$type": _type,
    "$regex": _regex,
    "$min": _limit(lower=True),
    "$max": _limit(lower=False),
    "$one-of": _several(OneOf),
    "$all": _several(All),
    "$not": lambda node, exact: Not(pattern(node, exact=exact)),
    "$exact": lambda node, _: pattern(node, exact=True),
    "$subset": lambda node, _: pattern(node, exact=False),
    "$object": lambda node, exact: Object(
        tuple((key, pattern(value, exact=exact)) for key, value in node.entries()), exact
    ),
    "$unordered": _several(Unordered),
    "$contains": _several(lambda items: Unordered(items, whole=False)),
    "$literal": lambda node, _: Is(node.value),
    "$schema": _schema,
}
"""The operators of patterns."""


def _fresh(node: Node) -> Template:
    return Fresh(name(node, "the name of a fresh id"))


def _repeat(node: Node) -> Template:
    entries = dict(node.entries())
    if entries.keys() != {"text", "count"}:
        node.refuse("`$repeat` needs `text` and `count`, and nothing else")
    count: Any = entries["count"].value
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        entries["count"].refuse(f"expected a whole number, not {entries['count'].describe()}")
    return Repeat(entries["text"].text("`text`"), count)


DRAWN: Mapping[str, Callable[[Node], Template]] = {
    "$new": _fresh,
    "$repeat": _repeat,
    "$literal": lambda node: Fixed(node.value),
}
"""The operators of templates."""
