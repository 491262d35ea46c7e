"""A browser's socket, spoken to the ASGI app itself: engine.io over a websocket, as NiceGUI's client does."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from nyx.app import App
from nyx.web.asgi import Message


def client_id_in(html: str) -> str:
    """The id of the page in its HTML."""
    found = re.search(r"'client_id': '([0-9a-f-]+)'", html)
    assert found, "this is no page"
    return found[1]


class Socket:
    """``status`` is how the server answered: "open", "closed" before anything was said, or "refused" by NiceGUI's handshake."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[Message] = asyncio.Queue()
        self.from_server: asyncio.Queue[Message] = asyncio.Queue()
        self.status = "closed"

    async def say(self, text: str) -> None:
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def emit(self, name: str, message: dict[str, Any]) -> None:
        await self.say("42" + json.dumps([name, message]))

    async def hear(self, prefix: str, *, about: str = "", timeout_s: float = 20.0) -> str:
        """The next frame that begins with ``prefix`` and has ``about`` in it; "" when the socket closes first."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.from_server.get()
                if message["type"] == "websocket.close":
                    return ""
                said = str(message.get("text") or "")
                if said.startswith(prefix) and about in said:
                    return said


@asynccontextmanager
async def open_socket(app: App, *, client_id: str | None, headers: dict[str, str]) -> AsyncIterator[Socket]:
    """Connect as the page ``client_id`` says it does; ``headers`` are the browser's, with Host, Origin and Cookie."""
    query = {"EIO": "4", "transport": "websocket", "tab_id": str(uuid4()), "document_id": str(uuid4()), "next_message_id": "0"}
    if client_id is not None:
        query |= {"client_id": client_id, "implicit_handshake": "true"}
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/_nicegui_ws/socket.io/",
        "raw_path": b"/_nicegui_ws/socket.io/",
        "root_path": "",
        "query_string": urlencode(query).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 4000),
        "server": ("test", 80),
        "subprotocols": [],
        "state": {},
    }
    socket = Socket()
    await socket.to_server.put({"type": "websocket.connect"})

    async def serve() -> None:
        await app.asgi(scope, socket.to_server.get, socket.from_server.put)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(serve())
        first = await asyncio.wait_for(socket.from_server.get(), 20)
        if first["type"] == "websocket.accept":
            assert await socket.hear("0"), "engine.io opens with its settings"
            await socket.say("40")
            answer = await socket.hear("4")
            socket.status = "open" if answer.startswith("40") else "refused"
        yield socket
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([running], timeout=20)
        running.cancel()


def browser_headers(client: httpx.AsyncClient, *, origin: str | None = "http://test") -> dict[str, str]:
    """What this person's browser sends when a page of ours opens its socket."""
    headers = {
        "Host": "test",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar),
    }
    return headers | ({"Origin": origin} if origin else {})
