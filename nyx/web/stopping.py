"""What is asked of an app that stops: a page says that it comes again by itself, and nothing waits until the server cuts it off."""

from __future__ import annotations

import asyncio

from nyx.web.asgi import App, Message, Receive, Scope, Send, refuse, wants_html

_PAGE_S = 1.0  # for a page that was begun before; nobody will be there for its socket
_OTHER_S = 4.0  # less than the server's own patience, which ends with a 500
_RETRY_AFTER_S = 5
_SENTENCE = "The studio is starting anew. Please try again in a moment."

# Nobody may be there for a stylesheet either. The script asks whether the studio is back: a plain reload would end at a refused connection.
_PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Back in a moment · Nyx-Net</title>
<noscript><meta http-equiv="refresh" content="{_RETRY_AFTER_S}"></noscript>
<style>body {{ font: 16px/1.6 system-ui, sans-serif; margin: 20vh auto 0; max-width: 34rem; text-align: center }}</style>
<main>
<h1>Back in a moment</h1>
<p>The studio is starting anew. This page loads itself again as soon as it is there.</p>
<p><a href="">Load it now</a></p>
</main>
<script>
setInterval(async () => {{
  try {{ if ((await fetch("/readyz", {{ cache: "no-store" }})).ok) location.reload(); }} catch {{ /* not there yet */ }}
}}, 1000);
</script>
""".encode()


class Stopping:
    """Passes everything on until ``announce`` is called."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._is_stopping = False
        self._unanswered: dict[asyncio.Timeout, float] = {}

    def announce(self) -> None:
        """Answer pages at once with 503 from now on, and what is under way soon, unless its answer has begun. Safe to repeat."""
        if not self._is_stopping:
            self._is_stopping = True
            now = asyncio.get_running_loop().time()
            for limit, patience_s in self._unanswered.items():
                limit.reschedule(now + patience_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        is_page = scope["method"] == "GET" and wants_html(scope)
        if self._is_stopping and is_page:
            return await _send_page(send)
        limit, is_answered = asyncio.timeout(_OTHER_S if self._is_stopping else None), False

        async def noted(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start" and not limit.expired():
                is_answered = True
                self._unanswered.pop(limit, None)
                limit.reschedule(None)
                if self._is_stopping:  # a connection that stays would hold the server up
                    message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            if not limit.expired():
                await send(message)

        try:
            async with limit:
                self._unanswered[limit] = _PAGE_S if is_page else _OTHER_S
                await self._app(scope, receive, noted)
        except TimeoutError:
            if is_answered or not limit.expired():
                raise
            await (_send_page(send) if is_page else refuse(scope, receive, send, 503, _SENTENCE, retry_after_s=_RETRY_AFTER_S))
        finally:
            self._unanswered.pop(limit, None)


async def _send_page(send: Send) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"retry-after", str(_RETRY_AFTER_S).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _PAGE})
