"""Many at once on the same rows: never oversold, never twice, on SQLite and on PostgreSQL with two processes' worth of connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.db.postgres import PostgresDatabase
from nyx.errors import InsufficientCredits
from nyx.models.credits import HoldStatus
from tests.services.credits.bank import HOUR, Account, Bank
from tests.support.clock import FakeClock

TASKS = 64


@pytest.fixture
async def banks(bank: Bank, db: Database, database_url: str, clock: FakeClock, random: SeededRandom) -> AsyncIterator[tuple[Bank, Bank]]:
    """Two doors to the same database where it allows that, otherwise the same one twice."""
    if db.dialect == "sqlite":
        yield bank, bank
        return
    other = PostgresDatabase(database_url)
    yield bank, Bank(other, clock, random)
    await other.close()


async def at_once(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Every result or exception."""
    return await asyncio.gather(*work, return_exceptions=True)


class TestAtOnce:
    async def test_holds_on_one_account_never_oversell(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(20, 1, 30, 49)

        outcomes = await at_once(*(banks[i % 2].hold(owner, 3) for i in range(TASKS)))

        assert Counter(type(outcome).__name__ for outcome in outcomes) == {"Hold": 33, "InsufficientCredits": TASKS - 33}
        assert await bank.account(owner) == Account(available=1, held=99)

    async def test_holds_on_lots_of_which_some_have_expired_never_oversell(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(10)
        await bank.grant(owner, 100, expires_in=HOUR)
        bank.clock.advance(HOUR)

        outcomes = await at_once(*(banks[i % 2].hold(owner, 3) for i in range(TASKS)))

        assert sum(not isinstance(outcome, InsufficientCredits) for outcome in outcomes) == 3
        assert await bank.account(owner) == Account(available=101, held=9)

    async def test_the_same_key_places_one_hold(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(100)
        outcomes = await at_once(*(banks[i % 2].hold(owner, 3, key="draft") for i in range(TASKS)))
        assert len(set(outcomes)) == 1
        assert await bank.account(owner) == Account(available=97, held=3)

    async def test_captures_and_releases_resolve_a_hold_once(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(5, 5)
        hold = await bank.hold(owner, 8)

        outcomes = await at_once(
            *(banks[i % 2].capture(hold, i % 9) if i % 3 else banks[i % 2].release(hold) for i in range(TASKS)),
        )

        [resolved] = set(outcomes)
        assert resolved.status in {HoldStatus.CAPTURED, HoldStatus.RELEASED}
        assert await bank.account(owner) == Account(available=10 - resolved.captured)

    async def test_a_capture_and_the_sweep_of_holds_resolve_it_once(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(TASKS)
        holds = [await bank.hold(owner, 1) for _ in range(TASKS)]
        bank.clock.advance(HOUR)

        work = [banks[i % 2].capture(hold, 1) for i, hold in enumerate(holds)]
        outcomes = await at_once(*work[:32], *(banks[i % 2].expire_holds(20) for i in range(6)), *work[32:])

        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        captured = sum(outcome.captured for outcome in outcomes if not isinstance(outcome, tuple))
        expired = sum(len(outcome) for outcome in outcomes if isinstance(outcome, tuple))
        assert captured + expired == TASKS
        assert await bank.account(owner) == Account(available=TASKS - captured)

    async def test_the_same_business_key_grants_one_lot(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner()
        outcomes = await at_once(*(banks[i % 2].grant(owner, 10 + i, key="payment") for i in range(TASKS)))
        assert sum(outcome.is_new for outcome in outcomes) == 1
        assert await bank.account(owner) == Account(available=outcomes[0].granted)

    async def test_refunds_of_one_grant_take_it_back_once(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner()
        await bank.grant(owner, 20, key="payment")
        await bank.capture(await bank.hold(owner, 8), 8)
        outcomes = await at_once(*(banks[i % 2].clawback("payment", 1 + i % 20) for i in range(TASKS)))
        assert sum(outcome.taken for outcome in outcomes) == 12
        assert sum(outcome.owed for outcome in outcomes) == 8
        assert await bank.account(owner) == Account(available=0, debt=8)

    async def test_the_same_correction_is_made_once(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owner = await bank.owner(3, 3, 3)
        await at_once(*(banks[i % 2].adjust(owner, -2, operation_key="ticket") for i in range(TASKS)))
        assert await bank.account(owner) == Account(available=7)

    async def test_sweeps_write_a_lot_off_once(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owners = [await bank.owner() for _ in range(4)]
        for owner in owners:
            await bank.grant(owner, 5, expires_in=HOUR)
        bank.clock.advance(HOUR)
        outcomes = await at_once(*(banks[i % 2].expire_lots() for i in range(16)))
        assert Counter(owner for swept in outcomes for owner in swept) == dict.fromkeys(owners, 1)

    async def test_everything_together_on_a_few_owners_adds_up(self, banks: tuple[Bank, Bank]) -> None:
        bank = banks[0]
        owners = [await bank.owner(30) for _ in range(3)]

        async def busy(i: int) -> None:
            mine, owner = banks[i % 2], owners[i % 3]
            await mine.grant(owner, 2, key=f"grant {i % 5} of {owner}", expires_in=HOUR)
            hold = await mine.hold(owner, 1 + i % 3)
            await (mine.capture(hold, i % 2) if i % 4 else mine.release(hold))
            await mine.clawback(f"grant {i % 5} of {owner}", i % 3)
            await mine.adjust(owner, 1 if i % 2 else -1)

        outcomes = await at_once(*(busy(i) for i in range(TASKS)))
        assert [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, InsufficientCredits)] == []
