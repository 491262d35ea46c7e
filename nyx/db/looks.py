"""Reads that a page waits for: a plain operation in a thread of its own, one way there and one back, where a session takes several."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from nyx.db.tx import SqliteTx, Tx

T = TypeVar("T")

_THREADS = 2


class Looks:
    """A few threads, each with a connection that can't write. ``close`` it when nothing is under way."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="looks")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def run(self, operation: Callable[[Tx], T]) -> T:
        """Run it within one read transaction. Raises: what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, operation)

    def close(self) -> None:
        """Let the threads end and close their connections. Safe to repeat."""
        self._threads.shutdown()
        while self._opened:
            self._opened.pop().close()

    def _run(self, operation: Callable[[Tx], T]) -> T:
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            return operation(SqliteTx(connection))
        finally:
            connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
            self._opened.append(connection)
        return connection
