"""The door to the database, and the only package that commits.

``write`` runs an operation in one transaction, ``look`` one that only reads; ``read`` opens a read-only session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from nyx.db.migrate import newest_revision, upgrade
from nyx.db.postgres import PostgresDatabase
from nyx.db.reading import read_rows, rows_of
from nyx.db.sqlite import AlreadyRunning, SqliteDatabase
from nyx.db.tx import Result, Row, Tx

Database = SqliteDatabase | PostgresDatabase

__all__ = [
    "AlreadyRunning",
    "Database",
    "Result",
    "Row",
    "Tx",
    "connect",
    "newest_revision",
    "open_database",
    "read_rows",
    "rows_of",
    "upgrade",
]


def connect(url: str) -> Database:
    """Take hold of the database behind ``url``, which still has to be migrated; close it in the end. Raises: AlreadyRunning."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return PostgresDatabase(url)
    path = Path(parsed.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteDatabase(path)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Migrate, open and finally close the database behind ``url``. Raises: AlreadyRunning."""
    database = connect(url)
    try:
        await upgrade(url)
        yield database
    finally:
        await database.close()
