"""``drift``: what changed between two engines, according to their recordings."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from conformance.engines import probe as probes
from conformance.engines.drift import Change, Drift, drift
from conformance.engines.source import Folder
from conformance.engines.trials import EVERY, listed
from conformance.requirements.catalogue import load_of_engines
from mock_engine.rendering import counted, shorten

SHIPPED = "shipped"
WIDTH = 150
NO_RULE = "probes of no requirement"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare ``drift``."""
    parser.description = (
        "List what an engine does differently from another one, by two folders of recordings. "
        "`pytest --engine-cmd=… --record=DIR` makes one. Exit code 1 when there are differences."
    )
    shipped = f"a folder of recordings, or `{SHIPPED}` for those that come with the suite"
    parser.add_argument("old", metavar="OLD", help=shipped)
    parser.add_argument("new", metavar="NEW", help=shipped)
    parser.add_argument("--json", action="store_true", help="all differences, as JSON")
    parser.set_defaults(run=_drift)


def _drift(options: argparse.Namespace) -> int:
    found = drift(_folder(options.old), _folder(options.new))
    if options.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(lines(found)))
    return 1 if found.changes or found.gone else 0


def _folder(text: str) -> Folder:
    return probes.shipped() if text == SHIPPED else Path(text)


def lines(found: Drift) -> Iterator[str]:
    """What changed, as lines: by requirement, with wording at the end."""
    rules = {probe: r.id for r in load_of_engines() if r.probes != (EVERY,) for probe in r.probes}
    by_rule: dict[str, list[Change]] = defaultdict(list)
    for change in found.changes:
        if not change.wording:
            by_rule[rules.get(change.probe, NO_RULE)].append(change)
    sentences = {r.id: r.sentence for r in load_of_engines()}
    for rule, changes in sorted(by_rule.items()):
        yield f"{rule}  {sentences.get(rule, '')}".rstrip()
        yield from _told(changes)
    worded = [change for change in found.changes if change.wording]
    if worded:
        yield "words for people"
        yield from _told(worded)
    for what, names in (
        ("without a stable recording", found.unstable),
        (f"only of {found.old}", found.gone),
        (f"only of {found.new}", found.fresh),
    ):
        if names:
            yield f"{what}: {listed(names)}"
    differing = len({change.probe for change in found.changes})
    yield (
        f"{counted(found.compared, 'probe')} compared, {differing} with "
        f"{counted(len(found.changes), 'difference')}: {found.old} → {found.new}"
    )


def _told(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"  {change.probe}, step {change.step}: {change.path}"
        yield f"    - {shorten(change.old, WIDTH)}"
        yield f"    + {shorten(change.new, WIDTH)}"
