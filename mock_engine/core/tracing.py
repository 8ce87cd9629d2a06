"""W3C trace context: ``traceparent`` and ``baggage`` of invocations and HTTP requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

FUNCTION = "iii.function.id"
"""The baggage entry that names the called function."""

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_NO_VERSION = "ff"


def well_formed(traceparent: str | None) -> str | None:
    """The traceparent, or ``None`` if it is malformed (W3C trace context, section 3.2)."""
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    version, trace, span, _, rest = found.groups()
    if version == _NO_VERSION or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return None if version == "00" and rest is not None else traceparent


def ids(traceparent: str | None) -> tuple[str, str] | None:
    """The trace id and the span id; ``None`` without a well-formed traceparent."""
    known = well_formed(traceparent)
    return None if known is None else (known[3:35], known[36:52])


def new_span(new_id: Callable[[], str], within: str | None = None) -> str:
    """The traceparent of a new span, ``within`` a trace or in a new one."""
    known = well_formed(within) or f"00-{new_id().replace('-', '')}-{_NO_SPAN}-01"
    return f"{known[:36]}{new_id().replace('-', '')[:16]}-{known[53:55]}"


def entries(baggage: str | None) -> dict[str, str]:
    """The entries of a baggage, decoded and without their properties."""
    found: dict[str, str] = {}
    for member in (baggage or "").split(","):
        key, separator, value = member.partition(";")[0].partition("=")
        if separator and key.strip():
            found[unquote(key.strip())] = unquote(value.strip())
    return found


def without_function(baggage: str | None) -> list[str]:
    """The members of a baggage, except the one that names a function."""
    members = (baggage or "").split(",")
    return [each for each in members if each and each.partition("=")[0].strip() != FUNCTION]


def naming(function_id: str, traceparent: str | None, baggage: str | None) -> str | None:
    """The baggage of a forwarded call: the caller's and, in a trace, the name of the function."""
    if traceparent is None and baggage is None:
        return None
    return ",".join([*without_function(baggage), f"{FUNCTION}={function_id}"])
