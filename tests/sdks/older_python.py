"""The Python reference worker on an SDK before 0.25: ``python -m tests.sdks.older_python``.

It adds the names of the newer package to the older one, and runs the worker unchanged.
"""

from __future__ import annotations

import os
import runpy
from typing import Any

import iii
import iii.triggers


def main() -> None:
    if not hasattr(iii, "InvocationError"):  # before 0.20
        iii.InvocationError = iii.IIIInvocationError
    iii.triggers.TriggerConfig.namespace = None  # namespaces came with 0.23
    connect = iii.register_worker

    def register_worker(address: str | None, options: Any) -> Any:
        """Read ``III_URL`` when no address is given, as 0.25 does by itself."""
        return connect(address or os.environ.get("III_URL", "ws://127.0.0.1:49134"), options)

    iii.register_worker = register_worker
    runpy.run_module("reference_workers.sdk_python", run_name="__main__")


if __name__ == "__main__":
    main()
