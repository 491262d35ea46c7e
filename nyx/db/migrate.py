"""Brings a database to the newest schema with Alembic; no schema here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_ADVISORY_LOCK = 0x6E7978  # "nyx": one process migrates at a time


async def upgrade(url: str, *, revision: str = "head") -> None:
    """Apply every migration that is missing, in one transaction. Safe to repeat, and safe to interrupt."""
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _leave_transactions_to_us)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


def newest_revision() -> str | None:
    """The schema this version of the app was written for. Reads files."""
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own mode would commit each CREATE TABLE by itself


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
