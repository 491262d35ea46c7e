"""Closing the database while somebody still uses it."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy import literal
from sqlalchemy.exc import InterfaceError
from sqlmodel import select

from nyx.db import Tx, connect, open_database
from nyx.errors import Overloaded

_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class TestClose:
    async def test_waits_for_a_read_under_way(self, database_url: str) -> None:
        db = connect(database_url)
        is_reading, may_end = asyncio.Event(), asyncio.Event()

        async def read_slowly() -> object:
            async with db.read() as session:
                is_reading.set()
                await may_end.wait()
                return (await session.exec(select(literal(7)))).one()

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read_slowly())
            await is_reading.wait()
            closing = group.create_task(db.close())
            await asyncio.sleep(0.05)
            assert not closing.done()
            may_end.set()

        assert reading.result() == 7

    async def test_refuses_everything_afterwards(self, database_url: str) -> None:
        async with open_database(database_url) as db:
            pass

        with pytest.raises(Overloaded, match="stopping"):
            async with db.read():
                pass
        with pytest.raises(Overloaded, match="stopping"):
            await db.look(_one)
        with pytest.raises(Overloaded):
            await db.write(_one)


class TestPostgres:
    async def test_a_write_whose_caller_went_away_ends_before_the_database_closes(self, postgres_url: str) -> None:
        async with open_database(postgres_url) as db:
            ended: list[bool] = []
            writing = asyncio.ensure_future(db.write(_slowly, ended))
            await asyncio.sleep(0.05)
            writing.cancel()

        assert ended
        assert await _connections(postgres_url) == 0

    async def test_cuts_off_who_does_not_finish(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nyx.db.gate._LAST_ONES_S", 0.05)
        db = connect(postgres_url)

        async def read_for_ever() -> None:
            async with db.read() as session:
                await session.exec(select(literal(7)))
                await db.close()
                assert await _connections(postgres_url) == 0

        with pytest.raises(InterfaceError, match="closed"):
            await read_for_ever()


def _one(tx: Tx) -> None:
    tx.execute("SELECT 1")


def _slowly(tx: Tx, ended: list[bool]) -> None:
    tx.execute("SELECT pg_sleep(0.3)")
    ended.append(True)


async def _connections(url: str) -> int:
    """How many others are connected to the same database just now; the server takes a moment to notice who went."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for _ in range(20):
            others = await connection.fetchval(_OTHERS)
            if not others:
                break
            await asyncio.sleep(0.02)
        return int(others)
    finally:
        await connection.close()
