"""Several generations from one press of the button: all of them are created, or none, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from nyx.db import Tx
from nyx.errors import InsufficientCredits, TooMany
from nyx.services.credits import ledger
from nyx.services.generation import creation
from nyx.services.generation.creation import Limits, NewGeneration

MAX_BATCH = 16


def key_of(draft_key: str, index: int) -> str:
    """The draft key of one of them, the same whenever the whole is sent again."""
    return f"{draft_key}:{index}"


def create_all(tx: Tx, *, news: Sequence[NewGeneration], limits: Limits, told_credits: int | None = None) -> tuple[str, ...]:
    """Create every one, or return those of the earlier time with these draft keys; ids in the order given.

    Raises: InsufficientCredits and PriceChanged for the sum, TooMany, Overloaded, Conflict; nothing is written then.
    """
    missing = [new for new in news if not creation.exists(tx, new)]
    if missing:
        _check(tx, missing, limits, told_credits)
    return tuple(creation.create(tx, new=new, limits=limits) for new in news)


def _check(tx: Tx, missing: Sequence[NewGeneration], limits: Limits, told_credits: int | None) -> None:
    outputs = sum(len(new.job_ids) for new in missing)
    if outputs > limits.waiting_per_user:
        raise TooMany(f"This makes {outputs} outputs, and {limits.waiting_per_user} is the most at once. Take some choices out.")
    creation.check_room(tx, owner_id=missing[0].owner_id, wanted=outputs, limits=limits)
    required = sum(new.plan.quote.total_credits for new in missing)
    creation.check_price(required, told_credits)
    available = ledger.usable_credits(tx, owner_id=missing[0].owner_id, now=missing[0].now)
    if required > available:
        raise InsufficientCredits(required=required, available=available)
