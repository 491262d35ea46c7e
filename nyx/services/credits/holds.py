"""Holds: setting credits aside and resolving that exactly once. One statement per table, in any number of lots.

Row locks on PostgreSQL are taken in one order: hold, account, lots. The account's guarded UPDATE makes each owner's operations take turns.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from nyx.clock import to_micros
from nyx.db import Row, Tx
from nyx.errors import Conflict, InsufficientCredits, NotFound
from nyx.models.credits import HoldStatus
from nyx.services.credits.burn import BURN_ORDER, SHARE, USABLE_CREDITS, usable_credits


@dataclass(frozen=True)
class Hold:
    """Whole credits set aside; ``captured`` of them were spent when it was resolved."""

    id: str
    owner_id: str
    amount: int
    captured: int
    status: HoldStatus


def place_hold(tx: Tx, *, owner_id: str, amount: int, key: str, now: datetime, expires_at: datetime, hold_id: str) -> Hold:
    """Set ``amount`` whole credits aside, from the lots in burn order. Safe to repeat by ``key``.

    Raises: InsufficientCredits (nothing is written), Conflict when ``key`` was used for another owner or amount.
    """
    if amount <= 0:
        raise ValueError(f"a hold needs a positive amount, not {amount}")
    now_us = to_micros(now)
    inserted = tx.execute(
        _INSERT_HOLD, hold_id=hold_id, owner_id=owner_id, key=key, amount=amount, expires_at=to_micros(expires_at), now=now_us
    )
    if inserted.rowcount == 0:
        return _repeated_hold(tx, owner_id=owner_id, amount=amount, key=key, now=now)
    if tx.execute(_MOVE_TO_HELD, owner_id=owner_id, amount=amount).rowcount == 0:
        raise _short(tx, owner_id=owner_id, amount=amount, now=now)  # another process was quicker
    shares = tx.execute(_ALLOCATE, hold_id=hold_id, owner_id=owner_id, amount=amount, now=now_us).all()
    if sum(share["amount"] for share in shares) != amount:
        raise _short(tx, owner_id=owner_id, amount=amount, now=now)  # the same, and what it left has expired
    tx.execute(_HOLD_IN_LOTS, hold_id=hold_id)
    return Hold(id=hold_id, owner_id=owner_id, amount=amount, captured=0, status=HoldStatus.OPEN)


def capture(tx: Tx, *, hold_id: str, amount: int, now: datetime) -> Hold:
    """Spend 0 to all of the hold's credits, in the order in which the lots were allocated, and free the rest.

    A hold resolves once: a second capture or release changes nothing and returns what the first one did.
    Raises: NotFound, Conflict when ``amount`` is more than an open hold has.
    """
    if amount < 0:
        raise ValueError(f"can't capture {amount} credits")
    return _resolve(tx, hold_id=hold_id, status=HoldStatus.CAPTURED, captured=amount, now=now)


def release(tx: Tx, *, hold_id: str, now: datetime) -> Hold:
    """Free every credit of the hold; a hold that was resolved before stays as it is. Raises: NotFound."""
    return _resolve(tx, hold_id=hold_id, status=HoldStatus.RELEASED, captured=0, now=now)


def expire_holds(tx: Tx, *, now: datetime, limit: int = 100, spare: Collection[str] = ()) -> tuple[str, ...]:
    """Free the credits of holds whose time is over, but for those whose ids are in ``spare``; returns their ids.

    Holds that another process is resolving are left to it.
    """
    due = tx.execute(
        "SELECT id, owner_id FROM credit_hold WHERE status = 'open' AND expires_at <= :now ORDER BY expires_at LIMIT :limit"
        + tx.skip_locked,
        now=now,
        limit=limit,
    ).all()
    in_owner_order = sorted(
        (row["owner_id"], row["id"]) for row in due if row["id"] not in spare
    )  # two sweepers lock accounts in the same order
    for _, hold_id in in_owner_order:
        _resolve(tx, hold_id=hold_id, status=HoldStatus.EXPIRED, captured=0, now=now)
    return tuple(hold_id for _, hold_id in in_owner_order)


def _resolve(tx: Tx, *, hold_id: str, status: HoldStatus, captured: int, now: datetime) -> Hold:
    now_us = to_micros(now)
    row = tx.execute(_CLOSE_HOLD, hold_id=hold_id, status=status.value, captured=captured, now=now_us).first()
    if row is None:
        return _resolved_before(tx, hold_id=hold_id, captured=captured)
    owner_id, amount = row["owner_id"], row["amount"]
    tx.execute(_MOVE_FROM_HELD, owner_id=owner_id, amount=amount, released=amount - captured)
    tx.execute(_SETTLE_LOTS, hold_id=hold_id, captured=captured)
    if captured:
        tx.execute(_RECORD_SPENDING, hold_id=hold_id, owner_id=owner_id, operation_key=f"hold:{hold_id}", captured=captured, now=now_us)
    return Hold(id=hold_id, owner_id=owner_id, amount=amount, captured=captured, status=status)


def _repeated_hold(tx: Tx, *, owner_id: str, amount: int, key: str, now: datetime) -> Hold:
    row = tx.execute("SELECT * FROM credit_hold WHERE key = :key", key=key).first()
    if row is None:
        raise _short(tx, owner_id=owner_id, amount=amount, now=now)
    if row["owner_id"] != owner_id or row["amount"] != amount:
        raise Conflict("This request was already used for something else. Reload the page and try again.")
    return _hold(row)


def _resolved_before(tx: Tx, *, hold_id: str, captured: int) -> Hold:
    row = tx.execute("SELECT * FROM credit_hold WHERE id = :hold_id", hold_id=hold_id).first()
    if row is None:
        raise NotFound("These credits were never set aside.")
    if row["status"] == HoldStatus.OPEN:
        raise Conflict(f"Only {row['amount']:,} credits were set aside, so {captured:,} can't be taken.")
    return _hold(row)


def _short(tx: Tx, *, owner_id: str, amount: int, now: datetime) -> InsufficientCredits:
    return InsufficientCredits(required=amount, available=usable_credits(tx, owner_id=owner_id, now=now))


def _hold(row: Row) -> Hold:
    return Hold(id=row["id"], owner_id=row["owner_id"], amount=row["amount"], captured=row["captured"], status=HoldStatus(row["status"]))


# The hold is the idempotency row. It is not even inserted when the lots can't cover it, so that a refusal writes nothing.
_INSERT_HOLD = f"""
    INSERT INTO credit_hold (id, owner_id, key, amount, expires_at, created_at)
    SELECT CAST(:hold_id AS TEXT), owner_id, CAST(:key AS TEXT),
        CAST(:amount AS BIGINT), CAST(:expires_at AS BIGINT), CAST(:now AS BIGINT)
    FROM credit_account WHERE owner_id = :owner_id AND CAST(:amount AS BIGINT) <= ({USABLE_CREDITS})
    ON CONFLICT (key) DO NOTHING
"""
_MOVE_TO_HELD = """
    UPDATE credit_account SET available = available - :amount, held = held + :amount
    WHERE owner_id = :owner_id AND available >= :amount
"""
_ALLOCATE = f"""
    INSERT INTO credit_hold_allocation (hold_id, lot_id, taken_before, amount)
    SELECT CAST(:hold_id AS TEXT), id, taken_before, {SHARE}
    FROM ({BURN_ORDER}) AS lot WHERE taken_before < CAST(:amount AS BIGINT)
    RETURNING amount
"""
_HOLD_IN_LOTS = """
    UPDATE credit_lot SET held = credit_lot.held + share.amount
    FROM credit_hold_allocation AS share WHERE share.hold_id = :hold_id AND credit_lot.id = share.lot_id
"""
_CLOSE_HOLD = """
    UPDATE credit_hold SET status = :status, captured = :captured, settled_at = :now
    WHERE id = :hold_id AND status = 'open' AND amount >= :captured
    RETURNING owner_id, amount
"""
_MOVE_FROM_HELD = "UPDATE credit_account SET held = held - :amount, available = available + :released WHERE owner_id = :owner_id"
# What one allocation spends of ``:captured``: earlier allocations go first, in the order recorded when the hold was placed.
_SPENT = """
    CASE WHEN share.taken_before >= CAST(:captured AS BIGINT) THEN 0
    WHEN share.taken_before + share.amount <= CAST(:captured AS BIGINT) THEN share.amount
    ELSE CAST(:captured AS BIGINT) - share.taken_before END
"""
_SETTLE_LOTS = f"""
    UPDATE credit_lot SET held = credit_lot.held - share.amount, remaining = credit_lot.remaining - {_SPENT}
    FROM credit_hold_allocation AS share WHERE share.hold_id = :hold_id AND credit_lot.id = share.lot_id
"""
_RECORD_SPENDING = f"""
    INSERT INTO credit_entry (owner_id, lot_id, hold_id, kind, amount, operation_key, created_at)
    SELECT CAST(:owner_id AS TEXT), share.lot_id, share.hold_id, 'spend', -({_SPENT}), CAST(:operation_key AS TEXT), CAST(:now AS BIGINT)
    FROM credit_hold_allocation AS share WHERE share.hold_id = :hold_id AND share.taken_before < CAST(:captured AS BIGINT)
    ORDER BY share.taken_before
"""
