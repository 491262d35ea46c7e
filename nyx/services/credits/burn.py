"""SQL that the ledger's operations share: which lots may be used at ``:now``, and in what order they burn."""

from __future__ import annotations

from datetime import datetime

from nyx.db import Tx

# "remaining > 0" repeats what "remaining > held" implies: it is what lets SQLite use the partial index credit_lot_burn.
_USABLE = (
    "owner_id = :owner_id AND remaining > 0 AND remaining > held AND effective_at <= :now AND (expires_at IS NULL OR expires_at > :now)"
)

USABLE_CREDITS = f"SELECT coalesce(sum(remaining - held), 0) AS credits FROM credit_lot WHERE {_USABLE}"

# Each usable lot with what is free in it and what the lots burned before it give together.
BURN_ORDER = f"""
    SELECT id, remaining - held AS free,
        sum(remaining - held) OVER (
            ORDER BY priority, expires_at IS NULL, expires_at, sequence ROWS UNBOUNDED PRECEDING
        ) - (remaining - held) AS taken_before
    FROM credit_lot WHERE {_USABLE}
"""

# The part of ``:amount`` that a lot of BURN_ORDER gives.
SHARE = "CASE WHEN taken_before + free < CAST(:amount AS BIGINT) THEN free ELSE CAST(:amount AS BIGINT) - taken_before END"


def usable_credits(tx: Tx, *, owner_id: str, now: datetime) -> int:
    """Whole credits that a new hold could take at ``now``; lots past their expiry no longer count, swept or not."""
    row = tx.execute(USABLE_CREDITS, owner_id=owner_id, now=now).first()
    return int(row["credits"]) if row else 0
