"""How the server treats connections before any of them reaches the application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from nyx import server
from nyx.config import Settings
from nyx.tasks import Tasks
from nyx.web import stopping
from nyx.web.stopping import Stopping
from tests.support.waiting import eventually


class Slow:
    """A server with room for three connections, whose answers end when they may."""

    def __init__(self) -> None:
        self.url = ""
        self.may_end = asyncio.Event()
        self.waiting = 0
        self.stop = asyncio.Event()


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)  # uvicorn refuses the one that reaches the limit
    slow, web, tasks = Slow(), FastAPI(), Tasks()

    @web.get("/wait")
    async def wait() -> None:
        slow.waiting += 1
        await slow.may_end.wait()

    @web.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begun, "
            slow.waiting += 1
            await slow.may_end.wait()
            yield b"ended"

        return StreamingResponse(pieces())

    async def stop_when_asked() -> None:
        await slow.stop.wait()
        running.should_exit = True

    listener = socket.create_server(("127.0.0.1", 0))
    shell = Stopping(web)
    running = server.Server(server.config_of(shell, Settings(_env_file=None)), words="It is there.", on_stop=shell.announce)
    tasks.spawn(running.serve(sockets=[listener]), name="server")
    tasks.spawn(stop_when_asked(), name="stop")
    await eventually(lambda: running.started)
    slow.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield slow
    slow.stop.set()
    slow.may_end.set()
    await tasks.drain(timeout_s=10)


class TestLimit:
    async def test_a_connection_beyond_the_last_is_answered_with_503(self, slow: Slow) -> None:
        async with httpx.AsyncClient(base_url=slow.url, timeout=10) as client, asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(client.get("/wait")) for _ in range(3)]
            await eventually(lambda: slow.waiting == 3)

            refused = await client.get("/wait")
            slow.may_end.set()

        assert refused.status_code == 503
        assert [task.result().status_code for task in waiting] == [200, 200, 200]


class TestStop:
    async def test_a_page_that_is_being_made_is_told_to_come_again_and_does_so_by_itself(self, slow: Slow) -> None:
        answer = await asked_while_it_stops(slow, "/wait", accept="text/html")

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "This page loads itself again" in answer.text
        assert 'fetch("/readyz"' in answer.text

    async def test_a_program_reads_that_it_may_try_again(self, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "_OTHER_S", 0.2)

        answer = await asked_while_it_stops(slow, "/wait", accept="application/json")

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["error"]["message"] == "The studio is starting anew. Please try again in a moment."

    async def test_an_answer_that_has_begun_is_finished(self, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stopping, "_PAGE_S", 0.1)
        asyncio.get_running_loop().call_later(1.0, slow.may_end.set)

        answer = await asked_while_it_stops(slow, "/stream", accept="text/html")

        assert (answer.status_code, answer.text) == (200, "begun, ended")


async def asked_while_it_stops(slow: Slow, path: str, *, accept: str) -> httpx.Response:
    """What was asked before comes to its end when the server is told to stop."""
    async with httpx.AsyncClient(base_url=slow.url, timeout=10) as client, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(client.get(path, headers={"Accept": accept}))
        await eventually(lambda: slow.waiting == 1)
        slow.stop.set()
    return asked.result()
