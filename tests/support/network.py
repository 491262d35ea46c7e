"""Keeps the tests on this machine: a connection or a name look-up that would leave it fails loudly."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "test"}


class NetworkBlocked(BaseException):
    """A test tried to leave the machine. Not an Exception, so that no error handling of the app can swallow it."""


_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


def block_network() -> None:
    """Allow loopback and Unix sockets only, in this process."""
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = _guarded_getaddrinfo


def allow_network() -> None:
    """Take the guard away, for tests marked ``live``."""
    socket.socket.connect = _connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _getaddrinfo


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _require_local(self, address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _require_local(self, address)
    return _connect_ex(self, address)


def _guarded_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in _LOCAL_NAMES and not _is_address(name):
        raise NetworkBlocked(f"a test looked up the name {name!r}; mark it live or use a stand-in")
    return _getaddrinfo(host, *rest, **options)


def _require_local(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        if host not in _LOCAL_NAMES and not (_is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback):
            raise NetworkBlocked(f"a test connected to {host!r}; mark it live or use a stand-in")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
