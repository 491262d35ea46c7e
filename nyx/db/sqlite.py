"""The SQLite adapter: connections, the lock file and the read-only sessions."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import to_micros
from nyx.db.gate import Gate
from nyx.db.looks import Looks
from nyx.db.tx import Tx
from nyx.db.writer import Writer
from nyx.errors import NyxError

P = ParamSpec("P")
T = TypeVar("T")

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "journal_size_limit=67108864")

sqlite3.register_adapter(datetime, to_micros)


class AlreadyRunning(NyxError):
    """Another process holds this database."""

    code = "already_running"


class SqliteDatabase:
    """One file, one process: writes by the writer thread, reads by read-only sessions."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self._lock = _lock(path)
        try:
            self._writer = Writer(partial(connect, path))
        except BaseException:
            os.close(self._lock)
            raise
        self._reads = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=8, max_overflow=8)
        event.listen(self._reads.sync_engine, "connect", _read_only)
        self._looks = Looks(partial(connect, path))
        self._gate = Gate()

    async def write(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``operation(tx, ...)`` in one durable transaction; it may run twice. Raises: what it raises, Overloaded."""
        result: T = await self._writer.run(lambda tx: operation(tx, *args, **kwargs))
        return result

    async def look(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``operation(tx, ...)``, which only reads, on one state of the database. Raises: what it raises, Overloaded."""
        with self._gate.use():
            result: T = await self._looks.run(lambda tx: operation(tx, *args, **kwargs))
        return result

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees every committed write. Raises: Overloaded once the database is closed."""
        with self._gate.use():
            async with AsyncSession(self._reads, expire_on_commit=False) as session:
                yield session

    async def close(self) -> None:
        """Drain the writer, let reads under way finish, let the next process in. Safe to repeat."""
        self._gate.close()
        await self._writer.close()
        await self._gate.empty()  # disposing of the pool would leave a connection that is in use open for ever
        await self._reads.dispose()
        self._looks.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def connect(path: Path) -> sqlite3.Connection:
    """A connection for writing, in autocommit mode: transactions are begun by hand. It may be handed to one other thread."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _read_only(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _lock(path: Path) -> int:
    """Hold ``<database>.lock`` for as long as this process lives. Raises: AlreadyRunning."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise AlreadyRunning(
            f"Nyx-Net is already running on {path} (process {holder}). Stop it first, or choose another NYX_DATA_DIR."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor
