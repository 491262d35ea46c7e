"""What every operation and every read may rely on, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from nyx.db import Database, Tx
from nyx.errors import Conflict, InvalidInput
from nyx.models import Installation, User

MOMENT = datetime(2026, 1, 15, 12, 0, 0, 123_456, tzinfo=UTC)


def put(tx: Tx, *, key: str, value: str) -> None:
    tx.execute("INSERT INTO installation (key, value) VALUES (:key, :value)", key=key, value=value)


def add_user(tx: Tx, *, created_at: datetime) -> None:
    tx.execute("INSERT INTO app_user (id, email, password_hash, created_at) VALUES ('u', 'e', '', :at)", at=created_at)


async def keys(db: Database) -> list[str]:
    async with db.read() as session:
        return list((await session.exec(select(Installation.key).order_by(col(Installation.key)))).all())


class TestLook:
    async def test_sees_every_committed_write(self, db: Database) -> None:
        def count(tx: Tx) -> int:
            return int(tx.execute("SELECT count(*) AS n FROM installation").all()[0]["n"])

        for i in range(5):
            await db.write(put, key=str(i), value="")
            assert await db.look(count) == i + 1

    async def test_every_statement_of_one_look_sees_the_same_state(self, db: Database) -> None:
        await db.write(put, key="a", value="")
        is_between, may_go_on = threading.Event(), threading.Event()

        def count_twice(tx: Tx) -> tuple[int, int]:
            first = len(tx.execute("SELECT key FROM installation").all())
            is_between.set()
            may_go_on.wait(5)
            return first, len(tx.execute("SELECT key FROM installation").all())

        if db.dialect == "postgresql":  # there an operation runs on the loop: nothing of ours can come between its statements
            may_go_on.set()
        counted = asyncio.ensure_future(db.look(count_twice))
        await asyncio.to_thread(is_between.wait, 5)
        await db.write(put, key="b", value="")
        may_go_on.set()

        assert await counted == (1, 1)

    async def test_can_not_write(self, db: Database) -> None:
        with pytest.raises((sqlite3.OperationalError, SQLAlchemyError)):
            await db.look(put, key="a", value="")
        assert await keys(db) == []

    async def test_an_error_leaves_the_next_look_alone(self, db: Database) -> None:
        def fail(tx: Tx) -> None:
            tx.execute("SELECT key FROM installation")
            raise Conflict("no")

        for _ in range(4):
            with pytest.raises(Conflict):
                await db.look(fail)
        assert await db.look(lambda tx: len(tx.execute("SELECT key FROM installation").all())) == 0


class TestWrite:
    async def test_returns_what_the_operation_returns(self, db: Database) -> None:
        def double(tx: Tx, number: int) -> int:
            [row] = tx.execute("SELECT CAST(:number AS INTEGER) * 2 AS doubled", number=number).all()
            return int(row["doubled"])

        assert await db.write(double, 21) == 42

    async def test_commits_before_it_returns_so_that_the_next_read_sees_it(self, db: Database) -> None:
        for i in range(20):
            await db.write(put, key=f"{i:02}", value="")
            assert len(await keys(db)) == i + 1

    async def test_an_error_undoes_every_statement(self, db: Database) -> None:
        def fail(tx: Tx) -> None:
            put(tx, key="a", value="")
            raise Conflict("no")

        with pytest.raises(Conflict):
            await db.write(fail)
        assert await keys(db) == []

    async def test_failing_operations_leave_those_beside_them_alone(self, db: Database) -> None:
        outcomes = await asyncio.gather(*(db.write(put, key=str(i % 5), value=str(i)) for i in range(40)), return_exceptions=True)
        assert sum(outcome is None for outcome in outcomes) == 5
        assert await keys(db) == list("01234")

    async def test_a_cancelled_caller_does_not_cancel_the_transaction(self, db: Database) -> None:
        writing = asyncio.ensure_future(db.write(put, key="kept", value=""))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        for _ in range(200):
            if await keys(db):
                break
            await asyncio.sleep(0.01)
        assert await keys(db) == ["kept"]


class TestText:
    """SQLite keeps a NUL, PostgreSQL can't: then whoever sent it is told, and nothing broke."""

    async def test_with_a_nul_in_it_is_kept_or_refused_in_words(self, db: Database) -> None:
        def find(tx: Tx, *, key: str) -> bool:
            return tx.execute("SELECT 1 FROM installation WHERE key = :key", key=key).first() is not None

        if db.dialect == "sqlite":
            await db.write(put, key="a\x00", value="")
            assert await db.look(find, key="a\x00")
        else:
            with pytest.raises(InvalidInput):
                await db.write(put, key="a\x00", value="")
            with pytest.raises(InvalidInput):
                await db.look(find, key="a\x00")
            with pytest.raises(InvalidInput):
                async with db.read() as session:
                    await session.exec(select(Installation.key).where(col(Installation.key) == "a\x00"))

        await db.write(put, key="b", value="")
        assert "b" in await keys(db)


class TestExecute:
    async def test_stores_datetimes_as_microseconds_whatever_their_zone(self, db: Database) -> None:
        await db.write(add_user, created_at=MOMENT.astimezone(timezone(timedelta(hours=9))))

        def stored(tx: Tx) -> int:
            return int(tx.execute("SELECT created_at FROM app_user").all()[0]["created_at"])

        assert await db.write(stored) == 1_768_478_400_123_456
        async with db.read() as session:
            assert (await session.exec(select(User.created_at))).one() == MOMENT

    async def test_counts_rows_changed_and_rows_returned(self, db: Database) -> None:
        def count(tx: Tx) -> list[int]:
            put(tx, key="a", value="1")
            put(tx, key="b", value="1")
            return [
                tx.execute("UPDATE installation SET value = '2'").rowcount,
                tx.execute("UPDATE installation SET value = '3' WHERE key = 'z'").rowcount,
                tx.execute("UPDATE installation SET value = '4' WHERE key = 'a' RETURNING value").rowcount,
                tx.execute("INSERT INTO installation (key, value) VALUES ('a', '') ON CONFLICT DO NOTHING").rowcount,
            ]

        assert await db.write(count) == [2, 0, 1, 0]

    async def test_gives_rows_by_column_name_and_none_when_there_is_none(self, db: Database) -> None:
        def first(tx: Tx) -> tuple[str, object]:
            put(tx, key="a", value="1")
            row = tx.execute("SELECT key, value FROM installation").first()
            assert row is not None
            return row["value"], tx.execute("SELECT key FROM installation WHERE key = 'z'").first()

        assert await db.write(first) == ("1", None)

    async def test_takes_enums_booleans_and_none(self, db: Database) -> None:
        class Colour(StrEnum):
            RED = "red"

        def use(tx: Tx) -> tuple[str, int]:
            put(tx, key="colour", value=Colour.RED)
            tx.execute("INSERT INTO model_override (model_key, credits, is_enabled, updated_at) VALUES ('m', :n, :b, 0)", n=None, b=True)
            [row] = tx.execute("SELECT value FROM installation").all()
            return row["value"], tx.execute("SELECT 1 AS one FROM model_override WHERE is_enabled AND credits IS NULL").rowcount

        assert await db.write(use) == ("red", 1)


class TestRead:
    async def test_can_not_write(self, db: Database) -> None:
        async with db.read() as session:
            connection = await session.connection()
            with pytest.raises(SQLAlchemyError, match=r"(?i)read-?only"):
                await connection.execute(text("INSERT INTO installation (key, value) VALUES ('a', '')"))
        assert await keys(db) == []

    async def test_goes_on_while_others_write(self, db: Database) -> None:
        async def write() -> None:
            for i in range(20):
                await db.write(put, key=f"{i:02}", value="")

        async def read() -> list[int]:
            return [len(await keys(db)) for _ in range(20)]

        _, seen, _ = await asyncio.gather(write(), read(), read())
        assert seen == sorted(seen)
