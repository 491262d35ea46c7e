"""Bounds what one socket may say: a page of ours never says so much, and whoever does is hung up on before it is read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nicegui import background_tasks, core

from nyx.clock import Clock

log = logging.getLogger(__name__)

# In the tests with a browser a page said at most five messages in a second, none of them over 222 bytes. What may be large is a prompt: the
# longest in the strangest characters takes 35 kB, and is sent four times a second while somebody types.
MESSAGES, MESSAGES_PER_S = 200, 25.0  # at once, and then again
BYTES, BYTES_PER_S = 512 * 1024, 160.0 * 1024
_BINARY = ("5", "6")  # Socket.IO's own packet types

_read: Callable[[str, Any], Awaitable[Any]] = core.sio.eio.handlers["message"]
_gone: Callable[[str, Any], Awaitable[Any]] = core.sio.eio.handlers["disconnect"]


@dataclass
class _Left:
    """What a socket may still say."""

    messages: float
    size_bytes: float
    at: float
    is_over: bool = False


class Floods:
    """Stands before Socket.IO, where a message is not yet parsed and nothing waits for it. ``install`` replaces an earlier instance."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, _Left] = {}

    def install(self) -> None:
        """From now on every socket is listened to through this."""

        async def heard(connection_id: str, data: Any) -> None:
            connection = core.sio.eio.sockets.get(connection_id)
            if connection is not None and not connection.closing and self._may_say(connection_id, data):
                await _read(connection_id, data)

        async def gone(connection_id: str, reason: Any) -> None:
            self._left.pop(connection_id, None)
            await _gone(connection_id, reason)

        core.sio.eio.on("message", heard)
        core.sio.eio.on("disconnect", gone)

    def _may_say(self, connection_id: str, data: Any) -> bool:
        left = self._left.setdefault(connection_id, _Left(MESSAGES, BYTES, self._clock.monotonic()))
        if left.is_over:
            return False
        now = self._clock.monotonic()
        left.messages = min(MESSAGES, left.messages + (now - left.at) * MESSAGES_PER_S) - 1
        left.size_bytes = min(BYTES, left.size_bytes + (now - left.at) * BYTES_PER_S) - (len(data) if isinstance(data, str) else 0)
        left.at = now
        # Socket.IO keeps the parts of a binary message until the last has come, however many were announced; a page of ours sends none.
        is_text = isinstance(data, str) and not data.startswith(_BINARY)
        if is_text and left.messages >= 0 and left.size_bytes >= 0:
            return True
        left.is_over = True
        log.warning("A socket said more than any page does and was closed", extra={"is_text": is_text})
        background_tasks.create(_hang_up(connection_id), name="hang up on a flood")
        return False


async def _hang_up(connection_id: str) -> None:
    """Close the websocket itself: Engine.IO would ask the other side to, and wait."""
    connection = core.sio.eio.sockets.get(connection_id)
    if connection is not None:
        await connection.close(wait=False, reason=core.sio.eio.reason.SERVER_DISCONNECT)
        await connection.queue.put(None)  # ends its writer, which closes the websocket
