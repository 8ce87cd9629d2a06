from __future__ import annotations

import base64
from typing import Any

import pytest

wasmtime = pytest.importorskip("wasmtime", reason="the extra `agents` is not installed")

from reference_workers import sandbox, wasm  # noqa: E402 - only where the extra is
from tests.reference_workers.services import services  # noqa: E402

ADD = """(module (func (export "main") (param i32 i64 f64) (result f64)
  local.get 0 f64.convert_i32_s local.get 1 f64.convert_i64_s f64.add local.get 2 f64.add))"""
LOOP = '(module (func (export "main") (loop br 0)))'
GROW = """(module (memory 1) (func (export "main") (result i32)
  i32.const 100000 memory.grow))"""
STRANGE = '(module (func (export "main") (param externref)))'
TWO = '(module (func (export "main") (result i32 f64) i32.const 1 f64.const nan))'


def main(body: str, *, before: str = "") -> str:
    return f'(module {before} (func (export "main") {body}))'


def run(**data: Any) -> Any:
    with services(sandbox.offer) as there:
        return there.call("wasm::execute", data)


def refused(**data: Any) -> tuple[str, str]:
    with services(sandbox.offer) as there:
        code = there.refusal("wasm::execute", data)
        # Whatever happened, the worker continues.
        assert there.call("wasm::execute", wat=TWO)["results"] == [1, "nan"]
    return code


def test_a_function_gets_numbers_and_gives_numbers() -> None:
    assert run(wat=ADD, arguments=[1, 2, 0.5])["results"] == [3.5]
    assert run(wat=ADD, arguments=[2**32 - 1, -3, 0])["results"] == [-4]
    assert run(wat=main(""))["results"] == []
    assert run(wat=TWO)["results"] == [1, "nan"]


def test_a_module_in_base64_is_the_same() -> None:
    source = base64.b64encode(bytes(wasmtime.wat2wasm(ADD))).decode()

    assert run(base64=source, arguments=[1, 2, 3])["results"] == [6]


def test_what_it_took_is_told() -> None:
    assert 0 < run(wat=ADD, arguments=[1, 2, 0.5])["fuel_used"] < 100


def test_memory_beyond_the_limit_is_not_to_be_had() -> None:
    assert run(wat=GROW)["results"] == [-1]
    assert refused(wat='(module (memory 2000) (func (export "main")))')[0] == "trap"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"wat": LOOP, "fuel": 10_000}, "out_of_fuel"),
        ({"wat": LOOP, "fuel": 1_000_000_000, "time_ms": 50}, "TIMEOUT"),
        ({"wat": main("unreachable")}, "trap"),
        ({"wat": main("i32.const 1 i32.const 0 i32.div_s drop")}, "trap"),
        ({"wat": '(module (func $f (export "main") (call $f)))'}, "trap"),
        ({"wat": main("", before="(func $s unreachable) (start $s)")}, "trap"),
        ({"wat": '(module (import "env" "f" (func)))'}, "imports_refused"),
        ({"wat": "(module"}, "invalid_module"),
        ({"base64": "AAAA"}, "invalid_module"),
        ({"base64": "!"}, "invalid_module"),
        ({"wat": LOOP, "function": "other"}, "not_found"),
        ({"wat": ADD, "arguments": [1]}, "invalid_request"),
        ({"wat": ADD, "arguments": [0.5, 1, 1]}, "invalid_request"),
        ({"wat": ADD, "arguments": [2**40, 1, 1]}, "invalid_request"),
        ({"wat": ADD, "arguments": [1, 1, 10**400]}, "invalid_request"),
        ({"wat": STRANGE, "arguments": [1]}, "invalid_request"),
        ({}, "invalid_request"),
        ({"wat": LOOP, "base64": "AAAA"}, "invalid_request"),
        ({"wat": LOOP, "memory_bytes": 2**40}, "invalid_request"),
    ],
)
def test_a_failure_is_an_error_object_and_never_the_end(data: Any, code: str) -> None:
    assert refused(**data)[0] == code


def test_a_module_is_told_of_without_being_run() -> None:
    with services(sandbox.offer) as there:
        wat = '(module (import "env" "f" (func)) (func $s unreachable) (start $s))'
        told = there.call("wasm::validate", wat=wat)
        assert told == {"valid": True, "imports": ["env.f"], "exports": []}
        broken = there.call("wasm::validate", base64=base64.b64encode(b"\0asm....").decode())
        assert (broken["valid"], bool(broken["reason"])) == (False, True)


def test_without_its_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wasm, "wasmtime", None)

    assert sandbox.main() == 2
    assert "pip install 'iii-conformance[agents]'" in capsys.readouterr().err
