"""What every answer says about itself: a content security policy with a nonce per page, and its companions. Pages leave compressed."""

from __future__ import annotations

import gzip
import re
import secrets

from nyx.web.asgi import App, Message, Receive, Scope, Send, header

_WORTH_COMPRESSING = 1_000
_SCRIPT_TAG = re.compile(rb"<script(?=[\s>])")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")  # for this host; what else lives below the domain is not ours to decide


class SecurityHeaders:
    """Adds the headers to every answer that does not bring its own, and the nonce to every script tag of a page.

    NiceGUI escapes ``<`` in everything it embeds, so every ``<script`` in the markup is one that the server meant. 'unsafe-eval' stays:
    Vue compiles templates in the browser, and without it every page is blank.
    """

    def __init__(self, app: App, *, is_https: bool) -> None:
        self._app = app
        self._always = (*_ALWAYS, _HSTS) if is_https else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        nonce = secrets.token_urlsafe(16)
        start: Message | None = None
        page = bytearray()

        async def dressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._with_ours(message["headers"], nonce)}
                if _is_page(message):
                    start = message
                    return
            elif start is not None and message["type"] == "http.response.body":
                page.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _send_page(scope, send, start, _SCRIPT_TAG.sub(b'<script nonce="' + nonce.encode() + b'"', bytes(page)))
                return
            await send(message)

        await self._app(scope, receive, dressed)

    def _with_ours(self, given: list[tuple[bytes, bytes]], nonce: str) -> list[tuple[bytes, bytes]]:
        present = {key.lower() for key, _ in given}
        ours = (*self._always, (b"content-security-policy", policy(nonce).encode()))
        return [*given, *((key, value) for key, value in ours if key not in present)]


def policy(nonce: str) -> str:
    """The content security policy of a page whose scripts carry ``nonce``."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


def _is_page(start: Message) -> bool:
    headers = {key.lower(): value for key, value in start["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


async def _send_page(scope: Scope, send: Send, start: Message, body: bytes) -> None:
    headers = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
    headers.append((b"vary", b"Accept-Encoding"))
    if len(body) > _WORTH_COMPRESSING and "gzip" in (header(scope, b"accept-encoding") or ""):
        body = gzip.compress(body, compresslevel=3, mtime=0)
        headers.append((b"content-encoding", b"gzip"))
    await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
