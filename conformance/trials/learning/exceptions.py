"""Which errors are programming mistakes, by the words that runtimes have for them."""

from __future__ import annotations

import re

_EXCEPTIONS = re.compile(
    r"\b(AttributeError|TypeError|KeyError|IndexError|UnboundLocalError|NameError|AssertionError"
    r"|ZeroDivisionError|RecursionError|OverflowError|MemoryError|UnicodeEncodeError"
    r"|UnicodeDecodeError|ReferenceError|RangeError|NullPointerException|ClassCastException"
    r"|\w*IndexOutOfBoundsException|NoMethodError|StopIteration|UnicodeError|SyntaxError|URIError"
    r"|EvalError|NumberFormatException|ArithmeticException|IllegalStateException"
    r"|(?:re|json\.decoder|decimal|struct|binascii|sqlite3|zlib|ipaddress|urllib\.error|zoneinfo"
    r"|csv|pickle|configparser|xml\.[\w.]+|java\.(?:lang|util)|System)\.\w+)\b"
)
"""Classes that nobody raises on purpose: of runtimes, and of their standard libraries."""

_TELLTALES = re.compile(
    r"Cannot (?:read|set) propert|is not a function|is not iterable|undefined is not"
    r"|Maximum call stack|panicked|index out of (?:range|bounds)|nil pointer|runtime error:"
    r"|interface conversion:|object has no attribute|object is not (?:subscriptable|iterable"
    r"|callable)|indices must be integers|division by zero|list index out of range"
    r"|unsupported operand type|not supported between instances|can only concatenate"
    r"|maximum recursion depth|integer overflow|unwrap\(\)` on|invalid literal for int|could not "
    r"convert string to float|substring not found|values to unpack|math domain error|unhashable "
    r"type|Invalid regular expression|Unexpected token|unterminated (?:character|subpattern|string)"
    r"|nothing to repeat|bad escape|Expecting value|not enough arguments for format|incomplete "
    r"format|unsupported format character|attempt to (?:subtract|add|multiply) with overflow"
    r"|called `(?:Option|Result)::|byte index \d+ is not a char boundary|divide by zero"
)


def is_exception(line: str) -> bool:
    """Whether a line of a log names a programming mistake."""
    return bool(_EXCEPTIONS.search(line) or _TELLTALES.search(line))


def unexpected(message: str, stack: str) -> str | None:
    """The name of the programming mistake that an error is about, or ``None``."""
    last = [line for line in stack.splitlines() if line.strip() and not line[0].isspace()]
    for text in (*last[-1:], *last[:1], message[:300]):
        match = _EXCEPTIONS.match(text.removeprefix("Uncaught ").strip()) or _TELLTALES.search(text)
        if match is not None:
            return match[0]
    if re.fullmatch(r"'[\w.:\- ]{1,60}'", message):
        return "KeyError"  # what Python's says of itself is the key alone
    return None
