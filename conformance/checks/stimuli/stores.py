"""Something that is stored with one function, and read back with another."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.names import couples, is_plain
from conformance.checks.stimuli.worlds import MOST, Pair, result
from conformance.documents.trees import Path, at, places, put
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.complaints import fields
from conformance.trials.learning.knowledge import Depth
from conformance.trials.learning.starts import is_risky
from conformance.trials.learning.worlds import is_request
from conformance.trials.traces import traceparent
from conformance.trials.trial import Worker, trial

_ADDRESSES = ("id", "key", "name", "scope", "type", "kind", "mode", "namespace", "status")
_IDS = ("id", "key", "slug", "sku", "uuid", "code")
_SEARCHED = ("query", "q", "text", "content", "search", "term", "prompt")


@dataclass(frozen=True, slots=True)
class Stored(Pair):
    """A text was stored with the first invocation, and looked for with the second, in a trace."""

    marker: str
    trace: str = ""


@trial(Worker.SHARED)
async def stored_and_recalled(harness: Harness) -> tuple[Stored, ...]:
    """Store a unique text, and read it back, where names suggest that a worker can."""
    pairs: list[Stored] = []
    examples = harness.baseline.knowledge.examples
    for store, recall in _able(harness):
        marker = f"conformance-{len(pairs)}-{harness.transcript.now():.6f}"
        example = _plainest(examples(store))
        stored = None
        for data in _versions(example, marker, _kept_under(harness, recall)):
            stored = await _asked(harness, store, data)
            if result(harness.invoker.replies(stored))[0]:
                break
        if stored is None or len(pairs) >= MOST:
            continue
        given = [answer.json.get("result") for answer in harness.invoker.replies(stored)]
        asking, gave = _plainest(examples(recall)), next(iter(given), None)
        wanted = related(asking, data, gave, marker, fresh=not is_plain(store, recall))
        trace = uuid.uuid4().hex
        recalled = await _asked(harness, recall, wanted, traceparent=traceparent(trace))
        pairs.append(Stored(stored, recalled, marker, trace))
    return tuple(pairs)


def _versions(example: Any, marker: str, name: str | None) -> Iterator[Any]:
    """The example with the marker in it, the likeliest to be kept first.

    A member that was only tried may not be kept, so all texts are marked. A function may not take
    that, and may refuse what is stored already: an id of its own helps.
    """
    one = marked(example, marker, name)
    if one is None:
        return
    yield marked(example, marker, name, everywhere=True)
    yield one
    yield renamed(one, marker)


async def _asked(harness: Harness, function_id: str, data: Any, **fields: Any) -> Invocation:
    """Invoke a function, and wait for its answer."""
    invocation = harness.invoker.invoke(function_id, data, **fields)
    await harness.invoker.reply(invocation, harness.pace.handler)
    return invocation


def _able(harness: Harness) -> Iterator[tuple[str, str]]:
    """The couples of functions that are known to take data and may be invoked."""
    known = harness.baseline.knowledge.functions
    able = [n for n, one in known.items() if one.depth >= Depth.RESULT and not is_risky(n)]
    return couples(name for name in able if harness.obstacle(name) is None)


def _plainest(examples: Any) -> Any:
    """The example that got furthest, but one that is no request before one that is."""
    return next((one for one in examples if not is_request(one) and one), examples[0])


def _kept_under(harness: Harness, recall: str) -> str | None:
    """The name under which a reader returns what the engine stored, if that is known."""
    for relay in harness.invoker.relays("call"):
        if relay.function_id == recall and relay.lens and isinstance(relay.lens[-1], str):
            return relay.lens[-1]
    return None


def marked(example: Any, marker: str, name: str | None, *, everywhere: bool = False) -> Any:
    """The example with a marker in place of the text that is to be stored, if there is one.

    Otherwise it is put where a reader returns it, under ``name``, or else in place of an id. Of a
    request, the body is stored. With ``everywhere``, each such text is replaced.
    """
    if is_request(example):
        body = marked(example["body"], marker, name, everywhere=everywhere)
        return None if body is None else {**example, "body": body}
    texts = [path for path in reversed(places(example)) if isinstance(at(example, path), str)]
    chosen = [path for path in texts if not _last(path).endswith(_ADDRESSES)]
    if not chosen and isinstance(example, dict) and name:
        return {**example, name: marker}
    chosen = chosen or [path for path in texts if _is_id(_last(path))]
    for path in chosen if everywhere else chosen[:1]:
        example = put(example, path, marker)
    return example if chosen else None


def _last(path: Path) -> str:
    return str(path[-1]).lower() if path else ""


def renamed(data: Any, marker: str) -> Any:
    """The data with another text in place of each id, one that does not contain the marker."""
    if is_request(data):
        parts = {name: renamed(data[name], marker) for name in ("body", "path_params")}
        return {**data, **parts}
    if not isinstance(data, Mapping):
        return data
    ids = [n for n, v in data.items() if _is_id(n) and isinstance(v, str) and v != marker]
    return {**data, **dict.fromkeys(ids, _fresh(marker))}


def _fresh(marker: str) -> str:
    return marker.replace("conformance", "fresh")


def _is_id(name: str) -> bool:
    return name.lower().endswith(_IDS)


def related(example: Any, stored: Any, given: Any, marker: str, *, fresh: bool = False) -> Any:
    """Data that asks for what was stored: equal names have equal values.

    An id that is in neither may be that of something else, which a ``fresh`` one is not.
    """
    if is_request(example):
        parts = ("path_params", "query_params", "body")
        known = {n: related(example[n], stored, given, marker, fresh=fresh) for n in parts}
        return {**example, **known}
    if not isinstance(example, Mapping):
        return example
    known = _known(stored, given)
    ids = [v for n, v in known.items() if n.lower().endswith("id") and isinstance(v, str)]
    wanted = dict(example)
    for name, value in example.items():
        if name.lower() in _SEARCHED:
            wanted[name] = marker
        elif name in known:
            wanted[name] = known[name]
        elif name.lower() == "id" and ids:
            wanted[name] = ids[0]
        elif fresh and _is_id(name) and isinstance(value, str):
            wanted[name] = _fresh(marker)
    return wanted


def _known(stored: Any, given: Any) -> dict[str, Any]:
    """The members of what a store was given, and of what it gave, by name."""
    parts = [stored[n] for n in ("body", "path_params")] if is_request(stored) else [stored]
    known: dict[str, Any] = {}
    for source in (*parts, given):
        for name, value in fields(source):
            known.setdefault(name, value)
    return known
