"""Where the app may connect to: public addresses, checked at the moment of connecting. It knows nothing of HTTP.

Every address that a name resolves to is checked and the checked literal is what we connect to, so a name that changes its mind
between check and use gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore
import httpx

Resolver = Callable[[str, int], Awaitable[list[str]]]

_PORTS = frozenset({80, 443})
# Protocol assignments and the old 6to4 relays: which of these `is_global` passes depends on the Python version.
_DENIED_V4 = tuple(ipaddress.ip_network(net) for net in ("192.0.0.0/24", "192.88.99.0/24"))
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
# Ranges that carry an IPv4 address inside (NAT64, 6to4, Teredo, mapped and compatible) or are documentation: `is_global` misses some.
_DENIED_V6 = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96", "3fff::/20")
)


class AddressRefused(httpx.ConnectError):
    """The address is not one that this app connects to. Nothing was sent."""


def is_public(address: str) -> bool:
    """Tell whether an IP literal belongs to the public internet. Stricter than ``is_global``, which passes 224.0.0.1 and ::127.0.0.1."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _PUBLIC_V6 or any(ip in net for net in _DENIED_V6)):
        return False
    if any(ip in net for net in _DENIED_V4):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class Guard(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every answer, and connects to a checked literal. TLS and the Host header keep the name."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Any = None,
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

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("unix sockets are not something we connect to")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _checked(self, host: str, port: int, timeout_s: float | None) -> list[str]:
        try:
            async with asyncio.timeout(timeout_s):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"{host} did not resolve in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host} does not resolve") from error
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressRefused(f"{host} is not on the public internet")
        return addresses


async def resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
