"""Texts of a certain form: patterns and formats.

Hypothesis can generate a text for a regular expression, an address or a time. For each form it
fills a pool once, from which all texts are then drawn. The pools do not depend on a seed.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, HypothesisWarning

POOL = 40
"""Texts in the pool of a form; longer ones need more draws, which take longer."""

TAG = "tag-000000000000"
"""A placeholder for the text that is unique to an invocation, of the same length."""

PLAIN = ("a", "x", "name", "value", "hello world", "0", "42", "true", "α", "Ω≈ç", "日本", TAG)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 _-éß"

_SETTINGS = settings(
    max_examples=POOL,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_DIGITS = st.integers(0, 59).map(lambda n: f"{n:02}")


def _date() -> st.SearchStrategy[str]:
    return st.dates().map(lambda d: d.isoformat())


def _time() -> st.SearchStrategy[str]:
    hour = st.integers(0, 23).map(lambda n: f"{n:02}")
    zone = st.sampled_from(["Z", "+00:00", "-08:00", "+05:30"])
    return st.builds(lambda h, m, s, z: f"{h}:{m}:{s}{z}", hour, _DIGITS, _DIGITS, zone)


def _host() -> st.SearchStrategy[str]:
    label = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
    return st.lists(label, min_size=2, max_size=3).map(".".join)


def _link() -> st.SearchStrategy[str]:
    path = st.from_regex(r"(/[a-z0-9._~-]{1,6}){0,3}(\?[a-z]=[a-z0-9]{0,3})?", fullmatch=True)
    return st.builds(lambda h, p: f"https://{h}{p}", _host(), path)


_FORMATS: dict[str, Callable[[], st.SearchStrategy[str]]] = {
    "date": _date,
    "time": _time,
    "date-time": lambda: st.builds(lambda d, t: f"{d}T{t}", _date(), _time()),
    "duration": lambda: st.sampled_from(["P1D", "PT0S", "P3Y6M4DT12H30M5S", "P2W", "PT36H"]),
    "email": lambda: st.builds(
        lambda n, h: f"{n}@{h}", st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True), _host()
    ),
    "hostname": _host,
    "ipv4": lambda: st.ip_addresses(v=4).map(str),
    "ipv6": lambda: st.ip_addresses(v=6).map(str),
    "uri": _link,
    "iri": _link,
    "uri-reference": _link,
    "iri-reference": _link,
    "uri-template": lambda: st.sampled_from(["/a/{b}", "https://a.example/{?q}", ""]),
    "uuid": lambda: st.uuids().map(str),
    "json-pointer": lambda: st.sampled_from(["", "/a", "/a/0", "/~0~1"]),
    "relative-json-pointer": lambda: st.sampled_from(["0", "1/a", "0#"]),
    "regex": lambda: st.sampled_from(["a", "^[a-z]+$", ".*", ""]),
    "byte": lambda: st.sampled_from(["", "YQ==", "aGVsbG8="]),
}
_FORMATS |= {"idn-email": _FORMATS["email"], "idn-hostname": _host}


@cache
def of_format(name: str) -> tuple[str, ...]:
    """Texts of a format of JSON Schema; none for a format that is not known."""
    return _drawn(_FORMATS[name]()) if name in _FORMATS else ()


@cache
def of_pattern(pattern: str) -> tuple[str, ...]:
    """Texts in which a regular expression finds a match; none if Python cannot read it."""
    try:
        compiled = re.compile(python(pattern))
    except (re.error, OverflowError):
        return ()
    return _drawn(st.from_regex(compiled, alphabet=st.characters(max_codepoint=0x24F)))


def python(pattern: str) -> str:
    """A regular expression of ECMA-262, as used by JSON Schema, translated to Python.

    There ``$`` is the very end, and digits are ASCII digits.
    """
    written = re.sub(r"(?<!\\)((?:\\\\)*)\$(?=$|\)|\|)", r"\1\\Z", pattern)
    written = written.replace(r"\d", "[0-9]") if "[" not in pattern else written
    return (
        re.sub(r"\\[pP]\{[^}]*\}", "[A-Za-z]", written)
        .replace("(?<", "(?P<")
        .replace("(?P<=", "(?<=")
        .replace("(?P<!", "(?<!")
    )


def _drawn(strategy: st.SearchStrategy[str]) -> tuple[str, ...]:
    pool: dict[str, None] = {}

    def run() -> None:
        def draw(text: str) -> None:
            pool[text] = None

        with warnings.catch_warnings(), suppress(HypothesisException, ValueError):
            warnings.simplefilter("ignore", HypothesisWarning)
            _SETTINGS(given(strategy)(draw))()

    # Within a Hypothesis test it draws only for that test; in a separate thread it can draw.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return tuple(sorted(pool, key=lambda text: (len(text), text)))


def plain(choose: Callable[[int, int], int], least: int, most: int) -> str:
    """Any text of a length within bounds."""
    length = choose(least, most)
    return "".join(_LETTERS[choose(0, len(_LETTERS) - 1)] for _ in range(length))
