"""The SQLite file and the world around it: a second process, a full disk, a lock from outside, an old library."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from nyx._sqlite import SAFE_VERSION
from nyx.db import AlreadyRunning, Tx, open_database
from nyx.db.sqlite import SqliteDatabase, connect
from nyx.db.writer import Writer
from nyx.errors import Overloaded

CREATE = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"


def insert(tx: Tx, *, name: str) -> None:
    tx.execute("INSERT INTO item (name) VALUES (:name)", name=name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    connection = connect(path)
    connection.execute(CREATE)
    connection.close()
    return path


class TestLockFile:
    async def test_refuses_a_second_opener_and_says_what_to_do(self, path: Path) -> None:
        first = SqliteDatabase(path)
        with pytest.raises(AlreadyRunning) as refusal:
            SqliteDatabase(path)
        assert str(refusal.value) == (
            f"Nyx-Net is already running on {path} (process {os.getpid()}). Stop it first, or choose another NYX_DATA_DIR."
        )
        await first.close()

    async def test_refuses_another_process_too(self, path: Path) -> None:
        first = SqliteDatabase(path)
        second = "import sys, pathlib, nyx.db.sqlite as s; s.SqliteDatabase(pathlib.Path(sys.argv[1]))"
        result = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", second, str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        assert result.returncode != 0
        assert "already running" in result.stderr
        await first.close()

    async def test_lets_the_next_one_in_after_closing(self, path: Path) -> None:
        for _ in range(2):
            database = SqliteDatabase(path)
            await database.write(insert, name="x")
            await database.close()
            await database.close()

        connection = sqlite3.connect(path)
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (2,)
        connection.close()

    async def test_a_file_that_can_not_be_opened_is_told_at_once_and_leaves_no_lock(self, tmp_path: Path) -> None:
        path = tmp_path / "folder.db"
        path.mkdir()
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError):
                SqliteDatabase(path)


class TestLibrary:
    def test_is_new_enough_to_be_safe_with_a_write_ahead_log(self) -> None:
        assert sqlite3.sqlite_version_info >= SAFE_VERSION
        assert sys.modules["sqlite3.dbapi2"].sqlite_version_info >= SAFE_VERSION

    def test_writes_durably(self, path: Path) -> None:
        connection = connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        connection.close()


class TestLockedFromOutside:
    async def test_gives_a_sentence_and_the_next_write_is_fine(self, path: Path) -> None:
        def impatient() -> sqlite3.Connection:
            connection = connect(path)
            connection.execute("PRAGMA busy_timeout=50")
            return connection

        writer = Writer(impatient)
        intruder = connect(path)
        intruder.execute("BEGIN IMMEDIATE")

        with pytest.raises(Overloaded, match="Nothing can be saved right now"):
            await writer.run(partial(insert, name="refused"))
        intruder.execute("ROLLBACK")
        await writer.run(partial(insert, name="fine"))

        assert [row[0] for row in intruder.execute("SELECT name FROM item")] == ["fine"]
        intruder.close()
        await writer.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if os.getuid() != 0:
        pytest.skip("only root may mount the small disk that this test fills")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"this machine lets nobody mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


class TestFullDisk:
    async def test_refuses_with_a_sentence_loses_nothing_acknowledged_and_goes_on(self, small_disk: Path) -> None:
        path = small_disk / "test.db"
        connection = connect(path)
        connection.execute(CREATE)
        connection.close()
        writer = Writer(partial(connect, path))
        acknowledged = []
        refusals = []

        async def write(i: int) -> None:
            name = f"{i:05}".ljust(4_000, "x")
            try:
                await writer.run(partial(insert, name=name))
                acknowledged.append(name)
            except Overloaded as refusal:
                refusals.append(refusal)

        for start in range(0, 400, 8):
            await asyncio.gather(*(write(i) for i in range(start, start + 8)))

        assert refusals
        assert acknowledged
        await asyncio.to_thread(partial(subprocess.run, ["mount", "-o", "remount,size=8m", str(small_disk)], check=True))
        await writer.run(partial(insert, name="after"))
        await writer.close()
        connection = connect(path)
        stored = [row[0] for row in connection.execute("SELECT name FROM item ORDER BY id")]
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        connection.close()
        assert sorted(stored) == sorted([*acknowledged, "after"])


class TestOpenDatabase:
    async def test_makes_the_folder_and_the_schema(self, tmp_path: Path) -> None:
        async with open_database(f"sqlite+aiosqlite:///{tmp_path}/new/nyx.db") as db, db.read() as session:
            connection = await session.connection()
            tables = (await connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'credit_lot'")).scalar_one()
        assert tables == 1
