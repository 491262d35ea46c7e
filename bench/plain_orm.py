"""Hold and capture as they are usually written with SQLModel: read objects, change them, commit. Correct, and only for comparison."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.models.credits import CreditAccount, CreditEntry, CreditHold, CreditHoldAllocation, CreditLot, EntryKind, HoldStatus


def open_engine(path: Path) -> AsyncEngine:
    """An engine whose transactions take the write lock as they begin: anything later would lose updates."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=8, max_overflow=0, pool_timeout=120)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


async def place_hold(engine: AsyncEngine, *, owner_id: str, amount: int, hold_id: str, now: datetime, expires_at: datetime) -> None:
    """Set credits aside from the lots in burn order."""
    async with AsyncSession(engine) as session:
        account = (await session.exec(select(CreditAccount).where(CreditAccount.owner_id == owner_id))).one()
        if account.available < amount:
            raise ValueError("not enough credits")
        account.available -= amount
        account.held += amount
        hold = CreditHold(id=hold_id, owner_id=owner_id, key=hold_id, amount=amount, expires_at=expires_at, created_at=now)
        session.add(hold)
        await session.flush()
        taken = 0
        for lot in await _usable_lots(session, owner_id, now):
            share = min(lot.remaining - lot.held, amount - taken)
            if share <= 0:
                break
            lot.held += share
            session.add(CreditHoldAllocation(hold_id=hold_id, lot_id=lot.id, taken_before=taken, amount=share))
            taken += share
        await session.commit()


async def capture(engine: AsyncEngine, *, hold_id: str, now: datetime) -> None:
    """Spend the whole hold."""
    async with AsyncSession(engine) as session:
        hold = (await session.exec(select(CreditHold).where(CreditHold.id == hold_id))).one()
        if hold.status != HoldStatus.OPEN:
            raise ValueError("resolved before")
        hold.status, hold.captured, hold.settled_at = HoldStatus.CAPTURED, hold.amount, now
        account = (await session.exec(select(CreditAccount).where(CreditAccount.owner_id == hold.owner_id))).one()
        account.held -= hold.amount
        shares = (await session.exec(select(CreditHoldAllocation).where(CreditHoldAllocation.hold_id == hold_id))).all()
        for share in shares:
            lot = (await session.exec(select(CreditLot).where(CreditLot.id == share.lot_id))).one()
            lot.held -= share.amount
            lot.remaining -= share.amount
            session.add(
                CreditEntry(
                    owner_id=hold.owner_id,
                    lot_id=lot.id,
                    hold_id=hold_id,
                    kind=EntryKind.SPEND,
                    amount=-share.amount,
                    operation_key=f"hold:{hold_id}",
                    created_at=now,
                )
            )
        await session.commit()


async def _usable_lots(session: AsyncSession, owner_id: str, now: datetime) -> list[CreditLot]:
    query = select(CreditLot).where(
        CreditLot.owner_id == owner_id, CreditLot.remaining > CreditLot.held, col(CreditLot.effective_at) <= now
    )
    query = query.where((col(CreditLot.expires_at).is_(None)) | (col(CreditLot.expires_at) > now))
    order = (col(CreditLot.priority), col(CreditLot.expires_at).is_(None), col(CreditLot.expires_at), col(CreditLot.sequence))
    return list((await session.exec(query.order_by(*order))).all())


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
