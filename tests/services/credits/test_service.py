"""What the screens and the scheduler ask of credits."""

from __future__ import annotations

from functools import partial

import pytest

from nyx.bus import Event, MemoryBus, user_topic
from nyx.db import Tx
from nyx.errors import InvalidInput, NotFound
from nyx.models.credits import EntryKind, LotSource
from nyx.services.credits.service import CreditService
from nyx.services.credits.views import CreditSummary, LotView
from tests.services.credits.bank import HOUR, Account, Bank


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def credits(bank: Bank, bus: MemoryBus) -> CreditService:
    return CreditService(bank.db, bus, bank.clock, bank.random)


class TestSummary:
    async def test_counts_what_can_be_spent_what_is_held_and_shows_the_lots_in_burn_order(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner(50)
        await bank.grant(owner, 15, source=LotSource.SIGN_UP, expires_in=HOUR)
        await bank.hold(owner, 4)

        assert await credits.summary(owner) == CreditSummary(
            available=61,
            held=4,
            debt=0,
            posted=65,
            lots=(
                LotView(remaining=15, held=4, source=LotSource.SIGN_UP, expires_at=bank.clock.now() + HOUR),
                LotView(remaining=50, held=0, source=LotSource.PACK, expires_at=None),
            ),
        )

    async def test_no_longer_counts_a_lot_that_expired_before_the_sweep_comes(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner(2)
        await bank.grant(owner, 15, expires_in=HOUR)
        bank.clock.advance(HOUR)
        summary = await credits.summary(owner)
        assert (summary.available, len(summary.lots)) == (2, 1)

    async def test_leaves_out_lots_that_are_used_up(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner(3)
        await bank.capture(await bank.hold(owner, 3), 3)
        assert await credits.summary(owner) == CreditSummary(available=0, held=0, debt=0, posted=0, lots=())

    async def test_shows_debt(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 5, key="payment")
        await bank.capture(await bank.hold(owner, 5), 5)
        await bank.clawback("payment", 5)
        assert (await credits.summary(owner)).debt == 5

    async def test_is_all_zero_without_an_account(self, credits: CreditService) -> None:
        assert await credits.summary("nobody") == CreditSummary(available=0, held=0, debt=0, posted=0, lots=())


class TestHistory:
    async def test_tells_every_entry_newest_first_page_by_page(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner(9, 1)
        await bank.capture(await bank.hold(owner, 2), 2)
        await bank.owner(7)

        first = await credits.history(owner, limit=2)
        rest = await credits.history(owner, limit=2, before=first[-1].id)

        assert [(entry.kind, entry.amount) for entry in (*first, *rest)] == [
            (EntryKind.SPEND, -2),
            (EntryKind.GRANT, 1),
            (EntryKind.GRANT, 9),
        ]
        assert {entry.source for entry in (*first, *rest)} == {LotSource.PACK}
        assert first[0].created_at == bank.clock.now()

    async def test_shows_debt_without_a_source(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 5, key="payment")
        await bank.capture(await bank.hold(owner, 5), 5)
        await bank.clawback("payment", 5)
        [newest] = await credits.history(owner, limit=1)
        assert (newest.kind, newest.amount, newest.source) == (EntryKind.DEBT, -5, None)


class TestGrantByAdmin:
    async def test_grants_once_and_tells_the_open_pages(self, bank: Bank, bus: MemoryBus, credits: CreditService) -> None:
        owner = await bank.owner()
        heard: list[Event] = []
        bus.listen(user_topic(owner), heard.append)

        for _ in range(2):
            await credits.grant_by_admin(owner_id=owner, amount=25, key="form 1", reason=" a contest ")

        assert await bank.account(owner) == Account(available=25)
        assert (await credits.history(owner))[0].reason == "a contest"
        assert heard[0] == Event("credits")

    @pytest.mark.parametrize(("amount", "reason", "field"), [(0, "why", "amount"), (10**8, "why", "amount"), (5, "  ", "reason")])
    async def test_asks_for_a_sensible_amount_and_a_reason(
        self, bank: Bank, credits: CreditService, amount: int, reason: str, field: str
    ) -> None:
        owner = await bank.owner()
        with pytest.raises(InvalidInput) as refusal:
            await credits.grant_by_admin(owner_id=owner, amount=amount, key="form 1", reason=reason)
        assert refusal.value.field == field

    async def test_does_not_know_somebody_without_an_account(self, credits: CreditService) -> None:
        with pytest.raises(NotFound):
            await credits.grant_by_admin(owner_id="nobody", amount=5, key="form 1", reason="why")


class TestExpireDue:
    async def test_writes_off_every_lot_that_is_due_and_tells_its_owner(self, bank: Bank, bus: MemoryBus, credits: CreditService) -> None:
        owners = [await bank.owner(1) for _ in range(3)]
        heard: list[str] = []
        for owner in owners:
            await bank.grant(owner, 5, expires_in=HOUR)
            bus.listen(user_topic(owner), partial(_note, heard, owner))
        bank.clock.advance(HOUR)

        assert await credits.expire_due() == 3
        assert sorted(heard) == sorted(owners)
        assert await credits.expire_due() == 0
        assert await bank.account(owners[0]) == Account(available=1)


class TestFindViolations:
    async def test_is_empty_while_the_ledger_adds_up_and_names_what_does_not(self, bank: Bank, credits: CreditService) -> None:
        owner = await bank.owner(5)
        assert await credits.find_violations() == ()

        def set_available(tx: Tx, *, to: int) -> None:
            tx.execute("UPDATE credit_account SET available = :to", to=to)

        await bank.db.write(set_available, to=6)
        [sentence] = await credits.find_violations()
        assert owner in sentence
        await bank.db.write(set_available, to=5)


def _note(heard: list[str], owner: str, _: Event) -> None:
    heard.append(owner)
