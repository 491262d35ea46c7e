"""The ledger: every operation that changes credits, each one atomic step on an open transaction. Nothing else writes these tables."""

from __future__ import annotations

from nyx.services.credits.burn import usable_credits
from nyx.services.credits.holds import Hold, capture, expire_holds, place_hold, release
from nyx.services.credits.lots import ClawbackResult, GrantResult, adjust, clawback, expire_lots, grant, open_account

__all__ = [
    "ClawbackResult",
    "GrantResult",
    "Hold",
    "adjust",
    "capture",
    "clawback",
    "expire_holds",
    "expire_lots",
    "grant",
    "open_account",
    "place_hold",
    "release",
    "usable_credits",
]
