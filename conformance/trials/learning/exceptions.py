"""Which errors are programming mistakes, by the wording of runtimes."""

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
"""Classes that nobody raises on purpose, of runtimes and their standard libraries."""

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


_FRAME = re.compile(r'^  File "[^"]+", line \d+.*\n(?:    (\S.*))?', re.MULTILINE)
_BUILT_IN = re.compile(
    r"(ValueError|RuntimeError|LookupError|OSError|FileNotFoundError|FileExistsError|EOFError"
    r"|IsADirectoryError|NotADirectoryError|PermissionError|BufferError|ArithmeticError"
    r"|FloatingPointError|StopAsyncIteration|NotImplementedError)\b"
)
_OF_NODE = re.compile(r"\A(?:Uncaught )?(Error)\b[^\n]*\n\s+at [^\n]*\(?node:")


def slipped_out(stack: str) -> str | None:
    """The name of an exception that was not raised on purpose, whatever its message, or ``None``.

    A Python traceback shows the line that raised it: a ``raise`` is on purpose, a call is not. A
    Node stack trace shows whether it was thrown within Node.
    """
    lines = [line for line in stack.splitlines() if line.strip()]
    frames = _FRAME.findall(stack)
    if frames and frames[-1] and not frames[-1].startswith("raise"):
        match = _BUILT_IN.match(lines[-1])
        return match[1] if match is not None else None
    match = _OF_NODE.match(stack)
    return match[1] if match is not None else None


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
