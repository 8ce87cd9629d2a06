"""The mathematics of the embedding worker, and the data that it refuses."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate

from reference_workers import embedding
from reference_workers.client import Context, FunctionError
from reference_workers.embedding import embed, similarity
from tests.reference_workers.recording import asynchronous, engine, serving

CONTEXT = Context("embedding::generate")


def generate(data: Any) -> Any:
    return asyncio.run(embedding.generate(data, CONTEXT))


def compare(data: Any) -> Any:
    return asyncio.run(embedding.compare(data, CONTEXT))


@given(st.text(), st.integers(1, 200))
def test_an_embedding_has_length_one_or_is_zero(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)

    assert len(vector) == dimensions
    assert math.isclose(math.hypot(*vector), 1) or not any(vector)
    assert vector == embed(text, dimensions)


def test_texts_that_share_words_are_closer() -> None:
    near = similarity(embed("a cup of tea"), embed("a mug of tea"))
    far = similarity(embed("a cup of tea"), embed("quantum chromodynamics"))

    assert near > far
    assert math.isclose(similarity(embed("tea"), embed("TEA")), 1)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_similarity_is_a_cosine(vector: list[float]) -> None:
    assert -1 <= similarity(vector, vector[::-1]) <= 1
    assert math.isclose(similarity(vector, vector), 1 if any(vector) else 0)


def test_answers_keep_their_formats() -> None:
    one, many = generate({"text": "tea", "dimensions": 8}), generate({"texts": ["a", "b"]})

    validate(one, embedding.GENERATE_RESPONSE)
    validate(many, embedding.GENERATE_RESPONSE)
    validate(compare({"a": "tea", "b": [0.0] * 64}), embedding.SIMILARITY_RESPONSE)
    assert (len(one["embedding"]), len(many["embeddings"])) == (8, 2)


@asynchronous
async def test_each_function_has_a_route_that_answers_in_http() -> None:
    async with engine() as there, serving(there.url, embedding.offer):
        link = await there.ready()
        routes = [m for m in link.messages if m["type"] == "registertrigger"]
        request = {"method": "POST", "body": {"text": "tea", "dimensions": 2}, "headers": {}}
        answered = await link.ask(routes[0]["function_id"], request)
        refused = await link.ask(routes[1]["function_id"], request | {"body": None})
        called = await link.ask("embedding::generate", {"text": "tea", "dimensions": 2})

        assert [m["config"] for m in routes] == [
            {"api_path": "/embedding/generate", "http_method": "POST"},
            {"api_path": "/embedding/similarity", "http_method": "POST"},
        ]
        assert answered["result"] == {"status_code": 200, "body": called["result"]}
        assert refused["result"]["status_code"] == 400
        assert refused["result"]["body"]["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"text": 5},
        {"text": "x", "dimensions": 0},
        {"texts": "x"},
        {"text": "x", "dimensions": True},
        [],
        "text",
    ],
)
def test_other_data_is_refused_with_a_code(data: Any) -> None:
    with pytest.raises(FunctionError) as refused:
        generate(data)

    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    "data",
    [
        {"a": "x"},
        {"a": [1, 2], "b": [1]},
        {"a": [True], "b": [1]},
        {"a": [10**400], "b": [1]},
        {"a": [math.inf], "b": [1]},
    ],
)
def test_what_cannot_be_compared_is_refused(data: Any) -> None:
    with pytest.raises(FunctionError, match=r"compared|text or a list|too large"):
        compare(data)
