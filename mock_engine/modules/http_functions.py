"""Functions behind URLs, which the engine calls by HTTP (``iii-http-functions``)."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import hmac
import http
import ipaddress
import json
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mock_engine.ids import new_id
from mock_engine.messages import HttpAuth, HttpInvocation, InvokeFunction
from mock_engine.modules.base import NOTHING, Failure, Module
from mock_engine.modules.host import Host
from mock_engine.modules.http_client import HttpAnswer, HttpClient, Unreachable

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TIMEOUT = 30_000
"""How long an answer may take, in milliseconds, unless the function says otherwise."""

PARTS = ("code", "message")
REDIRECTS, ERRORS = 300, 400
"""The first redirect status, which is not a success, and the first error status."""


class HttpFunctionsModule(Module):
    """Calls functions by HTTP: it gets the calls of all functions with an ``invocation``."""

    name = "iii-http-functions"
    title = "Expose external HTTP endpoints from config as callable functions."

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._security = options.get("security") or {}
        self._client = HttpClient()
        host.call_by_http(self.allows)

    async def stop(self) -> None:
        """Close the connections."""
        self._client.close()

    def allows(self, invocation: HttpInvocation) -> bool:
        """Whether a function may be registered with this URL, method and secret."""
        try:
            url = urlsplit(invocation.url)
        except ValueError:
            return False
        security = self._security
        if url.scheme not in ("http", "https") or not url.hostname:
            return False
        if security.get("require_https", True) and url.scheme != "https":
            return False
        if security.get("block_private_ips", True) and _is_private(url.hostname):
            return False
        listed = security.get("url_allowlist") or ["*"]
        if not any(fnmatch.fnmatchcase(url.hostname, pattern) for pattern in listed):
            return False
        return invocation.method in METHODS and _secrets(invocation.auth) is not None

    def forward(self, call: InvokeFunction) -> Any:
        """Call the function behind a URL."""
        function = self.host.function(call)
        if function is None or function.spec.invocation is None:
            return super().forward(call)
        return self.call(call, function.spec.invocation)

    async def call(self, call: InvokeFunction, invocation: HttpInvocation) -> Any:
        """Call a function and return its answer.

        Raises:
            Failure: the function failed, is unreachable, or its answer is not JSON.
        """
        body = bytes(call.data)
        now = str(int(time.time()))
        # The function's own headers are added to the engine's, and do not replace them.
        headers = [
            ("content-type", "application/json"),
            ("x-iii-function-path", call.function_id),
            ("x-iii-invocation-id", new_id()),
            ("x-iii-timestamp", now),
            *invocation.headers.items(),
            *_authorization(invocation.auth, body, now).items(),
        ]
        seconds = (TIMEOUT if invocation.timeout_ms is None else invocation.timeout_ms) / 1000
        try:
            answer = await self._client.send(
                invocation.method, invocation.url, headers, body, seconds
            )
        except Unreachable as fault:
            text = f"error sending request for url ({invocation.url}): {fault}"
            raise Failure("http_request_failed", text) from None
        return _result(answer)


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _result(answer: HttpAnswer) -> Any:
    if answer.status >= ERRORS:
        raise _failure(answer)
    if not answer.body:
        return NOTHING
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        if answer.status >= REDIRECTS:
            return NOTHING
        text = answer.body.decode("utf-8", "replace")
        raise Failure("invalid_response", _complaint(text)) from None


def _failure(answer: HttpAnswer) -> Failure:
    """The error in an answer with an error status."""
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        body = None
    if not isinstance(body, dict) or "error" not in body:
        return Failure("http_error", f"HTTP {answer.status} {_phrase(answer.status)}")
    error = body["error"] if isinstance(body["error"], dict) else {}
    parts = [value if isinstance(value := error.get(name), str) else None for name in PARTS]
    return Failure(parts[0] or "http_error", parts[1] or "HTTP request failed")


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "<unknown status code>"


def _complaint(text: str) -> str:
    """What is wrong with a text that is not JSON, in the words of the engine's parser."""
    if not text.strip():
        return "EOF while parsing a value at line 1 column 0"
    for word in ("null", "true", "false"):
        if text[0] == word[0]:
            pairs = enumerate(zip(text, word, strict=False))
            same = next((at for at, (seen, due) in pairs if seen != due), len(word))
            return f"expected ident at line 1 column {same + 1}"
    try:
        json.loads(text)
    except json.JSONDecodeError as fault:
        return f"expected value at line {fault.lineno} column {fault.colno}"
    return "number out of range at line 1 column 1"


def _secrets(auth: HttpAuth | None) -> dict[str, str] | None:
    """The secrets for an authentication method, from the environment; ``None`` without them."""
    if auth is None:
        return {}
    named = {"bearer": auth.token_key, "api_key": auth.value_key, "hmac": auth.secret_key}
    key = named.get(auth.type)
    value = os.environ.get(key) if key else None
    return None if value is None else {auth.type: value}


def _authorization(auth: HttpAuth | None, body: bytes, now: str) -> dict[str, str]:
    secrets = _secrets(auth) or {}
    if "bearer" in secrets:
        return {"authorization": f"Bearer {secrets['bearer']}"}
    if "api_key" in secrets and auth is not None:
        return {auth.header or "x-api-key": secrets["api_key"]}
    if "hmac" in secrets:
        signed = f"{now}:{base64.b64encode(body).decode()}".encode()
        digest = hmac.new(secrets["hmac"].encode(), signed, hashlib.sha256).hexdigest()
        return {"x-iii-signature": f"sha256={digest}"}
    return {}
