"""NiceGUI's files and ours, compressed once and kept in memory: a cold visitor costs milliseconds, not a tenth of a second."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli
from nicegui import __version__

from nyx.web.asgi import App, Message, Receive, Scope, Send, header

_NICEGUI = f"/_nicegui/{__version__}/"
_CHANGING = _NICEGUI + "dynamic_resources/"
_OURS = "/assets/"
_TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg")
_SMALL = 600
MAX_BYTES = 48 * 2**20
_FOR_EVER = b"public, max-age=31536000, immutable"
_FOR_A_DAY = b"public, max-age=86400"
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.compress, "gzip": gzip.compress}


@dataclass(frozen=True)
class _File:
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    etag: str


class Precompressed:
    """Answers GET and HEAD for files that never change under their address; everything else passes through."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._files: dict[tuple[str, str], _File] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_ours(scope):
            return await self._app(scope, receive, send)
        accepted = header(scope, b"accept-encoding") or ""
        key = (str(scope["path"]), next((encoding for encoding in _ENCODERS if encoding in accepted), ""))
        file = self._files.get(key) or await self._load(scope, key)
        if file is None:
            return await self._app(scope, receive, send)
        await _answer(scope, send, file)

    async def _load(self, scope: Scope, key: tuple[str, str]) -> _File | None:
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                return self._files.get(key) or await self._compress(scope, key)
        finally:
            if not lock.locked():
                self._locks.pop(key, None)

    async def _compress(self, scope: Scope, key: tuple[str, str]) -> _File | None:
        status, headers, body = await _fetch(self._app, scope)
        if status != 200:
            return None
        kind = headers.get(b"content-type", b"application/octet-stream")
        encoding = key[1] if len(body) > _SMALL and kind.decode("latin-1").startswith(_TEXT) else ""
        if encoding:
            body = await asyncio.to_thread(_ENCODERS[encoding], body)
        file = _file(kind, encoding, body)
        if self._bytes + len(body) <= MAX_BYTES:
            self._bytes += len(body)
            self._files[key] = file
        return file


def _is_ours(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or header(scope, b"range"):
        return False
    path = scope["path"]
    if path.startswith(_NICEGUI):
        return not path.startswith(_CHANGING)
    return bool(path.startswith(_OURS))


async def _fetch(app: App, scope: Scope) -> tuple[int, dict[bytes, bytes], bytes]:
    skipped = (b"accept-encoding", b"if-none-match", b"if-modified-since")
    plain = {**scope, "method": "GET", "headers": [(key, value) for key, value in scope["headers"] if key not in skipped]}
    messages: list[Message] = []
    requests: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not requests:  # whoever listens on waits for a disconnect, and nobody hangs up here
            await asyncio.Event().wait()
        return requests.pop()

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(plain, receive, collect)
    start = next(message for message in messages if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
    return start["status"], {key.lower(): value for key, value in start["headers"]}, body


def _file(kind: bytes, encoding: str, body: bytes) -> _File:
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"vary", b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"etag", etag.encode()),
    ]
    if encoding:
        headers.append((b"content-encoding", encoding.encode()))
    return _File(tuple(headers), body, etag)


async def _answer(scope: Scope, send: Send, file: _File) -> None:
    is_known = header(scope, b"if-none-match") == file.etag
    is_versioned = scope["path"].startswith(_NICEGUI) or b"v=" in scope.get("query_string", b"")
    headers = [(key, value) for key, value in file.headers if not is_known or key in (b"etag", b"vary")]
    headers.append((b"cache-control", _FOR_EVER if is_versioned else _FOR_A_DAY))
    await send({"type": "http.response.start", "status": 304 if is_known else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_known or scope["method"] == "HEAD" else file.body})
