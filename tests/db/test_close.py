"""Closing the SQLite database while somebody still reads."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import literal
from sqlmodel import select

from nyx.db import connect, open_database
from nyx.errors import Overloaded


class TestClose:
    async def test_waits_for_a_read_under_way(self, sqlite_url: str) -> None:
        db = connect(sqlite_url)
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

    async def test_refuses_reads_afterwards(self, sqlite_url: str) -> None:
        async with open_database(sqlite_url) as db:
            pass

        with pytest.raises(Overloaded, match="stopping"):
            async with db.read():
                pass
