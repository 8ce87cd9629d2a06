"""A small, complete iii worker on plain WebSockets: read it, copy it, port it."""

from reference_workers.client.context import Context, FunctionError
from reference_workers.client.run import run
from reference_workers.client.worker import Worker

__all__ = ["Context", "FunctionError", "Worker", "run"]
