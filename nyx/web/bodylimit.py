"""No request body larger than its route may have, whether its length is declared or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException

from nyx.web.asgi import App, Message, Receive, Scope, Send, header, refuse

DEFAULT_BYTES = 1_000_000
RULES: Mapping[str, int] = {
    "/auth/": 16_000,
    "/api/verify": 100 * 1024 * 1024,
    "/_nicegui/client/": 11_000_000,  # uploads through a page
    "/api/uploads": 53_000_000,  # streamed to disk; its own limit is a setting, at most 50 MB
}
_PATIENCE_S = 30.0  # for the next piece of a body
_TOO_SLOW = "The request took too long to arrive. Please try again."
_TOO_LARGE = "That is larger than this studio takes."
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """Answers 413 before reading when the declared length is too large, and while reading when the real one is."""

    def __init__(self, app: App, *, rules: Mapping[str, int] = RULES, default_bytes: int = DEFAULT_BYTES) -> None:
        self._app = app
        self._rules = tuple(rules.items())
        self._default = default_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _NO_BODY:
            return await self._app(scope, receive, send)
        limit = next((size for prefix, size in self._rules if scope["path"].startswith(prefix)), self._default)
        declared = header(scope, b"content-length") or "0"
        if not declared.isdigit() or int(declared) > limit:
            return await refuse(scope, receive, send, 413, _TOO_LARGE)
        await self._app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        try:
            async with asyncio.timeout(_PATIENCE_S):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, _TOO_SLOW) from None
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return counted
