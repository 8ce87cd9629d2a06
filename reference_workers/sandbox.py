"""``python -m reference_workers.sandbox``: runs untrusted WebAssembly, within limits.

A module gets no imports, so it can only calculate. Fuel limits its instructions, memory its size,
and a clock its time; a trap is an error object. Needs the extra ``agents``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from reference_workers import wasm
from reference_workers.client import Worker, run
from reference_workers.client.context import Json
from reference_workers.client.log import say
from reference_workers.service import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    Function,
    array,
    form,
    offer_functions,
    text,
)

FUEL, MEMORY, MILLISECONDS = 10_000_000, 16 * 2**20, 1000
"""The default limits of a call: instructions (approximate), bytes, milliseconds."""

MOST_FUEL, MOST_MEMORY, MOST_MILLISECONDS = 1_000_000_000, 64 * 2**20, 10_000
AT_ONCE = 2
"""How many modules run at the same time; more would only slow each other down."""


class Sandbox:
    """Runs modules in threads, a few at a time."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def execute(self, data: dict[str, Any]) -> Json:
        """Run a function of a WebAssembly module with numbers, and return its numbers."""
        limits = wasm.Limits(
            data.get("fuel", FUEL),
            data.get("memory_bytes", MEMORY),
            data.get("time_ms", MILLISECONDS) / 1000,
        )
        arguments = data.get("arguments", [])
        async with self._places:
            return await asyncio.to_thread(
                wasm.execute, wasm.decoded(data), data.get("function", "main"), arguments, limits
            )

    async def validate(self, data: dict[str, Any]) -> Json:
        """Tell whether a module is valid, and what it would need and offers."""
        async with self._places:
            return await asyncio.to_thread(wasm.validate, wasm.decoded(data))


def offer(worker: Worker) -> None:
    """Register the functions."""
    sandbox = Sandbox()
    wat = '(module (func (export "main") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))'
    source: Json = {
        "base64": {"type": "string", "maxLength": 2 * wasm.LARGEST},
        "wat": {"type": "string", "maxLength": 2 * wasm.LARGEST},
    }
    either = {"oneOf": [{"required": ["base64"]}, {"required": ["wat"]}]}

    def limit(most: int) -> Json:
        return {"type": "integer", "minimum": 1, "maximum": most}

    execute_request = form(
        **source,
        function=text(200),
        arguments=array(NUMBER, 32),
        fuel=limit(MOST_FUEL),
        memory_bytes=limit(MOST_MEMORY),
        time_ms=limit(MOST_MILLISECONDS),
        example={"wat": wat, "arguments": [21]},
    )
    offer_functions(
        worker,
        {
            "wasm::execute": Function(
                sandbox.execute,
                execute_request | either,
                form(
                    *("results", "fuel_used"),
                    results=array({"type": ["number", "string"]}),
                    fuel_used=COUNT,
                ),
                metadata={"tool": True},
            ),
            "wasm::validate": Function(
                sandbox.validate,
                form(**source, example={"wat": wat}) | either,
                form(
                    *("valid", "imports", "exports"),
                    valid=BOOLEAN,
                    reason=STRING,
                    imports=array(STRING),
                    exports=array(STRING),
                ),
                metadata={"tool": True},
            ),
        },
    )


def main() -> int:
    """Run the worker; exit code 2 without the package ``wasmtime``."""
    if not wasm.available():
        say("the sandbox needs the package wasmtime: pip install 'iii-conformance[agents]'")
        return 2
    return run(offer)


if __name__ == "__main__":
    sys.exit(main())
