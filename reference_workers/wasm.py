"""WebAssembly within limits: fuel for its instructions, bytes for its memory, a clock for its time.

A module gets no imports, so it can only calculate. Every function blocks, and must run in a
separate thread.
"""

from __future__ import annotations

import base64
import binascii
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reference_workers.client import FunctionError
from reference_workers.client.context import Json

try:
    import wasmtime
except ImportError:
    wasmtime = None  # type: ignore[assignment]

LARGEST = 256 * 1024
"""The largest module in bytes: compiling cannot be interrupted, so this limits its time."""

STACK = 256 * 1024
"""The size of a module's stack in bytes."""

INTEGERS = {"i32": 32, "i64": 64}
FLOATS = ("f32", "f64")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a module."""

    fuel: int
    memory: int
    seconds: float


def available() -> bool:
    """Whether modules can be run: whether the package ``wasmtime`` is installed."""
    return wasmtime is not None


def decoded(data: dict[str, Any]) -> bytes:
    """A module's bytes, from base64 or from the text format.

    Raises:
        FunctionError: ``invalid_module``.
    """
    try:
        if "base64" in data:
            source = base64.b64decode(data["base64"], validate=True)
        else:
            source = bytes(wasmtime.wat2wasm(data["wat"].encode()))
    except (binascii.Error, ValueError, wasmtime.WasmtimeError) as fault:
        raise FunctionError("invalid_module", _short(fault)) from None
    if len(source) > LARGEST:
        raise FunctionError("invalid_module", f"the module has more than {LARGEST} bytes")
    return source


def validate(source: bytes) -> Json:
    """The facts about a module that are known without running it."""
    try:
        module = wasmtime.Module(_engine(), source)
    except wasmtime.WasmtimeError as fault:
        return {"valid": False, "reason": _short(fault), "imports": [], "exports": []}
    imports = [f"{each.module}.{each.name}" for each in module.imports]
    return {"valid": True, "imports": imports, "exports": [each.name for each in module.exports]}


def execute(source: bytes, name: str, arguments: Sequence[Json], limits: Limits) -> Json:
    """Run a module's function within limits.

    Raises:
        FunctionError: ``invalid_module``, ``imports_refused``, ``not_found``, ``invalid_request``,
            ``out_of_fuel``, ``TIMEOUT``, ``trap``.
    """
    engine = _engine()
    try:
        module = wasmtime.Module(engine, source)
    except wasmtime.WasmtimeError as fault:
        raise FunctionError("invalid_module", _short(fault)) from None
    if list(module.imports):
        first = module.imports[0]
        told = f"the module wants {first.module}.{first.name}; nothing is given to modules"
        raise FunctionError("imports_refused", told[:200])
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=limits.memory, instances=1, memories=4, tables=4)
    store.set_fuel(limits.fuel)
    store.set_epoch_deadline(1)
    alarm = threading.Timer(limits.seconds, engine.increment_epoch)
    alarm.daemon = True
    alarm.start()
    try:
        instance = wasmtime.Instance(store, module, [])
        function = instance.exports(store).get(name)
        if not isinstance(function, wasmtime.Func):
            raise FunctionError("not_found", f"the module exports no function {name!r:.100}")
        given = _converted(function.type(store).params, arguments)
        result = function(store, *given)
        return {"results": _results(result), "fuel_used": limits.fuel - store.get_fuel()}
    except (wasmtime.Trap, wasmtime.WasmtimeError) as fault:
        raise _told(fault, store) from None
    finally:
        alarm.cancel()


def _engine() -> wasmtime.Engine:
    """An engine for one module, so that its clock applies to that module only."""
    config = wasmtime.Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.max_wasm_stack = STACK
    config.wasm_threads = False
    return wasmtime.Engine(config)


def _converted(parameters: Sequence[wasmtime.ValType], arguments: Sequence[Json]) -> list[Json]:
    """Arguments as numbers of the types of a function's parameters."""
    kinds = [str(kind) for kind in parameters]
    if len(kinds) != len(arguments):
        raise FunctionError("invalid_request", f"expected {len(kinds)} arguments: {kinds}"[:200])
    made: list[Json] = []
    for kind, value in zip(kinds, arguments, strict=True):
        if kind in INTEGERS and isinstance(value, int):
            bits = INTEGERS[kind]
            if not -(2 ** (bits - 1)) <= value < 2**bits:
                raise FunctionError("invalid_request", f"{value!r:.40} is no {kind}")
            # An unsigned number becomes the signed one with the same bits.
            made.append(value - 2**bits if value >= 2 ** (bits - 1) else value)
        elif kind in FLOATS:
            made.append(_float(value))
        else:
            raise FunctionError("invalid_request", f"{value!r:.40} is no {kind}")
    return made


def _float(value: Json) -> float:
    try:
        return float(value)
    except OverflowError:
        raise FunctionError("invalid_request", "a number is beyond what a double holds") from None


def _results(result: Any) -> list[Json]:
    """A function's results, as JSON; a number that JSON cannot express becomes its name."""
    values = result if isinstance(result, list) else [] if result is None else [result]
    return [
        value if isinstance(value, int) or math.isfinite(value) else str(value)
        for value in values
        if isinstance(value, int | float)
    ]


def _told(fault: Exception, store: wasmtime.Store) -> FunctionError:
    """A trap as an error object."""
    code = getattr(fault, "trap_code", None)
    if code == wasmtime.TrapCode.INTERRUPT:
        return FunctionError("TIMEOUT", "the module ran out of its time")
    if code == wasmtime.TrapCode.OUT_OF_FUEL or store.get_fuel() == 0:
        return FunctionError("out_of_fuel", "the module ran out of fuel")
    return FunctionError("trap", _short(fault))


def _short(fault: Exception) -> str:
    return " ".join(str(fault).split())[:300] or type(fault).__name__
