"""Lots: credits that come in (grant), run out (expire), are taken back (clawback) or corrected by hand (adjust).

Each operation locks the owner's account first; the journal gets an entry for every change of a lot and of the debt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nyx.db import Row, Tx
from nyx.errors import Conflict, InsufficientCredits, InvalidInput, NotFound
from nyx.models.credits import EntryKind, LotSource
from nyx.services.credits.burn import BURN_ORDER, SHARE, usable_credits

# Lower burns first: what is lost soonest goes first, what was paid for once and stays longest goes last.
_PRIORITY = {LotSource.PLAN: 10, LotSource.SIGN_UP: 20, LotSource.ADMIN: 20, LotSource.COMMAND_LINE: 20, LotSource.PACK: 50}
assert _PRIORITY.keys() == set(LotSource), "every source has its place in the burn order"


@dataclass(frozen=True)
class GrantResult:
    """The lot behind a business key; ``is_new`` says whether this very call made it. ``repaid`` went to the debt at that time."""

    lot_id: str
    granted: int
    repaid: int
    is_new: bool


@dataclass(frozen=True)
class ClawbackResult:
    """Whole credits that this call took from the lot, and those that it could only book as debt."""

    taken: int
    owed: int


def open_account(tx: Tx, *, owner_id: str) -> None:
    """Give a user their account, empty. Safe to repeat."""
    tx.execute("INSERT INTO credit_account (owner_id) VALUES (:owner_id) ON CONFLICT (owner_id) DO NOTHING", owner_id=owner_id)


def grant(
    tx: Tx,
    *,
    owner_id: str,
    amount: int,
    source: LotSource,
    source_key: str,
    now: datetime,
    new_id: str,
    priority: int | None = None,
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
    reason: str = "",
) -> GrantResult:
    """Add a lot of whole credits, ``new_id``, and repay debt from it first.

    ``source_key`` names the business event (a payment, a sign-up): a repeat changes nothing, even with another amount.
    Raises: NotFound without an account, Conflict when the key belongs to another owner.
    """
    if amount <= 0:
        raise ValueError(f"a grant needs a positive amount, not {amount}")
    inserted = tx.execute(
        _INSERT_LOT,
        id=new_id,
        owner_id=owner_id,
        source=source.value,
        source_key=source_key,
        priority=_PRIORITY[source] if priority is None else priority,
        amount=amount,
        effective_at=effective_at or now,
        expires_at=expires_at,
        now=now,
    )
    if inserted.rowcount == 0:
        return _repeated_grant(tx, owner_id=owner_id, source_key=source_key)
    entry = _Journal(tx, owner_id=owner_id, operation_key=f"grant:{source_key}", reason=reason, now=now)
    entry.add(EntryKind.GRANT, amount, lot_id=new_id)
    repaid = min(_lock_account(tx, owner_id)["debt"], amount)
    _change_account(tx, owner_id, available=amount - repaid, debt=-repaid)
    if repaid:
        tx.execute("UPDATE credit_lot SET remaining = remaining - :repaid WHERE id = :id", repaid=repaid, id=new_id)
        entry.add(EntryKind.REPAY, -repaid, lot_id=new_id)
        entry.add(EntryKind.REPAY, repaid)
    return GrantResult(lot_id=new_id, granted=amount, repaid=repaid, is_new=True)


def expire_lots(tx: Tx, *, now: datetime, owner_id: str | None = None, limit: int = 500) -> tuple[str, ...]:
    """Write off what is free in lots past their expiry, for at most ``limit`` owners; returns the owners.

    Credits that are held stay with their hold; what it releases is written off by the next sweep. Safe to repeat.
    """
    owners = [owner_id] if owner_id is not None else [row["owner_id"] for row in tx.execute(_OWNERS_TO_SWEEP, now=now, limit=limit).all()]
    swept = []
    for owner in owners:
        _lock_account(tx, owner)
        lots = tx.execute(_RECORD_EXPIRY, owner_id=owner, now=now).all()
        if lots:
            _change_account(tx, owner, available=sum(lot["amount"] for lot in lots))
            tx.execute(f"UPDATE credit_lot SET remaining = held WHERE owner_id = :owner_id AND {_EXPIRED}", owner_id=owner, now=now)
            swept.append(owner)
    return tuple(swept)


def clawback(tx: Tx, *, source_key: str, cumulative_amount: int, operation_key: str, now: datetime) -> ClawbackResult:
    """Take back a grant up to ``cumulative_amount`` whole credits in all; what is no longer there becomes debt.

    Takes only the free remainder of the very lot. An amount that is not larger than an earlier one changes nothing, nor does a repeated
    ``operation_key``; credits that expired are not owed. Raises: NotFound.
    """
    found = tx.execute("SELECT owner_id FROM credit_lot WHERE source_key = :source_key", source_key=source_key).first()
    if found is None:
        raise NotFound("There is no grant to take back.")
    owner_id = found["owner_id"]
    _lock_account(tx, owner_id)
    lot = tx.execute(_LOT_TO_CLAW_BACK, source_key=source_key).all()[0]
    entry = _Journal(tx, owner_id=owner_id, operation_key=f"clawback:{lot['id']}:{operation_key}", reason="", now=now)
    target = min(cumulative_amount, lot["granted"] - lot["expired"])
    due = target - lot["clawed_back"]
    if due <= 0 or entry.is_repeated():
        return ClawbackResult(taken=0, owed=0)
    taken = min(due, lot["remaining"] - lot["held"])
    owed = due - taken
    _change_account(tx, owner_id, available=-taken, debt=owed)
    changed = {"taken": taken, "target": target, "id": lot["id"]}
    tx.execute("UPDATE credit_lot SET remaining = remaining - :taken, clawed_back = :target WHERE id = :id", **changed)
    if taken:
        entry.add(EntryKind.CLAWBACK, -taken, lot_id=lot["id"])
    if owed:
        entry.add(EntryKind.DEBT, -owed)
    return ClawbackResult(taken=taken, owed=owed)


def adjust(tx: Tx, *, owner_id: str, amount: int, operation_key: str, reason: str, now: datetime, new_id: str) -> None:
    """Correct a balance by hand: a positive amount is a lot of its own, a negative one is taken from the lots in burn order.

    Safe to repeat by ``operation_key``. Raises: InsufficientCredits, InvalidInput for zero, NotFound without an account,
    Conflict when the key belongs to another owner.
    """
    if amount == 0:
        raise InvalidInput("Say how many credits to add or to take.", field="amount")
    _lock_account(tx, owner_id)
    if _was_adjusted(tx, owner_id=owner_id, operation_key=operation_key):
        return
    if amount > 0:
        grant(
            tx,
            owner_id=owner_id,
            amount=amount,
            source=LotSource.ADMIN,
            source_key=f"adjust:{operation_key}",
            now=now,
            new_id=new_id,
            reason=reason,
        )
        return
    available = usable_credits(tx, owner_id=owner_id, now=now)
    if available < -amount:
        raise InsufficientCredits(required=-amount, available=available)
    key = f"adjust:{operation_key}"
    _change_account(tx, owner_id, available=amount)
    tx.execute(_RECORD_ADJUSTMENT, owner_id=owner_id, amount=-amount, operation_key=key, reason=reason, now=now)
    tx.execute(_ADJUST_LOTS, operation_key=key)


class _Journal:
    """Appends the entries of one operation."""

    def __init__(self, tx: Tx, *, owner_id: str, operation_key: str, reason: str, now: datetime) -> None:
        self._tx = tx
        self._key = operation_key
        self._common = {"owner_id": owner_id, "operation_key": operation_key, "reason": reason, "now": now}

    def is_repeated(self) -> bool:
        """Whether this operation has written entries before."""
        return self._tx.execute("SELECT 1 FROM credit_entry WHERE operation_key = :key LIMIT 1", key=self._key).first() is not None

    def add(self, kind: EntryKind, amount: int, *, lot_id: str | None = None) -> None:
        """Record a signed amount for a lot, or for the debt when there is none."""
        self._tx.execute(_INSERT_ENTRY, kind=kind.value, amount=amount, lot_id=lot_id, **self._common)


def _lock_account(tx: Tx, owner_id: str) -> Row:
    """The account's figures; on PostgreSQL nobody else changes this owner's credits until the commit. Raises: NotFound."""
    account = tx.execute("SELECT available, held, debt FROM credit_account WHERE owner_id = :owner_id" + tx.lock, owner_id=owner_id).first()
    if account is None:
        raise NotFound("This person has no credit account.")
    return account


def _change_account(tx: Tx, owner_id: str, *, available: int, debt: int = 0) -> None:
    tx.execute(
        "UPDATE credit_account SET available = available + :available, debt = debt + :debt WHERE owner_id = :owner_id",
        owner_id=owner_id,
        available=available,
        debt=debt,
    )


def _repeated_grant(tx: Tx, *, owner_id: str, source_key: str) -> GrantResult:
    lot = tx.execute(_LOT_GRANTED_BEFORE, source_key=source_key, operation_key=f"grant:{source_key}").first()
    if lot is None:
        raise NotFound("This person has no credit account.")
    if lot["owner_id"] != owner_id:
        raise Conflict("These credits were already granted to somebody else.")
    return GrantResult(lot_id=lot["id"], granted=lot["granted"], repaid=int(lot["repaid"]), is_new=False)


def _was_adjusted(tx: Tx, *, owner_id: str, operation_key: str) -> bool:
    taken, given = f"adjust:{operation_key}", f"grant:adjust:{operation_key}"
    row = tx.execute("SELECT owner_id FROM credit_entry WHERE operation_key IN (:taken, :given) LIMIT 1", taken=taken, given=given).first()
    if row is not None and row["owner_id"] != owner_id:
        raise Conflict("This correction was already made for somebody else.")
    return row is not None


_EXPIRED = "remaining > 0 AND remaining > held AND expires_at <= :now"
_OWNERS_TO_SWEEP = f"SELECT DISTINCT owner_id FROM credit_lot WHERE {_EXPIRED} ORDER BY owner_id LIMIT :limit"
_INSERT_LOT = """
    INSERT INTO credit_lot (id, owner_id, source, source_key, priority, granted, remaining, effective_at, expires_at, created_at)
    SELECT CAST(:id AS TEXT), owner_id, CAST(:source AS TEXT), CAST(:source_key AS TEXT), CAST(:priority AS INTEGER),
        CAST(:amount AS BIGINT), CAST(:amount AS BIGINT), CAST(:effective_at AS BIGINT), CAST(:expires_at AS BIGINT), CAST(:now AS BIGINT)
    FROM credit_account WHERE owner_id = :owner_id
    ON CONFLICT (source_key) DO NOTHING
"""
_INSERT_ENTRY = """
    INSERT INTO credit_entry (owner_id, lot_id, kind, amount, operation_key, reason, created_at)
    VALUES (:owner_id, :lot_id, :kind, :amount, :operation_key, :reason, :now)
"""
# A lot can expire in several steps while holds keep parts of it; what remained before the step tells them apart.
_RECORD_EXPIRY = f"""
    INSERT INTO credit_entry (owner_id, lot_id, kind, amount, operation_key, created_at)
    SELECT owner_id, id, 'expire', held - remaining, 'expire:' || id || ':' || remaining, CAST(:now AS BIGINT)
    FROM credit_lot WHERE owner_id = :owner_id AND {_EXPIRED}
    ORDER BY sequence
    RETURNING amount
"""
_LOT_TO_CLAW_BACK = """
    SELECT id, granted, remaining, held, clawed_back,
        (SELECT coalesce(-sum(amount), 0) FROM credit_entry WHERE lot_id = credit_lot.id AND kind = 'expire') AS expired
    FROM credit_lot WHERE source_key = :source_key
"""
_LOT_GRANTED_BEFORE = """
    SELECT id, owner_id, granted, (
        SELECT coalesce(sum(amount), 0) FROM credit_entry WHERE operation_key = :operation_key AND kind = 'repay' AND lot_id IS NULL
    ) AS repaid
    FROM credit_lot WHERE source_key = :source_key
"""
_RECORD_ADJUSTMENT = f"""
    INSERT INTO credit_entry (owner_id, lot_id, kind, amount, operation_key, reason, created_at)
    SELECT CAST(:owner_id AS TEXT), id, 'adjust', -({SHARE}), CAST(:operation_key AS TEXT), CAST(:reason AS TEXT), CAST(:now AS BIGINT)
    FROM ({BURN_ORDER}) AS lot WHERE taken_before < CAST(:amount AS BIGINT)
    ORDER BY taken_before
"""
_ADJUST_LOTS = """
    UPDATE credit_lot SET remaining = credit_lot.remaining + entry.amount
    FROM credit_entry AS entry WHERE entry.operation_key = :operation_key AND entry.kind = 'adjust' AND credit_lot.id = entry.lot_id
"""
