"""The PostgreSQL adapter: the same operations on asyncpg, one transaction each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db.tx import PostgresTx, Tx

P = ParamSpec("P")
T = TypeVar("T")

_RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_MAX_TRIES = 5


class PostgresDatabase:
    """A pool of connections; several processes may share the database."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url, pool_size=16, max_overflow=8, pool_pre_ping=True)
        self._reads = self._engine.execution_options(postgresql_readonly=True)
        self._looks = self._reads.execution_options(isolation_level="REPEATABLE READ")

    async def write(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``operation(tx, ...)`` in one transaction; it may run again after a deadlock. Raises: what it raises."""
        return await asyncio.shield(self._write(lambda tx: operation(tx, *args, **kwargs)))

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
        """Run ``operation(tx, ...)``, which only reads, on one state of the database. Raises: what it raises."""
        async with self._looks.connect() as connection:
            return await connection.run_sync(lambda held: operation(PostgresTx(held), *args, **kwargs))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees every committed write."""
        async with AsyncSession(self._reads, expire_on_commit=False) as session:
            yield session

    async def close(self) -> None:
        """Close the pool. Safe to repeat."""
        await self._engine.dispose()
