"""The only HTTP client of the app: guarded when it connects, bounded in size and time. It knows no vendor and no database.

A connection is made only to public addresses on ports 80 and 443. Every address that a name resolves to is checked and the checked
literal is what we connect to, so a name that changes its mind between check and use gains nothing. Two exceptions, both the
operator's: trusted origins (scheme, host and port exactly) and ASGI apps mounted in this process under a name of their own.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpcore
import httpx

from nyx import __version__
from nyx.errors import NotFound, NyxError, ProviderMisbehaved, ProviderUnavailable

Resolver = Callable[[str, int], Awaitable[list[str]]]

USER_AGENT = f"Nyx-Net/{__version__}"
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)

_PORTS = frozenset({80, 443})
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FLUSH_BYTES = 1 << 20
_HEAD_BYTES = 64
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
# Ranges that carry an IPv4 address inside (NAT64, 6to4, Teredo, mapped and compatible) or are documentation: `is_global` misses some.
_DENIED_V6 = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96", "3fff::/20")
)


class AddressRefused(httpx.ConnectError):
    """The address is not one that this app connects to. Nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A fetched file on disk, fsynced. ``head`` is its first 64 bytes, for telling the type."""

    path: Path
    size_bytes: int
    sha256: str
    head: bytes


class Net:
    """Makes every HTTP client of the app. Construct it once and close it at shutdown.

    ``trusted_origins`` are URLs whose scheme, host and port are exempt from the address check, such as a provider's base URL on
    loopback. ``mounts`` maps an origin to an ASGI app that answers it in this process.
    """

    def __init__(
        self,
        *,
        trusted_origins: Iterable[str] = (),
        mounts: Mapping[str, Any] | None = None,
        resolve: Resolver | None = None,
    ) -> None:
        self._trusted = frozenset(_origin(httpx.URL(url)) for url in trusted_origins)
        self._mounts = {_origin(httpx.URL(url)): httpx.ASGITransport(app=app) for url, app in (mounts or {}).items()}
        self._files = ThreadPoolExecutor(max_workers=2, thread_name_prefix="net-files")
        self._guarded: httpx.AsyncHTTPTransport | None = None
        self._open_door: httpx.AsyncHTTPTransport | None = None
        self._resolve = resolve or _resolve

    def client(
        self,
        *,
        base_url: str = "",
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
        max_body_bytes: int = 160_000_000,
    ) -> httpx.AsyncClient:
        """Return a client that shares this door's connections; follows no redirect, reads no proxy from the environment."""
        return httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})},
            timeout=timeout or DEFAULT_TIMEOUT,
            transport=_Door(self, max_body_bytes),
            follow_redirects=False,
            trust_env=False,
        )

    async def download(self, url: str, *, into: Path, max_bytes: int, timeout_s: float = 120.0) -> Downloaded:
        """Fetch a file into ``into``; on any failure nothing is left there. Safe to repeat.

        Raises: NotFound when the link has expired (403, 404, 410), ProviderUnavailable when trying again may help,
        ProviderMisbehaved when it won't (too large, a redirect or an address that we don't follow).
        """
        sink = _Sink(into, self._files)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._fetch(_parse(url), sink, max_bytes)
        except TimeoutError as error:
            raise ProviderUnavailable("The finished file took too long to arrive.", detail=f"no end after {timeout_s:g} s") from error
        except AddressRefused as error:
            raise ProviderMisbehaved("The finished file is at an address that the studio does not open.", detail=str(error)) from error
        except httpx.UnsupportedProtocol as error:
            raise ProviderMisbehaved("The finished file is at an address that the studio does not open.", detail=str(error)) from error
        except httpx.RequestError as error:
            raise ProviderUnavailable("The finished file could not be fetched.", detail=f"{type(error).__name__}: {error}") from error
        finally:
            await sink.abandon()

    async def close(self) -> None:
        """Close every connection."""
        for transport in (self._guarded, self._open_door, *self._mounts.values()):
            if transport is not None:
                await transport.aclose()
        self._files.shutdown(wait=False)

    def transport_for(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return what carries a request to ``url``: a mounted app, the open door of a trusted origin, or the guarded one."""
        origin = _origin(url)
        if origin in self._mounts:
            return self._mounts[origin]
        if origin in self._trusted:
            self._open_door = self._open_door or _transport(None)
            return self._open_door
        self._guarded = self._guarded or _transport(_Guard(self._resolve))
        return self._guarded

    async def _fetch(self, url: httpx.URL, sink: _Sink, max_bytes: int) -> Downloaded:
        async with self.client(max_body_bytes=max_bytes + 1) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                async with client.stream("GET", url) as response:
                    if response.status_code not in _REDIRECTS:
                        return await _save(response, sink, max_bytes)
                    url = self._next(response)
        raise ProviderMisbehaved("The link to the finished file leads nowhere.", detail=f"more than {_MAX_REDIRECTS} redirects")

    def _next(self, response: httpx.Response) -> httpx.URL:
        target = _parse(str(response.url.join(response.headers.get("location", ""))))
        known = _origin(target) in self._trusted or _origin(target) in self._mounts
        if response.url.scheme == "https" and target.scheme != "https" and not known:
            raise ProviderMisbehaved("The link to the finished file is not safe to follow.", detail="a redirect from https to http")
        return target


def is_public(address: str) -> bool:
    """Tell whether an IP literal belongs to the public internet. Stricter than ``is_global``, which passes 224.0.0.1 and ::127.0.0.1."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _PUBLIC_V6 or any(ip in net for net in _DENIED_V6)):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Guard(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every answer, and connects to a checked literal. TLS and the Host header keep the name."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        if port not in _PORTS:
            raise AddressRefused(f"port {port} is not one we connect to")
        addresses = await self._checked(host, port, timeout)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("unix sockets are not something we connect to")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _checked(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"{host} did not resolve in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host} does not resolve") from error
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressRefused(f"{host} is not on the public internet")
        return addresses


class _Door(httpx.AsyncBaseTransport):
    """Sends each request its proper way and bounds what comes back. Closing it closes nothing: the connections are the Net's."""

    def __init__(self, net: Net, max_body_bytes: int) -> None:
        self._net = net
        self._max_body_bytes = max_body_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._net.transport_for(request.url)
        if isinstance(transport, httpx.ASGITransport):
            response = await _in_process(transport, request)
        else:
            response = await transport.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await response.aclose()
            # We asked for plain bytes: whoever packs them anyway may be sending a bomb.
            raise httpx.RemoteProtocolError("the answer is compressed although we asked for plain bytes", request=request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._max_body_bytes)
        return response


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._inner:
            seen += len(chunk)
            if seen > self._limit:
                raise httpx.RemoteProtocolError(f"the answer is larger than {self._limit} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


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


async def _in_process(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    """Call a mounted app as if it were far away: with the read timeout, which ASGITransport itself does not know."""
    limit = request.extensions.get("timeout", {}).get("read")
    try:
        async with asyncio.timeout(limit):
            return await transport.handle_async_request(request)
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"no answer within {limit} s", request=request) from error


def _transport(backend: httpcore.AsyncNetworkBackend | None) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport(retries=0, trust_env=False)
    # httpx has no public way to hand in a network backend; a test proves that this one is in force.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        network_backend=backend,
        max_connections=100,
        max_keepalive_connections=20,
        # Servers close idle connections after about 5 s; sending on one that is being closed would leave a paid call's fate unknown.
        keepalive_expiry=2.0,
    )
    return transport


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ProviderMisbehaved("The link to the finished file is not a link.", detail=str(error)) from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise ProviderMisbehaved("The link to the finished file is not one that the studio opens.", detail=f"scheme {parsed.scheme!r}")
    return parsed


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
