"""The bus between several processes on one PostgreSQL: NOTIFY carries topic, kind and id; every process fans out to its own pages."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import asyncpg

from nyx.bus import Event, Listener, MemoryBus

log = logging.getLogger(__name__)

_CHANNEL = "nyx_events"
_MAX_WAITING = 10_000
_RECONNECT_S = 1.0
LOOK_AT_EVERYTHING = Event("refresh")
# How a connection that is gone shows; the last one when it went while a statement was being prepared.
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresBus:
    """Own listeners hear at once, those of other processes through the database. ``run`` keeps it connected, for ever."""

    def __init__(self, url: str, *, process: str) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._process = process
        self._local = MemoryBus()
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(_MAX_WAITING)
        self.is_connected = asyncio.Event()

    def publish(self, topic: str, event: Event) -> None:
        self._local.publish(topic, event)
        if not self._outgoing.full():  # events only say "look again": what is lost here is seen at the next one
            self._outgoing.put_nowait(json.dumps([self._process, topic, event.kind, event.id]))

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._local.listen(topic, listener)

    @property
    def subscribers(self) -> int:
        return self._local.subscribers

    async def run(self) -> None:
        """Send and receive until cancelled; after every reconnection each open page is told to look at everything."""
        while True:
            try:
                await self._serve_one_connection()
            except _LOST as error:
                log.warning("The bus lost its database connection; trying again", extra={"reason": str(error)})
            self.is_connected.clear()
            await asyncio.sleep(_RECONNECT_S)

    async def flush(self, *, timeout_s: float) -> None:
        """Send what still waits: for a process that ends, or that never ran ``run``. What can't be sent is logged and dropped."""
        if self._outgoing.empty():
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._send_waiting()
        except _LOST as error:
            log.warning("Other processes were not told of the last changes", extra={"reason": str(error)})

    async def _send_waiting(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            while not self._outgoing.empty():
                await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, self._outgoing.get_nowait())
        finally:
            await connection.close(timeout=2)

    async def _serve_one_connection(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.add_listener(_CHANNEL, self._receive)
            self.is_connected.set()
            for topic in self._local.topics:
                self._local.publish(topic, LOOK_AT_EVERYTHING)
            while True:
                payload = await self._outgoing.get()
                await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, payload)
        finally:
            await connection.close(timeout=2)

    def _receive(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        process, topic, kind, event_id = json.loads(str(payload))
        if process != self._process:
            self._local.publish(topic, Event(kind, event_id))
