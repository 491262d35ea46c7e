"""What an operation gets: one open transaction, the same on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, cast

from sqlalchemy import Connection, TextClause, text

from nyx.clock import to_micros

Row = Mapping[str, Any]


class Result(Protocol):
    """The outcome of one statement."""

    rowcount: int

    def all(self) -> Sequence[Row]:
        """Every row returned; columns by name."""
        ...

    def first(self) -> Row | None:
        """The first row, or None."""
        ...


class Tx(Protocol):
    """An open write transaction. Datetimes are stored as microseconds; it commits when the operation returns."""

    is_shared: bool
    """True where other processes may write the same database."""
    lock: str
    """`` FOR UPDATE`` where rows can be locked, else nothing: SQLite has one writer."""
    skip_locked: str
    """`` FOR UPDATE SKIP LOCKED`` where rows can be locked, else nothing."""

    def execute(self, sql: str, **params: Any) -> Result:
        """Run one statement with ``:named`` parameters."""
        ...


class Rows:
    """Rows that were fetched already, so that no statement stays open across the commit."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def all(self) -> Sequence[Row]:
        return self._rows

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None


class SqliteTx:
    """A transaction of the writer thread; statements go straight to the driver."""

    is_shared = False
    lock = ""
    skip_locked = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, **params: Any) -> Result:
        cursor = self._connection.execute(sql, params)
        rows: Sequence[Row] = cursor.fetchall() if cursor.description is not None else ()
        return Rows(rows, len(rows) if cursor.description is not None else cursor.rowcount)


class PostgresTx:
    """A transaction on PostgreSQL, driven synchronously inside ``AsyncConnection.run_sync``."""

    is_shared = True
    lock = " FOR UPDATE"
    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, **params: Any) -> Result:
        stored = {name: to_micros(value) if isinstance(value, datetime) else value for name, value in params.items()}
        result = self._connection.execute(_statement(sql), stored)
        if not result.returns_rows:
            return Rows((), result.rowcount)
        rows = cast(Sequence[Row], result.mappings().all())
        return Rows(rows, len(rows))


@lru_cache(maxsize=1024)
def _statement(sql: str) -> TextClause:
    return text(sql)
