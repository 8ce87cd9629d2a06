"""``math::evaluate``: arithmetic, without any other feature of Python."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from reference_workers.client import FunctionError
from reference_workers.client.context import Json
from reference_workers.service import NUMBER, Function, form, text

LARGEST_POWER = 1000
"""The largest exponent; beyond it a short text could produce a number of any size."""

LARGEST = 10**300
"""The largest intermediate result; JSON numbers end not far above it."""

DEEPEST = 50
"""The deepest nesting of an expression."""

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
CALLS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "log": math.log,
    "exp": math.exp,
}
NAMES = {"pi": math.pi, "e": math.e}


def evaluate(expression: str) -> int | float:
    """The value of an arithmetic expression.

    Raises:
        ValueError, ArithmeticError, TypeError: it has no value, or one that is too large.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("this is no arithmetic expression") from None
    value = _value(tree.body, DEEPEST)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _value(node: ast.expr, deep: int) -> int | float:
    if not deep:
        raise ValueError(f"the expression has more than {DEEPEST} levels")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return _bounded(UNARY[type(op)](_value(operand, deep - 1)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            first, second = _value(left, deep - 1), _value(right, deep - 1)
            if isinstance(op, ast.Pow) and abs(second) > LARGEST_POWER:
                raise ValueError(f"the exponent is beyond {LARGEST_POWER}")
            return _bounded(BINARY[type(op)](first, second))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in CALLS:
            return _bounded(CALLS[name](*(_value(arg, deep - 1) for arg in args)))
    raise ValueError(f"there is no {type(node).__name__} in arithmetic")


def _bounded(value: Any) -> int | float:
    if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError("a number on the way is too large, or none")
    return value


async def run(data: dict[str, Any]) -> Json:
    """Evaluate an arithmetic expression such as ``(2 + 3) * sqrt(16)``."""
    try:
        return {"value": evaluate(data["expression"])}
    except (ValueError, ArithmeticError, TypeError) as fault:
        raise FunctionError("math_error", str(fault)[:200]) from None


def functions() -> dict[str, Function]:
    """The tools, by id."""
    request = form("expression", expression=text(1000), example={"expression": "6 * 7"})
    return {"math::evaluate": Function(run, request, form("value", value=NUMBER))}
