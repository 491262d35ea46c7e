"""People with credits, made directly in the database: signing up is not what is measured."""

from __future__ import annotations

from datetime import timedelta

from nyx.clock import SystemClock, SystemRandom
from nyx.db import Tx
from nyx.models.credits import LotSource
from nyx.services.credits import ledger


def open_accounts(tx: Tx, *, count: int) -> tuple[str, ...]:
    """The ids of new people, each with a bonus that runs out and a grant that nobody uses up."""
    now, random = SystemClock().now(), SystemRandom()
    owners = tuple(random.id() for _ in range(count))
    for owner_id in owners:
        tx.execute(
            "INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, :email, '', :now)",
            id=owner_id,
            email=f"{owner_id}@example.org",
            now=now,
        )
        ledger.open_account(tx, owner_id=owner_id)
        for source, amount, expires_at in ((LotSource.SIGN_UP, 15, now + timedelta(days=14)), (LotSource.ADMIN, 10_000_000, None)):
            ledger.grant(
                tx,
                owner_id=owner_id,
                amount=amount,
                source=source,
                source_key=f"{source}:{owner_id}",
                now=now,
                new_id=random.id(),
                expires_at=expires_at,
            )
    return owners
