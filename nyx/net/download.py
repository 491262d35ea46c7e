"""Fetching one file to disk within limits of size, time and redirects. Connecting is the door's matter, judging the file is not ours."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from nyx.errors import NotFound, NyxError, ProviderMisbehaved, ProviderUnavailable
from nyx.net.guard import AddressRefused

_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FLUSH_BYTES = 1 << 20
_HEAD_BYTES = 64


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A fetched file on disk, fsynced. ``head`` is its first 64 bytes, for telling the type."""

    path: Path
    size_bytes: int
    sha256: str
    head: bytes


class Downloads:
    """Fetches files through clients that ``client(limit)`` makes. ``is_known`` tells an origin that the operator configured."""

    def __init__(self, *, client: Callable[[int], httpx.AsyncClient], is_known: Callable[[httpx.URL], bool]) -> None:
        self._client = client
        self._is_known = is_known
        self._files = ThreadPoolExecutor(max_workers=2, thread_name_prefix="net-files")

    async def fetch(self, url: str, *, into: Path, max_bytes: int, timeout_s: float) -> Downloaded:
        """Fetch ``url`` into ``into``; see Net.download."""
        sink = _Sink(into, self._files)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(_parse(url), sink, max_bytes)
        except TimeoutError as error:
            raise ProviderUnavailable("The finished file took too long to arrive.", detail=f"no end after {timeout_s:g} s") from error
        except AddressRefused as error:
            raise ProviderMisbehaved("The finished file is at an address that the studio does not open.", detail=str(error)) from error
        except httpx.RequestError as error:
            raise ProviderUnavailable("The finished file could not be fetched.", detail=f"{type(error).__name__}: {error}") from error
        finally:
            await sink.abandon()

    def close(self) -> None:
        """Let the file threads end."""
        self._files.shutdown(wait=False)

    async def _follow(self, url: httpx.URL, sink: _Sink, max_bytes: int) -> Downloaded:
        async with self._client(max_bytes) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                async with client.stream("GET", url) as response:
                    if response.status_code not in _REDIRECTS:
                        return await _save(response, sink, max_bytes)
                    url = self._next(response)
        raise ProviderMisbehaved("The link to the finished file leads nowhere.", detail=f"more than {_MAX_REDIRECTS} redirects")

    def _next(self, response: httpx.Response) -> httpx.URL:
        target = _parse(str(response.url.join(response.headers.get("location", ""))))
        if response.url.scheme == "https" and target.scheme != "https" and not self._is_known(target):
            raise ProviderMisbehaved("The link to the finished file is not safe to follow.", detail="a redirect from https to http")
        return target


class _Sink:
    """The file being written, and its hash; the blocking parts run in the pool, at most one call per mebibyte."""

    def __init__(self, path: Path, pool: ThreadPoolExecutor) -> None:
        self._path = path
        self._pool = pool
        self._buffer = bytearray()
        self._head = b""
        self._hash = hashlib.sha256()
        self._fd: int | None = None
        self._kept = False
        self.size_bytes = 0

    async def add(self, chunk: bytes) -> None:
        self._buffer += chunk
        self.size_bytes += len(chunk)
        if len(self._buffer) >= _FLUSH_BYTES:
            await self._in_pool(self._flush)

    async def keep(self) -> Downloaded:
        await self._in_pool(self._finish)
        self._kept = True
        return Downloaded(path=self._path, size_bytes=self.size_bytes, sha256=self._hash.hexdigest(), head=self._head)

    async def abandon(self) -> None:
        """Remove what was written, unless it was kept."""
        if not self._kept and self._fd is not None:
            await self._in_pool(self._remove)

    async def _in_pool(self, work: Callable[[], None]) -> None:
        # Shielded: a write that is cancelled half-way must not race with the removal that follows.
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._pool, work))

    def _flush(self) -> None:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        data = bytes(self._buffer)
        self._buffer.clear()
        self._head = (self._head + data[:_HEAD_BYTES])[:_HEAD_BYTES]
        self._hash.update(data)
        while data:
            data = data[os.write(self._fd, data) :]

    def _finish(self) -> None:
        self._flush()
        assert self._fd is not None
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd = None

    def _remove(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._path.unlink(missing_ok=True)


async def _save(response: httpx.Response, sink: _Sink, max_bytes: int) -> Downloaded:
    if response.status_code != 200:
        raise _refusal(response)
    too_large = ProviderMisbehaved("The finished file is larger than the studio accepts.", detail=f"more than {max_bytes} bytes")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise too_large
    async for chunk in response.aiter_raw():
        if sink.size_bytes + len(chunk) > max_bytes:
            raise too_large
        await sink.add(chunk)
    if sink.size_bytes == 0 or (announced.isdigit() and int(announced) != sink.size_bytes):
        detail = f"{sink.size_bytes} of {announced or 'unknown'} bytes"
        raise ProviderUnavailable("The finished file did not arrive whole.", detail=detail)
    return await sink.keep()


def _refusal(response: httpx.Response) -> NyxError:
    detail = f"HTTP {response.status_code} from {response.url.host}"
    if response.status_code in (403, 404, 410):
        return NotFound("The link to the finished file has expired.")
    if response.status_code in (408, 425, 429) or response.status_code >= 500:
        return ProviderUnavailable("The finished file could not be fetched.", detail=detail)
    return ProviderMisbehaved("The finished file could not be fetched.", detail=detail)


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ProviderMisbehaved("The link to the finished file is not a link.", detail=str(error)) from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise ProviderMisbehaved("The link to the finished file is not one that the studio opens.", detail=f"scheme {parsed.scheme!r}")
    return parsed
