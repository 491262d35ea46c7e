"""No test can leave this machine, and loopback still works."""

from __future__ import annotations

import socket

import pytest

from tests.support.network import NetworkBlocked


class TestNetwork:
    def test_a_connection_to_another_machine_is_refused(self) -> None:
        with socket.socket() as outward, pytest.raises(NetworkBlocked, match=r"192\.0\.2\.1"):
            outward.connect(("192.0.2.1", 80))

    def test_a_name_is_not_looked_up(self) -> None:
        with pytest.raises(NetworkBlocked, match=r"elsewhere\.example"):
            socket.getaddrinfo("elsewhere.example", 443)

    def test_loopback_is_open(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname(), timeout=5) as client:
            assert client.getpeername() == listener.getsockname()
