"""A bare TCP server that answers every request with prepared bytes, for answers that no proper server would give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """``url`` of the server and what it was sent."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def answering(*pieces: bytes, pause_s: float = 0.0, hold_s: float = 0.0) -> AsyncIterator[Wire]:
    """Serve the same ``pieces`` to everybody, with a pause between them, and hold the line before closing it."""

    handlers: dict[asyncio.Task[None], asyncio.WriteTransport] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers[task] = writer.transport
        try:
            wire.requests.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
            await asyncio.sleep(hold_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has seen enough
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield wire
    finally:
        server.close()
        await asyncio.sleep(0)  # who was let in just now begins, and can be sent away
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        for transport in handlers.values():
            transport.abort()  # also one that still had something to send
        await asyncio.sleep(0)


def response(body: bytes = b"", *, status: int = 200, length: int | None = None, headers: Sequence[str] = ()) -> bytes:
    """Write an HTTP answer; ``length`` may lie."""
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body) if length is None else length}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
