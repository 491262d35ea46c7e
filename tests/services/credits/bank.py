"""A short way to drive the ledger in tests: owners, operations at the clock's time, and what the tables say afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nyx.clock import SeededRandom
from nyx.db import Database, Tx
from nyx.models.credits import LotSource
from nyx.services.credits import invariants, ledger
from tests.support.clock import FakeClock

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """The figures of an account, in whole credits."""

    available: int
    held: int = 0
    debt: int = 0


def add_person(tx: Tx, *, owner_id: str, now: datetime, has_account: bool = True) -> None:
    """A user row, because accounts refer to one."""
    tx.execute(
        "INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, :email, '', :now)",
        id=owner_id,
        email=f"{owner_id}@example.org",
        now=now,
    )
    if has_account:
        ledger.open_account(tx, owner_id=owner_id)


class Bank:
    """Every operation runs in its own transaction, at the clock's time, with fresh ids and keys unless a test names them."""

    def __init__(self, db: Database, clock: FakeClock, random: SeededRandom) -> None:
        self.db = db
        self.clock = clock
        self.random = random

    async def owner(self, *grants: int, has_account: bool = True) -> str:
        """A new owner with one lot for each amount."""
        owner_id = self.random.id()
        await self.db.write(add_person, owner_id=owner_id, now=self.clock.now(), has_account=has_account)
        for amount in grants:
            await self.grant(owner_id, amount)
        return owner_id

    async def grant(
        self,
        owner_id: str,
        amount: int,
        *,
        key: str | None = None,
        priority: int | None = None,
        effective_in: timedelta = timedelta(0),
        expires_in: timedelta | None = None,
        source: LotSource = LotSource.PACK,
    ) -> ledger.GrantResult:
        now = self.clock.now()
        return await self.db.write(
            ledger.grant,
            owner_id=owner_id,
            amount=amount,
            source=source,
            source_key=key or self.random.id(),
            now=now,
            new_id=self.random.id(),
            priority=priority,
            effective_at=now + effective_in,
            expires_at=None if expires_in is None else now + expires_in,
        )

    async def hold(self, owner_id: str, amount: int, *, key: str | None = None, expires_in: timedelta = HOUR) -> ledger.Hold:
        now = self.clock.now()
        return await self.db.write(
            ledger.place_hold,
            owner_id=owner_id,
            amount=amount,
            key=key or self.random.id(),
            now=now,
            expires_at=now + expires_in,
            hold_id=self.random.id(),
        )

    async def capture(self, hold: ledger.Hold, amount: int) -> ledger.Hold:
        return await self.db.write(ledger.capture, hold_id=hold.id, amount=amount, now=self.clock.now())

    async def release(self, hold: ledger.Hold) -> ledger.Hold:
        return await self.db.write(ledger.release, hold_id=hold.id, now=self.clock.now())

    async def expire_holds(self, limit: int = 100) -> tuple[str, ...]:
        return await self.db.write(ledger.expire_holds, now=self.clock.now(), limit=limit)

    async def expire_lots(self, owner_id: str | None = None) -> tuple[str, ...]:
        return await self.db.write(ledger.expire_lots, now=self.clock.now(), owner_id=owner_id)

    async def clawback(self, key: str, cumulative: int, *, operation_key: str | None = None) -> ledger.ClawbackResult:
        return await self.db.write(
            ledger.clawback,
            source_key=key,
            cumulative_amount=cumulative,
            operation_key=operation_key or self.random.id(),
            now=self.clock.now(),
        )

    async def adjust(self, owner_id: str, amount: int, *, operation_key: str | None = None) -> None:
        await self.db.write(
            ledger.adjust,
            owner_id=owner_id,
            amount=amount,
            operation_key=operation_key or self.random.id(),
            reason="by hand",
            now=self.clock.now(),
            new_id=self.random.id(),
        )

    async def account(self, owner_id: str) -> Account:
        [row] = await self.rows("SELECT available, held, debt FROM credit_account WHERE owner_id = :id", id=owner_id)
        return Account(*row)

    async def lots(self, owner_id: str) -> list[tuple[int, int]]:
        """``(remaining, held)`` of each lot, oldest first."""
        return await self.rows("SELECT remaining, held FROM credit_lot WHERE owner_id = :id ORDER BY sequence", id=owner_id)

    async def entries(self, owner_id: str) -> list[tuple[str, int]]:
        """``(kind, amount)`` of each entry, oldest first."""
        return await self.rows("SELECT kind, amount FROM credit_entry WHERE owner_id = :id ORDER BY id", id=owner_id)

    async def rows(self, sql: str, **params: object) -> list[tuple]:
        """Whatever a query returns, as plain tuples."""

        def read(tx: Tx) -> list[tuple]:
            return [tuple(dict(row).values()) for row in tx.execute(sql, **params).all()]

        return await self.db.write(read)

    async def violations(self) -> tuple[str, ...]:
        return await self.db.write(invariants.check)
