"""The door to the network: which transport carries a request, and the bounds on what comes back. Downloads are in download.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpcore
import httpx

from nyx import __version__
from nyx.net.download import Downloaded, Downloads
from nyx.net.guard import Guard, Resolver
from nyx.net.guard import resolve as resolve_name

USER_AGENT = f"Nyx-Net/{__version__}"
# A download counts its bytes itself and has words for too many; the door's own bound only stands behind it.
_SLACK_BYTES = 1 << 20
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


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
        self._trusted = frozenset(origin_of(httpx.URL(url)) for url in trusted_origins)
        self._mounts = {origin_of(httpx.URL(url)): httpx.ASGITransport(app=app) for url, app in (mounts or {}).items()}
        self._guarded: httpx.AsyncHTTPTransport | None = None
        self._open_door: httpx.AsyncHTTPTransport | None = None
        self._resolve = resolve or resolve_name
        self._downloads = Downloads(client=lambda limit: self.client(max_body_bytes=limit + _SLACK_BYTES), is_known=self._is_known)

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
        """Fetch a file into ``into``, at most ``max_bytes``; on any failure nothing is left there. Safe to repeat.

        Raises: NotFound when the link has expired (403, 404, 410), ProviderUnavailable when trying again may help,
        ProviderMisbehaved when it won't (too large, a redirect or an address that we don't follow).
        """
        return await self._downloads.fetch(url, into=into, max_bytes=max_bytes, timeout_s=timeout_s)

    async def close(self) -> None:
        """Close every connection."""
        for transport in (self._guarded, self._open_door, *self._mounts.values()):
            if transport is not None:
                await transport.aclose()
        self._downloads.close()

    def transport_for(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return what carries a request to ``url``: a mounted app, the open door of a trusted origin, or the guarded one."""
        origin = origin_of(url)
        if origin in self._mounts:
            return self._mounts[origin]
        if origin in self._trusted:
            self._open_door = self._open_door or _transport(None)
            return self._open_door
        self._guarded = self._guarded or _transport(Guard(self._resolve))
        return self._guarded

    def _is_known(self, url: httpx.URL) -> bool:
        return origin_of(url) in self._trusted or origin_of(url) in self._mounts


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


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
