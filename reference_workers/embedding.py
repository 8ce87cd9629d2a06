"""``python -m reference_workers.embedding``: embeddings of text, without a model.

Each word and each of its three-letter pieces is hashed to a direction; the embedding is their sum,
scaled to length one. Texts that share words have similar directions, and the result is always the
same: enough to develop with, and nothing to download.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
from collections.abc import Iterator
from typing import Any

from reference_workers import echo
from reference_workers.client import Context, FunctionError, Worker, run
from reference_workers.client.context import Handler, Json

MODEL = "hash-embedding-1"
DIMENSIONS = 64
MOST_DIMENSIONS = 4096

TEXT = {"type": "string"}
VECTOR = {"type": "array", "items": {"type": "number"}}
GENERATE_REQUEST = {
    "type": "object",
    "properties": {
        "text": TEXT,
        "texts": {"type": "array", "items": TEXT},
        "dimensions": {"type": "integer", "minimum": 1, "maximum": MOST_DIMENSIONS},
    },
    "anyOf": [{"required": ["text"]}, {"required": ["texts"]}],
    "examples": [{"text": "a cup of tea"}],
}
GENERATE_RESPONSE = {
    "type": "object",
    "properties": {
        "embedding": VECTOR,
        "embeddings": {"type": "array", "items": VECTOR},
        "dimensions": {"type": "integer"},
        "model": TEXT,
    },
    "required": ["dimensions", "model"],
}
SIMILARITY_REQUEST = {
    "type": "object",
    "properties": {"a": {"anyOf": [TEXT, VECTOR]}, "b": {"anyOf": [TEXT, VECTOR]}},
    "required": ["a", "b"],
    "examples": [{"a": "a cup of tea", "b": "a mug of tea"}],
}
SIMILARITY_RESPONSE = {
    "type": "object",
    "properties": {"similarity": {"type": "number", "minimum": -1, "maximum": 1}},
    "required": ["similarity"],
}


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The embedding of ``text``: ``dimensions`` numbers of length one together, or all zero."""
    total = [0.0] * dimensions
    for piece in _pieces(text):
        digest = hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        total[number % dimensions] += 1.0 if number >> 63 else -1.0
    return _unit(total) if any(total) else total


def similarity(a: list[float], b: list[float]) -> float:
    """The cosine of the angle between two vectors, from -1 to 1; 0 where one has length zero.

    Raises:
        ValueError: the vectors have different dimensions.
    """
    if len(a) != len(b):
        raise ValueError(f"vectors of {len(a)} and {len(b)} dimensions cannot be compared")
    if not any(a) or not any(b):
        return 0.0
    return max(-1.0, min(1.0, math.fsum(x * y for x, y in zip(_unit(a), _unit(b), strict=True))))


def _unit(vector: list[float]) -> list[float]:
    """The vector scaled to length one; divided first, because squares may overflow or vanish."""
    largest = max(map(abs, vector))
    scaled = [value / largest for value in vector]
    length = math.hypot(*scaled)
    return [value / length for value in scaled]


def _pieces(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text.casefold()):
        yield word
        padded = f"^{word}$"
        for start in range(len(padded) - 2):
            yield padded[start : start + 3]


async def generate(data: Json, context: Context) -> Json:
    """``embedding::generate``: the embedding of a text, or of several."""
    del context
    request = _request(data)
    dimensions = request.get("dimensions", DIMENSIONS)
    if type(dimensions) is not int or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise _invalid(f"dimensions is {dimensions!r}; give a number from 1 to {MOST_DIMENSIONS}")
    told = {"dimensions": dimensions, "model": MODEL}
    if "texts" in request:
        texts = request["texts"]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise _invalid("texts is not a list of texts")
        return told | {"embeddings": [embed(text, dimensions) for text in texts]}
    if not isinstance(request.get("text"), str):
        raise _invalid("give a text, or a list of texts")
    return told | {"embedding": embed(request["text"], dimensions)}


async def compare(data: Json, context: Context) -> Json:
    """``embedding::similarity``: how much two texts, or two vectors, are alike."""
    del context
    request = _request(data)
    try:
        return {"similarity": similarity(*(_vector(request.get(name)) for name in ("a", "b")))}
    except ValueError as fault:
        raise _invalid(str(fault)) from None


def _request(data: Json) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _invalid("the data is not an object")
    return data


def _vector(value: Json) -> list[float]:
    """The vector for a text or a list of numbers.

    Raises:
        ValueError: the value is neither, or a number is beyond the range of a double.
    """
    if isinstance(value, str):
        return embed(value)
    if not isinstance(value, list) or not all(type(x) in (int, float) for x in value):
        raise ValueError("a and b are each a text or a list of numbers")
    try:
        vector = [float(x) for x in value]
    except OverflowError:
        vector = [math.inf]
    if not all(map(math.isfinite, vector)):
        raise ValueError("a number is too large for a vector")
    return vector


def _invalid(message: str) -> FunctionError:
    return FunctionError("invalid_request", message)


def over_http(handler: Handler) -> Handler:
    """The same function for an HTTP trigger, whose data is a whole request.

    The function gets the body of the request. Its result becomes the body of a response with a
    status; a result without that envelope would reach an HTTP client as ``{}``.
    """

    async def answer(data: Json, context: Context) -> Json:
        request = data.get("body") if isinstance(data, dict) else None
        try:
            return {"status_code": 200, "body": await handler(request, context)}
        except FunctionError as fault:
            return {"status_code": 400, "body": {"error": fault.body()}}

    return answer


def offer(worker: Worker) -> None:
    """Register the functions and their routes."""
    served = (
        ("generate", generate, GENERATE_REQUEST, GENERATE_RESPONSE),
        ("similarity", compare, SIMILARITY_REQUEST, SIMILARITY_RESPONSE),
    )
    for name, handler, request, response in served:
        worker.function(
            f"embedding::{name}",
            handler,
            description=handler.__doc__,
            request_format=request,
            response_format=response,
        )
        worker.function(
            f"embedding::http_{name}", over_http(handler), description=f"{name}, over HTTP"
        )
        route = {"api_path": f"/embedding/{name}", "http_method": "POST"}
        worker.trigger("http", f"embedding::http_{name}", route)


def offer_judged(worker: Worker) -> None:
    """Register the service, and the well-known functions that let the suite judge it completely.

    Leave the second line out for a service that is judged from outside only.
    """
    offer(worker)
    echo.offer(worker)


if __name__ == "__main__":
    sys.exit(run(offer_judged))
