"""Rows of one statement, as dictionaries: on a session that is open, or on one of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db.postgres import PostgresDatabase
from nyx.db.sqlite import SqliteDatabase


async def rows_of(session: AsyncSession, sql: str, **params: Any) -> list[dict[str, Any]]:
    """Every row; columns by name."""
    connection = await session.connection()
    return [dict(row) for row in (await connection.execute(text(sql), params)).mappings()]


async def read_rows(db: SqliteDatabase | PostgresDatabase, sql: str, **params: Any) -> list[dict[str, Any]]:
    """Every row of the only statement that is needed; several of one moment take a session. Raises: Overloaded, once it is closed."""
    async with db.read() as session:
        return await rows_of(session, sql, **params)
