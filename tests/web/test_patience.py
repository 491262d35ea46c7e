"""Half a request does not hold a connection for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from nyx.tasks import Tasks
from nyx.web import patience
from nyx.web.patience import PatientProtocol


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(PlainTextResponse("here"), http=PatientProtocol, lifespan="off", log_config=None))
    task = Tasks().spawn(server.serve(sockets=[listener]), name="server")
    try:
        yield "127.0.0.1", listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


async def _answer(address: tuple[str, int], *pieces: bytes, pause_s: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


class TestHead:
    async def test_a_whole_request_is_answered(self, address: tuple[str, int]) -> None:
        assert b"here" in await _answer(address, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    @pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x"])
    async def test_one_that_never_ends_is_hung_up_on(self, address: tuple[str, int], start: bytes) -> None:
        assert await _answer(address, start) == b""

    async def test_a_second_one_on_the_same_connection_gets_no_more_time(self, address: tuple[str, int]) -> None:
        first, half = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost"

        answer = await _answer(address, first, half, pause_s=0.1)

        assert answer.count(b"here") == 1
