"""The functions that the wire transcripts of the Python SDK were recorded with, old or new."""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import sys
import threading
import time
import warnings
from typing import Any

import iii
from iii import InitOptions, TriggerAction, register_worker
from iii.triggers import TriggerConfig, TriggerHandler

FAILURE = getattr(iii, "InvocationError", None) or iii.IIIInvocationError  # before 0.20
warnings.filterwarnings("ignore", category=DeprecationWarning)


class Trig(TriggerHandler[Any]):  # type: ignore[misc]  # the SDK has no types
    async def register_trigger(self, config: TriggerConfig[Any]) -> None:
        if isinstance(config.config, dict) and config.config.get("fail"):
            raise ValueError("trigger boom")

    async def unregister_trigger(self, config: TriggerConfig[Any]) -> None:
        return None


def echo(data: Any) -> Any:
    return data


def fail(data: Any) -> Any:
    raise ValueError(f"boom: {(data or {}).get('why', 'no reason')}")


async def slow(data: dict[str, Any]) -> Any:
    await asyncio.sleep(data.get("seconds", 1))
    return {"slept": data.get("seconds", 1), **{k: v for k, v in data.items() if k != "seconds"}}


def slow_sync(data: dict[str, Any]) -> Any:
    time.sleep(data.get("seconds", 1))
    return {"slept": data.get("seconds", 1), **{k: v for k, v in data.items() if k != "seconds"}}


def none(_: Any) -> None:
    return None


def bad(_: Any) -> Any:
    return {"value": datetime.datetime.now(datetime.UTC)}


def nan(_: Any) -> Any:
    return {"nan": float("nan"), "inf": float("inf")}


def meta(data: Any, metadata: Any = None) -> Any:
    return {"data": data, "metadata": metadata}


def request(data: dict[str, Any]) -> dict[str, Any]:
    made = {"function_id": data["target"], "payload": data.get("payload")}
    for name in ("timeout_ms", "namespace", "metadata", "dispatch"):
        if data.get(name) is not None:
            made[name] = data[name]
    if data.get("action") == "void":
        made["action"] = TriggerAction.Void()
    elif data.get("action") == "enqueue":
        made["action"] = TriggerAction.Enqueue(queue=data.get("queue", "q1"))
    return made


def failed(fault: Any, began: float) -> dict[str, Any]:
    after = round(time.monotonic() - began, 1)
    return {"err": type(fault).__name__, "code": fault.code, "msg": str(fault), "after": after}


def main() -> None:
    stopping = threading.Event()
    if not os.environ.get("WIRE_UNHANDLED"):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
    worker = register_worker(os.environ["III_URL"], InitOptions(worker_name="wire-worker"))

    async def caller(data: dict[str, Any]) -> Any:
        if data.get("delay"):
            await asyncio.sleep(data["delay"])
        began = time.monotonic()
        try:
            return {"ok": await worker.trigger_async(request(data))}
        except FAILURE as fault:
            return failed(fault, began)

    def caller_sync(data: dict[str, Any]) -> Any:
        began = time.monotonic()
        try:
            return {"ok": worker.trigger(request(data))}
        except FAILURE as fault:
            return failed(fault, began)

    worker.register_function("test::echo", echo, description="echoes")
    for name, handler in (
        ("fail", fail),
        ("slow", slow),
        ("slow_sync", slow_sync),
        ("none", none),
        ("bad", bad),
        ("nan", nan),
    ):
        worker.register_function(f"test::{name}", handler)
    worker.register_function(
        "test::meta", meta, request_format={"type": "object"}, metadata={"owner": "me"}
    )
    worker.register_function("test::caller", caller)
    worker.register_function("test::caller_sync", caller_sync)
    trig = {"id": "test::trig", "description": "a custom trigger type"}
    worker.register_trigger_type(trig, Trig())
    route = {"api_path": "/echo", "http_method": "POST"}
    worker.register_trigger({"type": "http", "function_id": "test::echo", "config": route})
    if os.environ.get("WIRE_LATE"):
        come_and_go(worker, trig)
    stopping.wait()
    worker.shutdown()


def come_and_go(worker: Any, trig: Any) -> None:
    """Register something after a second, and remove it a second later."""
    time.sleep(1)
    late = worker.register_function("test::late", echo)
    config = {"expression": "0 * * * * *"}
    cron = worker.register_trigger({"type": "cron", "function_id": "test::late", "config": config})
    time.sleep(1)
    cron.unregister()
    late.unregister()
    worker.unregister_trigger_type(trig)


if __name__ == "__main__":
    main()
    sys.exit(0)
