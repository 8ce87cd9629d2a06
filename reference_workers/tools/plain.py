"""Tools that need nothing but their arguments: text, time, JSON, hashes, encodings."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from reference_workers.client import FunctionError
from reference_workers.client.context import Json
from reference_workers.service import COUNT, NUMBER, STRING, Function, array, choice, form, text

LONG = {"type": "string", "maxLength": 100_000}
MOST_MATCHES, MOST_ROWS = 100, 1000
HASHES = ("sha256", "sha1", "md5", "blake2b")


async def now(data: dict[str, Any]) -> Json:
    """Tell the time, in UTC or in a zone such as ``Europe/Paris``."""
    try:
        zone = ZoneInfo(data["zone"]) if "zone" in data else UTC
    except (LookupError, ValueError, OSError):
        raise FunctionError("invalid_request", f"no time zone {data['zone']!r:.80}") from None
    moment = datetime.now(zone)
    return {"time": moment.isoformat(timespec="seconds"), "unix": moment.timestamp()}


async def difference(data: dict[str, Any]) -> Json:
    """Tell the seconds between two times in ISO 8601; without a zone they are in UTC."""
    first, last = (_moment(data[name]) for name in ("first", "last"))
    return {"seconds": (last - first).total_seconds()}


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        raise FunctionError("invalid_request", f"no time in ISO 8601: {value!r:.80}") from None


async def statistics(data: dict[str, Any]) -> Json:
    """Count the characters, words and lines of a text."""
    told = data["text"]
    return {"characters": len(told), "words": len(told.split()), "lines": len(told.splitlines())}


async def search(data: dict[str, Any]) -> Json:
    """Find where a text has another one in it, with the line of each place."""
    flags = re.IGNORECASE if data.get("ignore_case") else 0
    wanted = re.compile(re.escape(data["query"]), flags)
    matches = [
        {"line": number, "text": line[:500]}
        for number, line in enumerate(data["text"].splitlines(), 1)
        if wanted.search(line)
    ]
    return {"matches": matches[:MOST_MATCHES], "count": len(matches)}


async def query(data: dict[str, Any]) -> Json:
    """Take a part out of JSON by a JSON pointer such as ``/items/0/name`` (RFC 6901)."""
    value, pointer = data.get("value"), data["pointer"]
    if pointer and not pointer.startswith("/"):
        raise FunctionError("invalid_request", "a pointer is empty or begins with /")
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        index = int(name) if re.fullmatch(r"0|[1-9][0-9]{0,8}", name) else None
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and index is not None and index < len(value):
            value = value[index]
        else:
            raise _missing(name)
    return {"value": value}


def _missing(name: str) -> FunctionError:
    return FunctionError("not_found", f"there is no {name!r:.100} here")


async def digest(data: dict[str, Any]) -> Json:
    """Hash a text."""
    made = hashlib.new(data.get("algorithm", "sha256"), usedforsecurity=False)
    made.update(data["text"].encode("utf-8", "surrogatepass"))
    return {"digest": made.hexdigest()}


async def encode(data: dict[str, Any]) -> Json:
    """Write a text in base64."""
    raw = data["text"].encode("utf-8", "surrogatepass")
    return {"base64": base64.b64encode(raw).decode()}


async def decode(data: dict[str, Any]) -> Json:
    """Read a text from base64."""
    try:
        return {"text": base64.b64decode(data["base64"], validate=True).decode()}
    except ValueError:
        raise FunctionError("invalid_request", "this is no text in base64") from None


async def parse(data: dict[str, Any]) -> Json:
    """Read rows from a text with commas between its values."""
    try:
        rows = list(csv.reader(io.StringIO(data["text"], newline="")))
    except csv.Error as fault:
        raise FunctionError("invalid_request", str(fault)[:200]) from None
    return {"rows": rows[:MOST_ROWS], "count": len(rows)}


def functions() -> dict[str, Function]:
    """The tools, by id."""
    match = form("line", "text", line=COUNT, text=STRING)
    return {
        "time::now": Function(
            now, form(zone=text(64), example={}), form("time", "unix", time=STRING, unix=NUMBER)
        ),
        "time::difference": Function(
            difference,
            form(
                *("first", "last"),
                first=text(64),
                last=text(64),
                example={"first": "2026-01-01", "last": "2026-01-02T12:00:00"},
            ),
            form("seconds", seconds=NUMBER),
        ),
        "text::statistics": Function(
            statistics,
            form("text", text=LONG, example={"text": "a cup of tea"}),
            form("characters", "words", "lines", characters=COUNT, words=COUNT, lines=COUNT),
        ),
        "text::search": Function(
            search,
            form(
                *("text", "query"),
                text=LONG,
                query=text(1000),
                ignore_case={"type": "boolean"},
                example={"text": "tea\ncoffee", "query": "tea"},
            ),
            form("matches", "count", matches=array(match), count=COUNT),
        ),
        "json::query": Function(
            query,
            form(
                *("value", "pointer"),
                value={"description": "Any JSON value."},
                pointer={"type": "string", "maxLength": 1000},
                example={"value": {"items": [1, 2]}, "pointer": "/items/1"},
            ),
            form("value", value={"description": "Any JSON value."}),
        ),
        "hash::digest": Function(
            digest,
            form("text", text=LONG, algorithm=choice(*HASHES), example={"text": "tea"}),
            form("digest", digest=STRING),
        ),
        "encoding::encode": Function(
            encode, form("text", text=LONG, example={"text": "tea"}), form("base64", base64=STRING)
        ),
        "encoding::decode": Function(
            decode,
            form("base64", base64=LONG, example={"base64": "dGVh"}),
            form("text", text=STRING),
        ),
        "csv::parse": Function(
            parse,
            form("text", text=LONG, example={"text": "a,b\n1,2\n"}),
            form("rows", "count", rows=array(array(STRING)), count=COUNT),
        ),
    }
