"""The bank of each ledger test; when the test is over, every invariant must still hold."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from nyx.clock import SeededRandom
from nyx.db import Database
from tests.services.credits.bank import Bank
from tests.support.clock import FakeClock


@pytest.fixture
async def bank(db: Database, clock: FakeClock, random: SeededRandom) -> AsyncIterator[Bank]:
    """Both databases; the ledger must add up after every test."""
    bank = Bank(db, clock, random)
    yield bank
    assert await bank.violations() == ()
