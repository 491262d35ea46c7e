"""Small tools that every ASGI wrapper of the shell uses."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this lower-case name, or None."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None


def client_ip(scope: Scope) -> str:
    """The address of whoever asks; uvicorn has put a trusted proxy's word in there already."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def state(scope: Scope) -> dict[str, Any]:
    """What the wrappers and the routes tell each other about this request: ``request.state``."""
    found: dict[str, Any] = scope.setdefault("state", {})
    return found


def wants_html(scope: Scope) -> bool:
    """True when a browser asked for a page, as opposed to a program that asked for data."""
    return "text/html" in (header(scope, b"accept") or "")


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str, *, retry_after_s: float | None = None) -> None:
    """Answer with one sentence, plain for a browser and as JSON for a program, or close the socket before it opened."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403 if status == 403 else 1008, "reason": sentence[:120]})
        return
    is_read = wants_html(scope)
    body = sentence.encode() if is_read else json.dumps({"error": {"code": str(status), "message": sentence}}).encode()
    kind = b"text/plain; charset=utf-8" if is_read else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(max(1, round(retry_after_s))).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else body})
