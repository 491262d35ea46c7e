"""Proves that money and work add up: the rules of the ledger, and those between it and generations. It repairs nothing."""

from __future__ import annotations

import logging

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db import Database
from nyx.services.credits import invariants as of_credits
from nyx.services.generation import invariants as of_generations

log = logging.getLogger(__name__)


async def find_violations(session: AsyncSession) -> tuple[str, ...]:
    """One sentence for each rule that does not hold; empty when everything adds up."""
    return (*await of_credits.check_session(session), *await of_generations.check_session(session))


async def prove(db: Database) -> None:
    """Log each violation as an error, for whoever watches the log."""
    async with db.read() as session:
        violations = await find_violations(session)
    for violation in violations:
        log.error("The books do not add up", extra={"violation": violation})
    log.info("The books were proved", extra={"violations": len(violations)})
