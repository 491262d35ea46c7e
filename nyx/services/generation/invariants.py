"""What must hold between generations, their jobs and the ledger at any committed moment. The ledger's own rules are in credits."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db import Tx

_RULES: dict[str, str] = {
    "an open generation has an open hold of its price": (
        "SELECT generation.id FROM generation JOIN credit_hold ON credit_hold.id = generation.hold_id"
        " WHERE open_jobs > 0 AND (credit_hold.status <> 'open' OR credit_hold.amount <> price_credits)"
    ),
    "an open hold belongs to an open generation": (
        "SELECT credit_hold.id FROM credit_hold LEFT JOIN generation ON generation.hold_id = credit_hold.id AND open_jobs > 0"
        " WHERE credit_hold.status = 'open' AND generation.id IS NULL"
    ),
    "a settled generation says what its hold took": (
        "SELECT generation.id FROM generation JOIN credit_hold ON credit_hold.id = generation.hold_id"
        " WHERE open_jobs = 0 AND captured_credits <> credit_hold.captured"
    ),
    "a settled generation is charged for what was delivered": (
        "SELECT id FROM generation WHERE open_jobs = 0 AND captured_credits <> delivered * unit_price_credits"
    ),
    "open_jobs and delivered count the jobs": (
        "SELECT generation.id FROM generation JOIN job ON job.generation_id = generation.id GROUP BY generation.id"
        " HAVING max(open_jobs) <> sum(CASE WHEN state IN ('completed', 'failed', 'cancelled') THEN 0 ELSE 1 END)"
        " OR max(delivered) <> sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) OR max(outputs) <> count(*)"
    ),
    "a completed job has its media": (
        "SELECT job.id FROM job LEFT JOIN media ON media.id = job.media_id WHERE state = 'completed' AND media.id IS NULL"
    ),
}


def check(tx: Tx) -> tuple[str, ...]:
    """One sentence for each rule that does not hold; empty when all do."""
    found = {rule: [str(row["id"]) for row in tx.execute(sql).all()] for rule, sql in _RULES.items()}
    return tuple(_sentence(rule, ids) for rule, ids in found.items() if ids)


async def check_session(session: AsyncSession) -> tuple[str, ...]:
    """The same, on a reader: it waits for no writer."""
    connection = await session.connection()
    found = {rule: [str(row[0]) for row in await connection.execute(text(sql))] for rule, sql in _RULES.items()}
    return tuple(_sentence(rule, ids) for rule, ids in found.items() if ids)


def _sentence(rule: str, ids: list[str]) -> str:
    return f"Not so: {rule} ({len(ids)} times, first {ids[0]})."
