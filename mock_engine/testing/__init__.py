"""An engine for synchronous tests and notebooks: it runs in a thread, and every call blocks.

Example:
    with LocalEngine() as engine:
        worker = subprocess.Popen(["python", "my_worker.py"], env={"III_URL": engine.url})
        engine.wait_for("greet")
        assert engine.invoke("greet", {"name": "Ada"}) == "Hello, Ada"
        engine.fault(Reset())
        engine.expect("reattach")

A wait that times out raises ``Overdue``, which shows what happened instead.
"""

from mock_engine.testing.caller import FunctionFailed
from mock_engine.testing.local import LocalEngine, Overdue

__all__ = ["FunctionFailed", "LocalEngine", "Overdue"]
