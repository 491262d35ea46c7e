"""The PostgreSQL adapter: the same operations on asyncpg, one transaction each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db.gate import Gate
from nyx.db.tx import PostgresTx, Tx
from nyx.errors import InvalidInput

P = ParamSpec("P")
T = TypeVar("T")

_RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_NOT_A_CHARACTER = "22021"
_MAX_TRIES = 5


class PostgresDatabase:
    """A pool of connections; several processes may share the database."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._gate = Gate()
        self._connections: set[asyncpg.Connection] = set()
        ours = {"async_creator_fn": self._connect}
        self._engine = create_async_engine(url, pool_size=16, max_overflow=8, pool_pre_ping=True, connect_args=ours)
        event.listen(self._engine.sync_engine, "handle_error", _in_words)
        self._reads = self._engine.execution_options(postgresql_readonly=True)
        self._looks = self._reads.execution_options(isolation_level="REPEATABLE READ")

    async def write(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``operation(tx, ...)`` in one transaction; it may run again after a deadlock. Raises: what it raises, Overloaded."""
        return await asyncio.shield(self._write_to_the_end(lambda tx: operation(tx, *args, **kwargs)))

    async def _write_to_the_end(self, operation: Callable[[Tx], T]) -> T:
        with self._gate.use():
            return await self._write(operation)

    async def _write(self, operation: Callable[[Tx], T]) -> T:
        def run(connection: Connection) -> T:
            return operation(PostgresTx(connection))

        for last in (*(False,) * (_MAX_TRIES - 1), True):
            try:
                async with self._engine.begin() as connection:
                    return await connection.run_sync(run)
            except DBAPIError as error:
                if last or getattr(error.orig, "sqlstate", None) not in _RETRYABLE:
                    raise
        raise AssertionError("the last try either returned or raised")

    async def look(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``operation(tx, ...)``, which only reads, on one state of the database. Raises: what it raises, Overloaded."""
        with self._gate.use():
            async with self._looks.connect() as connection:
                return await connection.run_sync(lambda held: operation(PostgresTx(held), *args, **kwargs))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees every committed write. Raises: Overloaded once the database is closed."""
        with self._gate.use():
            async with AsyncSession(self._reads, expire_on_commit=False) as session:
                yield session

    async def close(self) -> None:
        """Let what is under way finish, then close every connection, also one that the pool lost sight of. Safe to repeat."""
        self._gate.close()
        await self._gate.empty()
        await self._engine.dispose()
        for connection in tuple(self._connections):
            connection.terminate()

    async def _connect(self, *args: Any, **kwargs: Any) -> asyncpg.Connection:
        connection = await asyncpg.connect(*args, **kwargs)
        self._connections.add(connection)
        connection.add_termination_listener(self._connections.discard)
        return connection


def _in_words(context: ExceptionContext) -> None:
    """Text on PostgreSQL holds no NUL, and anybody may send one in an address or a form: that is a mistake of theirs, not of ours."""
    if getattr(context.original_exception, "sqlstate", None) == _NOT_A_CHARACTER:
        raise InvalidInput("This contains a character that can't be used. Type it again without special symbols.")
