"""What the rest of the app asks of credits: balances, history, grants by an admin and the regular sweep. No rule of the ledger itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random, from_micros
from nyx.db import Database, Row, Tx
from nyx.errors import InvalidInput
from nyx.models.credits import CreditEntry, CreditLot, EntryKind, LotSource
from nyx.services.credits import invariants, ledger
from nyx.services.credits.views import CreditSummary, EntryView, LotView

MAX_GRANT = 10_000_000
MAX_PAGE = 100
_SWEEP = 500


class CreditService:
    """Reads balances and changes them through the ledger; tells the owner's open pages after each commit."""

    def __init__(self, db: Database, bus: Bus, clock: Clock, random: Random) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._random = random

    async def summary(self, owner_id: str) -> CreditSummary:
        """The balance now; all zero for somebody without an account."""
        return await self._db.look(read_summary, owner_id=owner_id, now=self._clock.now())

    async def history(self, owner_id: str, limit: int = 50, before: int | None = None) -> tuple[EntryView, ...]:
        """Entries, newest first, at most 100; ``before`` is the id of the last one of the page above."""
        query = select(CreditEntry, CreditLot.source).outerjoin(CreditLot, col(CreditLot.id) == col(CreditEntry.lot_id))
        query = query.where(col(CreditEntry.owner_id) == owner_id).order_by(col(CreditEntry.id).desc()).limit(min(limit, MAX_PAGE))
        if before is not None:
            query = query.where(col(CreditEntry.id) < before)
        async with self._db.read() as session:
            return tuple(_entry_view(entry, source) for entry, source in (await session.exec(query)).all())

    async def grant_by_admin(
        self, *, owner_id: str, amount: int, key: str, reason: str, expires_at: datetime | None = None
    ) -> ledger.GrantResult:
        """Give credits by hand, once per ``key``. Raises: InvalidInput, NotFound without an account, Conflict."""
        if not 0 < amount <= MAX_GRANT:
            raise InvalidInput(f"Grant between 1 and {MAX_GRANT:,} credits.", field="amount")
        if not reason.strip():
            raise InvalidInput("Say why these credits are granted.", field="reason")
        result = await self._db.write(
            ledger.grant,
            owner_id=owner_id,
            amount=amount,
            source=LotSource.ADMIN,
            source_key=f"admin:{key}",
            now=self._clock.now(),
            new_id=self._random.id(),
            expires_at=expires_at,
            reason=reason.strip(),
        )
        self._tell([owner_id])
        return result

    async def expire_due(self) -> int:
        """Write off lots past their expiry, in small transactions; returns how many people that concerned. Safe to repeat."""
        total = 0
        while owners := await self._db.write(ledger.expire_lots, now=self._clock.now(), limit=_SWEEP):
            self._tell(owners)
            total += len(owners)
        return total

    async def find_violations(self) -> tuple[str, ...]:
        """One sentence for each invariant of the ledger that does not hold; empty when it adds up."""
        async with self._db.read() as session:
            return await invariants.check_session(session)

    def _tell(self, owners: Iterable[str]) -> None:
        for owner_id in owners:
            self._bus.publish(user_topic(owner_id), Event("credits"))


def read_summary(tx: Tx, *, owner_id: str, now: datetime) -> CreditSummary:
    """Lots past their expiry count only with what holds still keep of them, whether or not the sweep has been there."""
    account = tx.execute("SELECT held, debt FROM credit_account WHERE owner_id = :owner_id", owner_id=owner_id).first()
    if account is None:
        return CreditSummary(available=0, held=0, debt=0, posted=0, lots=())
    lots = tx.execute(
        "SELECT remaining, held, source, expires_at, effective_at <= :now AND (expires_at IS NULL OR expires_at > :now) AS is_usable"
        " FROM credit_lot WHERE owner_id = :owner_id AND remaining > 0 ORDER BY priority, expires_at IS NULL, expires_at, sequence",
        owner_id=owner_id,
        now=now,
    ).all()
    available = sum(lot["remaining"] - lot["held"] for lot in lots if lot["is_usable"])
    return CreditSummary(
        available=available,
        held=account["held"],
        debt=account["debt"],
        posted=available + account["held"],
        lots=tuple(_lot_view(lot) for lot in lots if lot["held"] or lot["is_usable"]),
    )


def _lot_view(lot: Row) -> LotView:
    expires_at = None if lot["expires_at"] is None else from_micros(lot["expires_at"])
    return LotView(remaining=lot["remaining"], held=lot["held"], source=LotSource(lot["source"]), expires_at=expires_at)


def _entry_view(entry: CreditEntry, source: str | None) -> EntryView:
    assert entry.id is not None, "a stored entry has its number"
    return EntryView(
        id=entry.id,
        kind=EntryKind(entry.kind),
        amount=entry.amount,
        source=LotSource(source) if source else None,
        reason=entry.reason,
        created_at=entry.created_at,
    )
