"""The codec: which frames are messages and which are not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_engine.decoding import Undecodable, _at_a_glance, _at_length, decode
from mock_engine.messages import (
    InvocationResult,
    InvokeFunction,
    ProtocolMessage,
    RegisterFunction,
    encode,
    payload,
)

ID = "5b0d5b2e-0000-4000-8000-00000000000a"
CALL = {"type": "invokefunction", "function_id": "a::b", "data": {"x": [1, 2.50, None]}}


def test_payloads_keep_their_bytes() -> None:
    frame = (
        b'{"type":"invokefunction","function_id":"f","data":{"n": 1.0, "big":12345678901234567890}}'
    )

    message = decode(frame)

    assert isinstance(message, InvokeFunction)
    assert bytes(message.data) == b'{"n": 1.0, "big":12345678901234567890}'


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"ping"',
        b"{}",
        b'{"type":"Ping"}',
        b'{"type":"future"}',
        b'{"type":5}',
        b'{"type":"registerfunction"}',
        b'{"type":"registerfunction","id":5}',
        b'{"type":"invokefunction","function_id":"f"}',
        b'{"type":"invokefunction","function_id":"f","data":1,"invocation_id":"x"}',
        b'{"type":"invokefunction","function_id":"f","data":1,"action":"void"}',
        b'{"type":"invokefunction","function_id":"f","data":1,"action":{"type":"enqueue"}}',
        b'{"type":"invocationresult","invocation_id":"5b0d5b2e-0000-4000-8000-000000000000",'
        b'"function_id":"f","error":{"code":"c"}}',
        b'{"type":"registertriggertype","id":"t"}',
        b'{"type":"unregistertriggertype","id":"t"}',
        b'{"type":"invokefunction","function_id":"f","data":NaN}',
    ],
)
def test_what_the_engine_cannot_read_is_undecodable(broken: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(broken)


def test_null_counts_as_absent_for_what_is_optional() -> None:
    optional = {"invocation_id": None, "action": None, "namespace": None, "traceparent": None}

    assert decode(json.dumps(CALL | optional).encode()) == decode(json.dumps(CALL).encode())


@pytest.mark.parametrize("form", [str.upper, lambda i: i.replace("-", ""), "urn:uuid:{}".format])
def test_invocation_ids_become_canonical(form: Any) -> None:
    canonical = "5b0d5b2e-ab00-4000-8000-000000000000"

    message = decode(json.dumps(CALL | {"invocation_id": form(canonical)}).encode())

    assert isinstance(message, InvokeFunction)
    assert message.invocation_id == canonical


def test_absent_values_are_not_written() -> None:
    assert json.loads(encode(RegisterFunction("a::b"))) == {
        "type": "registerfunction",
        "id": "a::b",
    }
    result = InvocationResult("i", "f", result=payload({"a": 1}))
    assert json.loads(encode(result))["result"] == {"a": 1}
    assert "error" not in json.loads(encode(result))


@given(st.binary(max_size=200))
def test_decoding_bytes_never_fails_otherwise(data: bytes) -> None:
    with suppress(Undecodable):
        assert isinstance(decode(data), ProtocolMessage)


@pytest.mark.parametrize(
    ("frame", "readable"),
    [
        (b'["ping"]', True),
        (b'["ping",{}]', False),
        (b'{"type":"ping","type":"ping"}', False),
        (b'{"type":"registerfunction","id":"a::b","id":"a::c"}', False),
        (b'{"type":"registerfunction","id":"a::b","x":1,"x":2}', True),
        (b'{"type":"registerfunction","id":"a::b","metadata":{"id":"x"}}', True),
    ],
)
def test_fields_that_stand_twice_and_bare_types(frame: bytes, readable: bool) -> None:
    if readable:
        assert isinstance(decode(frame), ProtocolMessage)
    else:
        with pytest.raises(Undecodable):
            decode(frame)


def test_whole_numbers_of_more_than_64_bits_become_floats() -> None:
    data = b"[18446744073709551615,18446744073709551616,-9223372036854775808]"
    call = decode(b'{"type":"invokefunction","function_id":"a::b","data":%s}' % data)

    assert isinstance(call, InvokeFunction)
    assert bytes(call.data) == b"[18446744073709551615,1.8446744073709552e+19,-9223372036854775808]"


def test_what_looks_like_a_long_number_in_a_string_stays() -> None:
    data = (
        rb'{"18446744073709551616":"\\\"-18446744073709551616","b":1.00,"c":18446744073709551616}'
    )
    call = decode(b'{"type":"invokefunction","function_id":"a::b","data":%b}' % data)

    assert isinstance(call, InvokeFunction)
    assert bytes(call.data) == data.replace(b":18446744073709551616", b":1.8446744073709552e+19")


def test_deep_nesting_is_no_crash() -> None:
    with pytest.raises(Undecodable):
        decode(b'{"type":"invokefunction","function_id":"f","data":' + b"[" * 100_000)


@pytest.mark.parametrize(
    ("data", "readable"),
    [
        (b"[" * 126 + b"]" * 126, True),
        (b"[" * 127 + b"]" * 127, False),
        (json.dumps("[" * 500 + '\\"').encode(), True),
        (b"[" + b"[]," * 500 + b"1]", True),
        (b"1e400", False),
        (b"1e308", True),
        (b'"1e400"', True),
        (b"1" + b"0" * 308, True),
        (b"1" + b"0" * 309, False),
        (b"9" * 5000 + b".5", False),
        (b'"' + b"9" * 5000 + b'"', True),
        (b'["\\\\\\"",1e400]', False),
        (b'["\\\\",1e400]', False),
        (b'["\\"",{"1e400":"\\\\\\"-1e400"}]', True),
        (b'{"a":"' + b'[{\\"' * 500 + b'"}', True),
        (b"[" + b'["]",' * 126 + b"1" + b"]" * 127, False),
        (b"[" + b'"[",' * 500 + b"1]", True),
    ],
)
def test_depth_and_numbers_have_the_bounds_of_the_engine(data: bytes, readable: bool) -> None:
    frame = b'{"type":"invokefunction","function_id":"f","data":' + data + b"}"

    if readable:
        assert isinstance(decode(frame), InvokeFunction)
    else:
        with pytest.raises(Undecodable):
            decode(frame)


texts = st.text(alphabet='[]{}"\\1e4:, ü', max_size=6)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(
    json_values, st.integers(0, 140), st.sampled_from([(",", ":"), (", ", ": "), (" , ", "  :")])
)
def test_any_json_passes_unless_it_is_too_deep(
    value: Any, levels: int, separators: tuple[str, str]
) -> None:
    for level in range(levels):
        value = [value] if level % 2 else {"x": value}
    message = {"type": "invokefunction", "function_id": "f", "data": value}
    frame = json.dumps(message, separators=separators).encode()

    def nested(part: Any) -> int:
        inner = part.values() if isinstance(part, dict) else part
        return 1 + max(map(nested, inner), default=0) if isinstance(part, dict | list) else 0

    readable = nested(message) <= 127
    with suppress(Undecodable):
        call = decode(frame)
        assert readable
        assert isinstance(call, InvokeFunction)
        assert json.loads(bytes(call.data)) == rounded(value)
        return
    assert not readable


def rounded(value: Any) -> Any:
    """A value as the engine stores it: whole numbers beyond 64 bits as floats."""
    match value:
        case dict():
            return {key: rounded(inner) for key, inner in value.items()}
        case list():
            return [rounded(inner) for inner in value]
        case bool():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else float(value)
    return value


@given(
    st.lists(st.sampled_from(["type", "id", "metadata", "x", "description"]), max_size=6),
    st.sampled_from([(",", ":"), (", ", ": "), ("\n,", " : ")]),
    json_values,
)
def test_a_field_that_stands_twice_is_found_however_it_is_written(
    names: list[str], separators: tuple[str, str], extra: Any
) -> None:
    given_values: dict[str, Any] = {"type": "registerfunction", "description": "d"}
    fields = [(name, given_values.get(name, "a")) for name in ("type", "id", *names)]
    fields += [("y", {"id": extra, "type": extra})]
    comma, colon = separators
    body = comma.join(f"{json.dumps(k)}{colon}{json.dumps(v, allow_nan=False)}" for k, v in fields)

    counts = [name for name, _ in fields if name != "x"]
    if len(set(counts)) < len(counts):
        with pytest.raises(Undecodable):
            decode(b"{%b}" % body.encode())
    else:
        assert isinstance(decode(b"{%b}" % body.encode()), RegisterFunction)


FIELDS = {
    "invocation_id": st.sampled_from([f'"{ID}"', f'"{ID.upper()}"', '"x"', "null"]),
    "function_id": st.sampled_from(['"a::b"', '"\\u0061"', '"é"', "1"]),
    "data": st.sampled_from(
        [
            *("{}", '{"a":1}', "null", '"1e999"', "1e400", "-1E+400", "1e-400", "1e99", "0.1e3"),
            *("12345678901234567890123", "1234567890123456789", "[1,1e3]", "-0", "01", "{"),
            *(f'{{"a":{"[" * depth}{"]" * depth}}}' for depth in (125, 126, 127)),
        ]
    ),
    "metadata": st.sampled_from(['{"n":1e999}', "null", "7", "[[]]"]),
    "action": st.sampled_from(['{"type":"void"}', '{"type":"enqueue","queue":"q"}', "null"]),
    "traceparent": st.sampled_from(['"00-x"', "null", "5"]),
    "unknown": st.sampled_from(["1", "1e999", '""']),
    "result": st.sampled_from(["null", "1", "1e999"]),
    "error": st.sampled_from(['{"code":"c","message":"m"}', "null"]),
}
"""Possible values of the fields of a call or an answer, as JSON text."""


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A call or an answer: valid, or with wrong, duplicate or unknown fields."""
    kind, payload_name = draw(
        st.sampled_from([("invokefunction", "data"), ("invocationresult", "result")])
    )
    pairs = [("type", f'"{kind}"'), ("invocation_id", f'"{ID}"'), ("function_id", '"a::b"')]
    pairs.append((payload_name, draw(FIELDS["data"])))
    more = draw(st.lists(st.sampled_from(list(FIELDS)), max_size=2))
    pairs += [(name, draw(FIELDS[name])) for name in more]
    pairs = draw(st.permutations(pairs))
    colon = draw(st.sampled_from([":", ":", ": "]))
    comma = draw(st.sampled_from([",", ",", ", "]))
    fields = comma.join(f'"{key}"{colon}{value}' for key, value in pairs)
    return f"{{{fields}}}".encode()


@settings(max_examples=500)
@given(frames())
def test_what_is_seen_at_a_glance_is_what_a_closer_look_sees(frame: bytes) -> None:
    seen = _at_a_glance(frame)

    assert seen is None or seen == _at_length(frame)


def test_what_an_sdk_writes_is_seen_at_a_glance() -> None:
    call = {"type": "invokefunction", "invocation_id": ID, "function_id": "a::b", "data": {"n": 5}}
    answer = {"type": "invocationresult", "invocation_id": ID, "function_id": "a::b", "result": 5}

    for message in (call, answer):
        assert _at_a_glance(json.dumps(message, separators=(",", ":")).encode()) is not None
