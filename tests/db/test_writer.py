"""The group commit on SQLite: many operations to one commit, each undone alone, nobody told "done" too early."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nyx.db.sqlite import connect
from nyx.db.tx import SqliteTx, Tx
from nyx.db.writer import MAX_BATCH, MAX_PENDING, Writer
from nyx.errors import Conflict, Overloaded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one table."""
    path = tmp_path / "test.db"
    connection = connect(path)
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    connection.close()
    return path


class Gate:
    """Keeps the writer thread busy in one operation, so that everything sent meanwhile makes one batch."""

    def __init__(self, writer: Writer) -> None:
        self._open = threading.Event()
        self.entered = threading.Event()
        self.passed = asyncio.ensure_future(writer.run(self._wait))

    def _wait(self, tx: SqliteTx) -> None:
        self.entered.set()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Writer]:
    writer = Writer(partial(connect, path))
    yield writer
    await writer.close()


async def one_batch(writer: Writer, *operations: Callable[[SqliteTx], Any]) -> list[Any]:
    """Run all operations as one batch; results and exceptions in their order."""
    gate = Gate(writer)
    await asyncio.to_thread(gate.entered.wait, 10)
    running = [asyncio.ensure_future(writer.run(operation)) for operation in operations]
    await asyncio.sleep(0)
    gate.open()
    await gate.passed
    return await asyncio.gather(*running, return_exceptions=True)


def insert(name: str) -> Callable[[SqliteTx], str]:
    def operation(tx: Tx) -> str:
        tx.execute("INSERT INTO item (name) VALUES (:name)", name=name)
        return name

    return operation


def names(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name FROM item ORDER BY id").fetchall()
    connection.close()
    return [name for (name,) in rows]


class TestBatch:
    async def test_operations_sent_together_are_committed_together(self, writer: Writer, path: Path) -> None:
        statements: list[str] = []

        def trace(tx: SqliteTx) -> None:
            tx._connection.set_trace_callback(statements.append)

        await writer.run(trace)
        await one_batch(writer, *(insert(str(i)) for i in range(100)))
        assert statements.count("COMMIT") == 3  # that of the trace itself, of the gate, and one for all hundred
        assert names(path) == [str(i) for i in range(100)]

    async def test_more_than_a_batch_is_split_and_stays_in_order(self, writer: Writer, path: Path) -> None:
        await one_batch(writer, *(insert(str(i)) for i in range(MAX_BATCH + 50)))
        assert names(path) == [str(i) for i in range(MAX_BATCH + 50)]

    @pytest.mark.parametrize("failure", [RuntimeError("a bug"), Conflict("refused after a write")])
    async def test_an_operation_that_fails_is_undone_alone(self, writer: Writer, path: Path, failure: Exception) -> None:
        def fail(tx: SqliteTx) -> None:
            insert("never")(tx)
            raise failure

        outcomes = await one_batch(writer, insert("before"), fail, insert("after"))

        assert outcomes == ["before", failure, "after"]
        assert names(path) == ["before", "after"]

    async def test_a_broken_constraint_or_a_wrong_statement_hurts_only_its_own_operation(self, writer: Writer, path: Path) -> None:
        def broken(tx: SqliteTx) -> None:
            tx.execute("INSERT INTO item (name) VALUES (NULL)")

        def wrong(tx: SqliteTx) -> None:
            insert("never")(tx)
            tx.execute("SELECT * FROM nowhere")

        outcomes = await one_batch(writer, insert("first"), broken, wrong, insert("last"))

        assert [type(outcome).__name__ for outcome in outcomes] == ["str", "IntegrityError", "OperationalError", "str"]
        assert names(path) == ["first", "last"]

    async def test_a_refusal_before_any_write_needs_no_replay(self, writer: Writer) -> None:
        runs = []

        def neighbour(tx: SqliteTx) -> None:
            runs.append("ran")
            insert("neighbour")(tx)

        def refuse(tx: SqliteTx) -> None:
            tx.execute("SELECT * FROM item")
            raise Conflict("no")

        await one_batch(writer, neighbour, refuse)
        assert runs == ["ran"]

    async def test_a_failure_after_a_write_replays_the_batch_once(self, writer: Writer) -> None:
        runs = []

        def neighbour(tx: SqliteTx) -> None:
            runs.append("ran")

        def fail(tx: SqliteTx) -> None:
            insert("never")(tx)
            raise Conflict("no")

        await one_batch(writer, neighbour, fail)
        assert runs == ["ran", "ran"]

    async def test_nobody_hears_of_success_before_the_commit(self, writer: Writer, path: Path) -> None:
        gate = Gate(writer)
        await asyncio.to_thread(gate.entered.wait, 10)
        seen: list[list[str]] = []
        write = asyncio.ensure_future(writer.run(insert("new")))
        write.add_done_callback(lambda _: seen.append(names(path)))
        await asyncio.sleep(0.02)
        assert not write.done()
        gate.open()
        await asyncio.gather(gate.passed, write)
        assert seen == [["new"]]


class TestRun:
    async def test_a_cancelled_caller_does_not_cancel_the_transaction(self, writer: Writer, path: Path) -> None:
        gate = Gate(writer)
        await asyncio.to_thread(gate.entered.wait, 10)
        caller = asyncio.ensure_future(writer.run(insert("kept")))
        await asyncio.sleep(0)
        caller.cancel()
        gate.open()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await gate.passed
        await writer.run(insert("next"))
        assert names(path) == ["kept", "next"]

    async def test_says_that_it_is_overloaded_when_the_queue_is_full(self, writer: Writer, path: Path) -> None:
        gate = Gate(writer)
        await asyncio.to_thread(gate.entered.wait, 10)
        waiting = [asyncio.ensure_future(writer.run(insert("x"))) for _ in range(MAX_PENDING)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await writer.run(insert("too many"))
        gate.open()
        await asyncio.gather(gate.passed, *waiting)
        assert names(path) == ["x"] * MAX_PENDING

    async def test_after_close_refuses_and_what_was_queued_is_written(self, path: Path) -> None:
        writer = Writer(partial(connect, path))
        gate = Gate(writer)
        await asyncio.to_thread(gate.entered.wait, 10)
        write = asyncio.ensure_future(writer.run(insert("queued")))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(writer.close())
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(gate.passed, write, closing)
        assert names(path) == ["queued"]
        with pytest.raises(Overloaded):
            await writer.run(insert("late"))
        await writer.close()
