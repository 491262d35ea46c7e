"""The outermost wrapper: names the request, logs one line about it, and answers when everything inside has failed."""

from __future__ import annotations

import logging
import secrets
import time

from nyx.logs import log_context
from nyx.web.asgi import App, Message, Receive, Scope, Send, refuse, state

log = logging.getLogger("nyx.access")
errors = logging.getLogger(__name__)

_PAGE = "/_nicegui/client/"
_SOCKET = "/_nicegui_ws"
_NOISE = ("/assets/", "/_nicegui", "/healthz", "/readyz")  # worth a line only when they fail
SOMETHING_BROKE = "Something broke on our side. Please try again; quote {incident} if you write to us."


def report(scope: Scope, error: BaseException) -> str:
    """Log an unexpected error once and return the incident id under which it stands in the log."""
    told = state(scope)
    if "incident" not in told:
        told["incident"] = secrets.token_hex(4)
        where = {"incident": told["incident"], "method": scope.get("method", ""), "path": told.get("path", "")}
        errors.error("Unhandled error", exc_info=error, extra=where)
    return str(told["incident"])


def logged_path(path: str) -> str:
    """The path as it may stand in a log: the id of a client is half of what it takes to speak for its page."""
    if path.startswith(_PAGE):
        return f"{_PAGE}{{client}}/…"
    return f"{_SOCKET}/…" if path.startswith(_SOCKET) else path


class Edge:
    """Wraps the whole application. The path is logged, the query never is: it can hold a client id or an address."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        request_id = secrets.token_hex(8)
        told = state(scope)
        told["request_id"], told["path"] = request_id, logged_path(scope["path"])  # noted now: what is mounted inside shortens it
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id.encode())]}
            await send(message)

        with log_context(request_id=request_id):
            try:
                await self._app(scope, receive, noted)
            except Exception as error:  # the handlers inside answer with a page; this is for what they could not answer
                incident = report(scope, error)
                if not status and scope["type"] == "http":
                    await refuse(scope, receive, noted, 500, SOMETHING_BROKE.format(incident=incident))
            if scope["type"] == "http":
                self._log(scope, status, (time.perf_counter() - started) * 1000)

    def _log(self, scope: Scope, status: int, elapsed_ms: float) -> None:
        path = str(state(scope)["path"])
        is_noise = path.startswith(_NOISE)
        facts = {"method": scope["method"], "path": path, "status": status, "ms": round(elapsed_ms, 1)}
        log.log(logging.DEBUG if is_noise and status < 400 else logging.INFO, "request", extra=facts)
