"""How the server treats connections before any of them reaches the application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from nyx import server
from nyx.config import Settings
from nyx.tasks import Tasks
from tests.support.waiting import eventually


class Slow:
    """A server with room for three connections, whose page ends when it may."""

    def __init__(self) -> None:
        self.url = ""
        self.may_end = asyncio.Event()
        self.waiting = 0


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)  # uvicorn refuses the one that reaches the limit
    slow, web, tasks = Slow(), FastAPI(), Tasks()

    @web.get("/wait")
    async def wait() -> None:
        slow.waiting += 1
        await slow.may_end.wait()

    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(server.config_of(web, Settings(_env_file=None)))
    tasks.spawn(running.serve(sockets=[listener]), name="server")
    await eventually(lambda: running.started)
    slow.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield slow
    running.should_exit = True
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
