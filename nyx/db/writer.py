"""The only writer of the SQLite file: one thread, many operations to a commit."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nyx.db.tx import SqliteTx
from nyx.errors import NyxError, Overloaded

log = logging.getLogger(__name__)

MAX_BATCH = 256
MAX_PENDING = 5_000

# Primary result codes that blame the surroundings, not the statement. Source: https://www.sqlite.org/rescode.html
_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN = 5, 6, 8, 10, 13, 14
_CANNOT_SAVE = frozenset({_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN})

Operation = Callable[[SqliteTx], Any]


@dataclass(frozen=True)
class _Request:
    operation: Operation
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True)
class _Outcome:
    request: _Request
    value: Any = None
    error: BaseException | None = None


class _ReplayNeeded(Exception):
    """An operation failed after it had written: the batch must be run again, each operation in its own savepoint."""


class Writer:
    """Runs operations in the order they came, up to 256 to one durable commit.

    An operation that fails alone is undone alone; the others are not disturbed. Nobody hears of success before the commit.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connection = connect()  # here, so that a file that can't be opened is told to whoever starts the app
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation) -> Any:
        """Run one operation to its commit. Cancelling the caller does not cancel the transaction. Raises: Overloaded."""
        if self._closed or self._queue.qsize() >= MAX_PENDING:
            raise Overloaded
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        future.add_done_callback(_retrieve)
        self._queue.put(_Request(operation, future, loop))
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Finish what is queued, then stop the thread. Safe to repeat."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _loop(self) -> None:
        connection = self._connection
        stopping = False
        while not stopping:
            batch, stopping = self._take()
            if batch:
                _deliver(_run_batch(connection, batch))
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:  # all is in the write-ahead log, which the next start reads
            log.warning("The last checkpoint was not made", exc_info=True)
        connection.close()

    def _take(self) -> tuple[list[_Request], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        batch = [first]
        while len(batch) < MAX_BATCH:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if request is None:
                return batch, True
            batch.append(request)
        return batch, False


def _run_batch(connection: sqlite3.Connection, batch: list[_Request]) -> list[_Outcome]:
    try:
        try:
            return _commit_together(connection, batch, isolate=False)
        except _ReplayNeeded:
            return _commit_together(connection, batch, isolate=True)
    except Exception as error:  # disk full, file locked from outside: nobody was told "done", so everybody hears why
        log.exception("A batch of writes was not committed", extra={"operations": len(batch)})
        return [_Outcome(request, error=_as_anticipated(error)) for request in batch]


def _commit_together(connection: sqlite3.Connection, batch: list[_Request], *, isolate: bool) -> list[_Outcome]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        tx = SqliteTx(connection)
        run = _run_isolated if isolate else _run_optimistic
        outcomes = [run(connection, tx, request) for request in batch]
        connection.execute("COMMIT")
        return outcomes
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run_optimistic(connection: sqlite3.Connection, tx: SqliteTx, request: _Request) -> _Outcome:
    before = connection.total_changes
    try:
        return _Outcome(request, value=request.operation(tx))
    except Exception as error:
        if isinstance(error, NyxError) and connection.total_changes == before:
            return _Outcome(request, error=error)  # an expected refusal that wrote nothing needs no replay
        raise _ReplayNeeded from error


def _run_isolated(connection: sqlite3.Connection, tx: SqliteTx, request: _Request) -> _Outcome:
    connection.execute("SAVEPOINT operation")
    try:
        outcome = _Outcome(request, value=request.operation(tx))
    except Exception as error:
        if not connection.in_transaction:  # SQLite itself gave the whole transaction up, so there is nothing to go back to
            raise
        connection.execute("ROLLBACK TO operation")
        outcome = _Outcome(request, error=_as_anticipated(error))
    connection.execute("RELEASE operation")
    return outcome


def _as_anticipated(error: Exception) -> Exception:
    """A full disk or a locked file is nobody's bug: the caller may try again."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _CANNOT_SAVE:
        return error
    refusal = Overloaded("Nothing can be saved right now: the disk may be full, or the database is in use. Please try again in a moment.")
    refusal.__cause__ = error
    return refusal


def _deliver(outcomes: Iterable[_Outcome]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.request.loop, []).append(outcome)
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:  # its loop was closed while the commit was made: nobody is left to tell
            log.info("The loop that asked for a write is gone", extra={"operations": len(mine)})


def _resolve(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        future = outcome.request.future
        if future.done():
            continue
        if outcome.error is None:
            future.set_result(outcome.value)
        else:
            future.set_exception(outcome.error)


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Mark an exception as seen: its caller may have been cancelled meanwhile."""
    if not future.cancelled():
        future.exception()
