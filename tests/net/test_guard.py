"""Where the app may connect to: every special address, every spelling of loopback, names that change their mind."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import httpcore
import httpx
import pytest

from nyx.net import AddressRefused, Net, is_public
from nyx.net.guard import Guard
from tests.net.wire import answering, response

SPECIAL = [
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "5f00::1",
    "3fff::1",
]
SPELLINGS = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::1]/",
    "http://[::ffff:7f00:1]/", "http://localhost/", "http://0/", "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:55432/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://user@127.0.0.1/", "http://127.0.0.1%2f@x/", "http://①②⑦.0.0.1/", "http://[fe80::1%25eth0]/",
    "file:///etc/passwd", "gopher://127.0.0.1/", "http://localhost.:80/",
]  # fmt: skip


async def like_libc(host: str, port: int) -> list[str]:
    """Resolve the way the C library reads odd spellings, without asking any name server."""
    if host.rstrip(".") == "localhost":
        return ["127.0.0.1"]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [str(ipaddress.ip_address(host.partition("%")[0]))] if ":" in host else []


class TestIsPublic:
    @pytest.mark.parametrize("address", SPECIAL)
    def test_refuses_a_special_address(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
    def test_accepts_the_public_internet(self, address: str) -> None:
        assert is_public(address)


class TestGuard:
    @pytest.mark.parametrize("url", SPELLINGS)
    async def test_no_spelling_of_a_private_address_gets_through(self, url: str) -> None:
        net = Net(resolve=like_libc)
        async with net.client() as client:
            with pytest.raises((httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL)):
                await client.get(url)
        await net.close()

    async def test_every_resolved_address_must_be_public(self) -> None:
        async def resolve(host: str, port: int) -> list[str]:
            return ["8.8.8.8", "127.0.0.1"]

        with pytest.raises(AddressRefused):
            await Guard(resolve).connect_tcp("mixed.test", 443)

    async def test_a_name_is_resolved_once_and_the_checked_literal_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([["93.184.216.34"], ["127.0.0.1"]])
        connected: list[str] = []

        async def resolve(host: str, port: int) -> list[str]:
            return next(answers)

        guard = Guard(resolve)

        class Recorder(httpcore.AsyncMockBackend):
            async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
                connected.append(host)
                return await super().connect_tcp(host, port)

        monkeypatch.setattr(guard, "_backend", Recorder([]))
        await guard.connect_tcp("rebind.test", 443)
        with pytest.raises(AddressRefused):
            await guard.connect_tcp("rebind.test", 443)
        assert connected == ["93.184.216.34"]

    async def test_the_next_address_is_tried_when_one_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def resolve(host: str, port: int) -> list[str]:
            return ["2606:4700::1111", "1.1.1.1"]

        class Half(httpcore.AsyncMockBackend):
            async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
                if ":" in host:
                    raise httpcore.ConnectError("no route")
                return await super().connect_tcp(host, port)

        guard = Guard(resolve)
        monkeypatch.setattr(guard, "_backend", Half([]))
        assert await guard.connect_tcp("two.test", 443)

    async def test_unix_sockets_are_out(self) -> None:
        with pytest.raises(AddressRefused):
            await Guard(like_libc).connect_unix_socket("/run/docker.sock")


class TestTrustedOrigins:
    async def test_a_configured_origin_on_loopback_is_reached(self) -> None:
        async with answering(response(b"ok")) as wire:
            net = Net(trusted_origins=[wire.url])
            async with net.client(base_url=wire.url) as client:
                assert (await client.get("/x")).text == "ok"
            await net.close()

    async def test_trust_ends_at_the_port(self) -> None:
        async with answering(response(b"secret")) as wire:
            net = Net(trusted_origins=["http://127.0.0.1:1"])
            async with net.client() as client:
                with pytest.raises(AddressRefused):
                    await client.get(wire.url)
            assert wire.requests == []
            await net.close()

    async def test_a_client_asks_for_plain_bytes_and_names_itself(self) -> None:
        async with answering(response(b"ok")) as wire:
            net = Net(trusted_origins=[wire.url])
            async with net.client() as client:
                await client.get(wire.url)
            await net.close()
        sent = wire.requests[0].lower()
        assert b"accept-encoding: identity" in sent
        assert b"user-agent: nyx-net/" in sent

    async def test_a_packed_answer_is_refused_unopened(self) -> None:
        async with answering(response(b"\x1f\x8b bomb", headers=["Content-Encoding: gzip"])) as wire:
            net = Net(trusted_origins=[wire.url])
            async with net.client() as client:
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.get(wire.url)
            await net.close()

    async def test_an_answer_without_end_is_cut(self) -> None:
        async with answering(response(b"x" * 5000)) as wire:
            net = Net(trusted_origins=[wire.url])
            async with net.client(max_body_bytes=1000) as client:
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.get(wire.url)
            await net.close()


class TestMounts:
    async def test_a_mounted_app_obeys_the_read_timeout(self) -> None:
        async def app(scope, receive, send) -> None:
            await asyncio.sleep(60)

        net = Net(mounts={"http://slow.invalid": app})
        async with net.client(timeout=httpx.Timeout(0.05)) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get("http://slow.invalid/")
        await net.close()
