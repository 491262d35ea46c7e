"""One life of the application's process, and its door to a database that outlives it. It can die at every durable step."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from nyx.db.tx import SqliteTx, Tx

P = ParamSpec("P")
T = TypeVar("T")

_DIES_AT_A_CHANGE = 0.004
_DIES_AT_AN_IDLE_STEP = 0.00002
_COMMIT_S = 0.002
_STALLS, _STALL_S = 0.02, 1.5  # a busy disk


class Kill(BaseException):
    """kill -9: not an Exception, so that no handler of the app can carry on."""


class Process:
    """Alive until ``die``. Every step that leaves a mark outside the process calls ``step`` before and after."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.died = asyncio.Event()
        self.steps = 0

    def step(self, *, is_change: bool = True) -> None:
        """Raises: Kill, now and then, and always once dead."""
        self.steps += 1
        if not self.died.is_set() and self._chance.random() < (_DIES_AT_A_CHANGE if is_change else _DIES_AT_AN_IDLE_STEP):
            self.died.set()
        if self.died.is_set():
            raise Kill

    def die(self) -> None:
        """From now on nothing this process does has any effect."""
        self.died.set()


class InlineDatabase:
    """The port of nyx.db on one SQLite connection, without threads: the same operations, in an order that the seed decides."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, process: Process, chance: random.Random) -> None:
        self._connection = connection
        self._process = process
        self._chance = chance
        self._reads = _reading(connection)

    async def write(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the operation in one transaction; the process may die before it, or after it without hearing of it."""
        await self._pause()
        self._process.step(is_change=False)
        before = self._connection.total_changes
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = operation(SqliteTx(self._connection), *args, **kwargs)
            is_change = self._connection.total_changes != before
            self._process.step(is_change=is_change)  # everything written, nothing committed
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        self._process.step(is_change=is_change)
        await self._pause()
        return result

    async def look(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the operation, which only reads."""
        await self._pause()
        self._process.step(is_change=False)
        before = self._connection.total_changes
        result = operation(SqliteTx(self._connection), *args, **kwargs)
        assert self._connection.total_changes == before, "an operation that only looks has written"
        return result

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """A session with the few methods that services use of an asynchronous one."""
        await self._pause()
        self._process.step(is_change=False)
        with Session(self._reads) as session:
            yield _InlineSession(session)

    async def close(self) -> None:
        """The connection belongs to the simulation."""

    async def _pause(self) -> None:
        stall_s = self._chance.uniform(0, _STALL_S) if self._chance.random() < _STALLS else 0.0
        await asyncio.sleep(self._chance.expovariate(1 / _COMMIT_S) + stall_s)


class _InlineSession:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def connection(self) -> _InlineConnection:
        return _InlineConnection(self._session)

    async def exec(self, query: Any) -> Any:
        return self._session.exec(query)


class _InlineConnection:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, statement: Any, params: Any = None) -> Any:
        return self._session.connection().execute(statement, params)


def _reading(connection: sqlite3.Connection) -> Engine:
    return create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
