"""The account service on a real database, with a hash that is cheap enough for many tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.services.accounts import AccountService, Bonuses, Limits, People
from nyx.services.accounts.hashing import Cost, Hashing
from nyx.services.mail import Mailer
from tests.support.clock import FakeClock

BONUSES = Bonuses(sign_up=15, sign_up_days=14, first_admin=1_000)
Make = Callable[..., AccountService]
CHEAP = Cost(memory_kib=64, passes=1)


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def mailer(tmp_path: Path, clock: FakeClock, random: SeededRandom) -> Mailer:
    return Mailer(smtp_url="", sender="Nyx-Net <nyx-net@localhost>", outbox=tmp_path / "outbox", clock=clock, random=random)


@pytest.fixture
def make(db: Database, bus: MemoryBus, clock: FakeClock, random: SeededRandom, mailer: Mailer) -> Iterator[Make]:
    """``make(hashing=...)``: another service on the same database."""
    made: list[AccountService] = []

    def make(*, hashing: Hashing) -> AccountService:
        limits = Limits(tries=200, refill_s=1)
        made.append(
            AccountService(database=db, bus=bus, clock=clock, random=random, mailer=mailer, bonuses=BONUSES, hashing=hashing, limits=limits)
        )
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def accounts(make: Make) -> AccountService:
    return make(hashing=Hashing(CHEAP))


@pytest.fixture
def people(db: Database, clock: FakeClock, random: SeededRandom) -> People:
    return People(database=db, clock=clock, random=random)
