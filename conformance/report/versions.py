"""The page of protocol versions: what each added and removed, made from the data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from conformance.requirements.catalogue import Catalogue
from mock_engine.versions import (
    BEHAVIOURS,
    FEATURES,
    FIELDS,
    FUNCTIONS,
    MESSAGES,
    NEWEST,
    OLDEST,
    TRIGGER_TYPES,
    VersionRange,
    numbers,
)

Changes = Mapping[str, Mapping[str, list[str]]]
"""What changed, by version and by the kind of change: ``came`` or ``went``."""

CAME, WENT = "came", "went"
SENDERS = {"engine": "engine → worker", "worker": "worker → engine", "functions": "input of"}


def page(catalogue: Catalogue) -> str:
    """The page, in Markdown."""
    changes = collected(catalogue)
    lines = [
        "# Versions of the protocol",
        "",
        "Made by `python -m conformance docs` from `mock_engine/versions/`; do not edit.",
        "",
        f"Known are the versions from {OLDEST} to {NEWEST}.",
        "What is in no list has been there since the first.",
        "What went with a version is in that version for the last time.",
    ]
    for version in sorted(changes, key=numbers, reverse=True):
        lines += ["", f"## {version}"]
        for what in (CAME, WENT):
            named = changes[version].get(what, [])
            if named:
                lines += ["", f"{'New' if what == CAME else 'For the last time'}:", ""]
                lines += [f"- {text}" for text in named]
    return "\n".join(lines) + "\n"


def collected(catalogue: Catalogue) -> Changes:
    """What changed in which version, in the order of the kinds of things."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for text, known in _spans(catalogue):
        if known.since is not None:
            found[known.since][CAME].append(text)
        if known.until is not None:
            found[known.until][WENT].append(text)
    return found


def _spans(catalogue: Catalogue) -> Iterator[tuple[str, VersionRange]]:
    for name, known in MESSAGES.items():
        sender, _, kind = name.partition("/")
        yield f"message `{kind}` ({SENDERS[sender]})", known
    for name, fields in FIELDS.items():
        sender, _, kind = name.partition("/")
        for field, known in fields.items():
            yield f"field `{field}` of `{kind}` ({SENDERS[sender]})", known
    for renamed in FUNCTIONS:
        text = f"function `{renamed.older}`, which is `{renamed.newer}` since"
        yield text, VersionRange(until=renamed.until)
    for renamed in TRIGGER_TYPES:
        text = f"trigger type `{renamed.older}`, which is `{renamed.newer}` since"
        yield text, VersionRange(until=renamed.until)
    for name, known in FEATURES.items():
        yield f"feature `{name}`", known
    for name, known in BEHAVIOURS.items():
        yield f"behaviour of the engine: {name.replace('-', ' ')}", known
    yield from _rules(catalogue)


def _rules(catalogue: Catalogue) -> Iterable[tuple[str, VersionRange]]:
    for rule in catalogue:
        if rule.since is not None or rule.until is not None:
            yield f"rule {rule.id}: {rule.sentence}", VersionRange(rule.since, rule.until)
