"""The life of a worker's process: arguments, signals, closed pipes, a lost engine."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE

import pytest

from tests.reference_workers.processes import code, line, started
from tests.reference_workers.recording import DEADLINE, asynchronous, engine

SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@SIGNALS
@asynchronous
async def test_a_signal_ends_it_after_the_work_in_flight(number: signal.Signals) -> None:
    async with engine() as there, started(III_URL=there.url, III_WORKER_NAME="me") as process:
        link = await there.next()
        announcement = await link.announced()
        sleeping = await link.invoke("conformance::sleep", {"ms": 200})
        await link.ask("conformance::echo", 1)
        process.send_signal(number)
        slept = await link.expect(type="invocationresult", invocation_id=sleeping)
        await link.ended()

        assert await code(process) == 0
        assert slept["result"] == {"slept_ms": 200}
        assert link.close_code == 1000
        assert announcement["data"]["name"] == "me"
        assert announcement["data"]["pid"] == process.pid
        assert len(there.links) == 1


@asynchronous
async def test_a_pending_call_does_not_hold_the_end_up() -> None:
    async with engine() as there, started(III_URL=there.url) as process:
        link = await there.ready()
        asked = await link.invoke("conformance::call", {"function_id": "two::b"})
        await link.expect(type="invokefunction", function_id="two::b")
        process.terminate()
        answer = await link.expect(type="invocationresult", invocation_id=asked)

        assert await code(process) == 0
        assert answer["result"]["error"]["code"] == "SHUTDOWN"


@SIGNALS
@asynchronous
async def test_a_signal_ends_it_when_the_engine_is_gone(number: signal.Signals) -> None:
    async with engine() as there:
        url, port = there.url, int(there.url.rpartition(":")[2])
    async with started(III_URL=url, stderr=PIPE) as process:
        await line(process, b"next try")
        async with engine(port) as there:
            await there.ready()
        await line(process, b"connected")
        await line(process, b"next try")
        process.send_signal(number)

        assert await code(process) == 0


@asynchronous
async def test_a_signal_ends_it_while_an_upgrade_stalls() -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        dialled.set()
        await reader.read()
        writer.close()

    dialled = asyncio.Event()
    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    url = "ws://127.0.0.1:{}".format(*server.sockets[0].getsockname()[1:])
    async with server, started(III_URL=url) as process:
        await asyncio.wait_for(dialled.wait(), DEADLINE)
        process.terminate()

        assert await code(process) == 0


@asynchronous
async def test_it_outlives_the_reader_of_its_output() -> None:
    reading, writing = os.pipe()
    async with engine() as there, started(III_URL=there.url, stderr=writing) as process:
        os.close(writing)
        os.close(reading)
        link = await there.ready()
        await link.abort()
        link = await there.ready()
        echoed = await link.ask("conformance::echo", 1)
        process.terminate()

        assert await code(process) == 0
        assert echoed["result"] == 1


@asynchronous
async def test_a_refused_worker_exits_with_a_failure() -> None:
    async with engine() as there, started(III_URL=there.url, stderr=PIPE) as process:
        link = await there.ready()
        await link.send({"type": "registrationrejected", "code": "WORKER_NAMESPACE_CONFLICT"})
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE)

        assert process.returncode == 1
        assert b"WORKER_NAMESPACE_CONFLICT" in errors


@asynchronous
async def test_the_argument_comes_before_the_environment() -> None:
    async with engine() as there, started(there.url + "/x", III_URL="ws://127.0.0.1:1"):
        assert (await there.next()).path == "/x"


@asynchronous
async def test_an_address_that_is_none_is_told() -> None:
    async with started("http://there", stderr=PIPE) as process:
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE)

        assert process.returncode == 2
        assert b"expected an address such as ws://127.0.0.1:49134, not 'http://there'" in errors
