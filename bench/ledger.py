"""Hold and capture, each durably committed: through the door, as bare statements, and the usual way with an ORM."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import plain_orm
from bench.measure import Scale, median, percentile, ratio
from bench.people import open_accounts
from bench.report import Outcome, Row, at_least, at_most
from nyx.clock import SystemClock, SystemRandom, to_micros
from nyx.db import Database, Tx, open_database
from nyx.db.tx import Result, SqliteTx
from nyx.services.credits import invariants, ledger

_TASKS = (1, 8, 64)
_BARS = {8: 0.4, 64: 0.8}
_LATENCY_BAR_MS = 50.0
_OWNERS = 64
_AMOUNT = 3
_LIFETIME = timedelta(days=7)
_CLOCK = SystemClock()
_RANDOM = SystemRandom()

Pair = Callable[[str], Awaitable[None]]


@dataclass
class _Rates:
    """Pairs a second of each round, and how long single pairs took, in milliseconds."""

    per_s: list[float] = field(default_factory=list)
    pair_ms: list[float] = field(default_factory=list)


def run(scale: Scale, folder: Path) -> Outcome:
    """Every way on one database file, in turns."""
    return uvloop.run(_measure(scale, folder / "ledger.sqlite3"))


async def _measure(scale: Scale, path: Path) -> Outcome:
    url = f"sqlite+aiosqlite:///{path}"
    raw, ours, orm = _Rates(), {tasks: _Rates() for tasks in _TASKS}, {tasks: _Rates() for tasks in _TASKS}
    slot_s = scale.of(1.0, 0.05)
    async with open_database(url) as db:
        owners = await db.write(open_accounts, count=_OWNERS)
        statements = await db.write(_record_statements, owner_id=owners[0])
        engine = plain_orm.open_engine(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            _make_durable(connection)
            for _ in range(scale.of(9, 1)):
                _raw_round(connection, statements, owners, raw, slot_s)
                for tasks in _TASKS:
                    await _round(_through_the_door(db), owners, ours[tasks], tasks=tasks, slot_s=slot_s)
                    await _round(_through_the_orm(engine), owners, orm[tasks], tasks=tasks, slot_s=slot_s)
        await engine.dispose()
        async with db.read() as session:
            broken = await invariants.check_session(session)
    if broken:
        raise RuntimeError(f"the ledger no longer adds up: {broken[0]}")
    return Outcome("Ledger: hold + capture, two durable transactions", _rows(raw, ours, orm), _how(statements))


def _rows(raw: _Rates, ours: dict[int, _Rates], orm: dict[int, _Rates]) -> tuple[Row, ...]:
    rows = []
    for tasks in _TASKS:
        rows.append(
            Row(
                name=f"pairs/s, {tasks} at once",
                ours=f"{median(ours[tasks].per_s):,.0f}",
                reference=f"{median(raw.per_s):,.0f}",
                ratio=ratio(ours[tasks].per_s, raw.per_s),
                bar=at_least(_BARS[tasks]) if tasks in _BARS else None,
            )
        )
    p99_ms = percentile(ours[64].pair_ms, 0.99)
    rows.append(Row(name="p99 of a pair, 64 at once", ours=f"{p99_ms:.1f} ms", bar=at_most(_LATENCY_BAR_MS, "ms"), judged=p99_ms))
    for tasks in _TASKS:
        rows.append(
            Row(
                name=f"against the plain ORM, {tasks} at once",
                ours=f"{median(ours[tasks].per_s):,.0f}",
                reference=f"{median(orm[tasks].per_s):,.0f}",
                ratio=ratio(ours[tasks].per_s, orm[tasks].per_s),
            )
        )
    return tuple(rows)


def _how(statements: _Statements) -> str:
    return (
        f"The reference runs the very statements that the two operations send ({len(statements.hold)} for a hold,"
        f" {len(statements.capture)} for a capture, recorded at the start of the run) from a plain loop on `sqlite3`, one after the other"
        " in one thread, which is its fastest way, without any of our code in between. All sides write the same file with WAL and"
        " `synchronous=FULL`, one commit each. The ORM way reads objects and changes them under `BEGIN IMMEDIATE`"
        " (SQLModel, aiosqlite, a pool of 8). At the end every invariant of the ledger is checked."
    )


async def _round(pair: Pair, owners: tuple[str, ...], rates: _Rates, *, tasks: int, slot_s: float) -> None:
    started = time.perf_counter()

    async def worker(owner_id: str) -> int:
        done = 0
        while (begun := time.perf_counter()) - started < slot_s:
            await pair(owner_id)
            rates.pair_ms.append((time.perf_counter() - begun) * 1000)
            done += 1
        return done

    done = sum(await asyncio.gather(*(worker(owners[index % len(owners)]) for index in range(tasks))))
    rates.per_s.append(done / (time.perf_counter() - started))


def _through_the_door(db: Database) -> Pair:
    async def pair(owner_id: str) -> None:
        now, hold_id = _CLOCK.now(), _RANDOM.id()
        await db.write(
            ledger.place_hold, owner_id=owner_id, amount=_AMOUNT, key=hold_id, now=now, expires_at=now + _LIFETIME, hold_id=hold_id
        )
        await db.write(ledger.capture, hold_id=hold_id, amount=_AMOUNT, now=_CLOCK.now())

    return pair


def _through_the_orm(engine: AsyncEngine) -> Pair:
    async def pair(owner_id: str) -> None:
        now, hold_id = _CLOCK.now(), _RANDOM.id()
        await plain_orm.place_hold(engine, owner_id=owner_id, amount=_AMOUNT, hold_id=hold_id, now=now, expires_at=now + _LIFETIME)
        await plain_orm.capture(engine, hold_id=hold_id, now=_CLOCK.now())

    return pair


# The bare side


@dataclass(frozen=True)
class _Statements:
    """What the two operations send, in order."""

    hold: tuple[str, ...]
    capture: tuple[str, ...]
    fixed: dict[str, Any]
    """The parameters that are the same for every pair."""


class _Recorder:
    """A transaction that remembers what it was asked to run."""

    is_shared, lock, skip_locked = SqliteTx.is_shared, SqliteTx.lock, SqliteTx.skip_locked

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.statements: list[str] = []
        self.params: dict[str, Any] = {}

    def execute(self, sql: str, **params: Any) -> Result:
        self.statements.append(sql)
        self.params |= params
        return self._tx.execute(sql, **params)


def _record_statements(tx: Tx, *, owner_id: str) -> _Statements:
    now, hold_id = _CLOCK.now(), _RANDOM.id()
    hold, capture = _Recorder(tx), _Recorder(tx)
    ledger.place_hold(hold, owner_id=owner_id, amount=_AMOUNT, key=hold_id, now=now, expires_at=now + _LIFETIME, hold_id=hold_id)
    ledger.capture(capture, hold_id=hold_id, amount=_AMOUNT, now=now)
    return _Statements(tuple(hold.statements), tuple(capture.statements), hold.params | capture.params)


def _raw_round(connection: sqlite3.Connection, statements: _Statements, owners: tuple[str, ...], rates: _Rates, slot_s: float) -> None:
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < slot_s:
        now, hold_id, owner_id = to_micros(_CLOCK.now()), _RANDOM.id(), owners[done % len(owners)]
        own = {"hold_id": hold_id, "key": hold_id, "operation_key": f"hold:{hold_id}", "owner_id": owner_id, "now": now}
        params = statements.fixed | own | {"expires_at": now + 604_800_000_000}
        for operation in (statements.hold, statements.capture):
            connection.execute("BEGIN IMMEDIATE")
            for sql in operation:
                connection.execute(sql, params).fetchall()
            connection.execute("COMMIT")
        done += 1
    rates.per_s.append(done / (time.perf_counter() - started))


def _make_durable(connection: sqlite3.Connection) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
