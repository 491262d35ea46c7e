"""Credits that come in, run out, are taken back or corrected by hand."""

from __future__ import annotations

import pytest

from nyx.errors import Conflict, InsufficientCredits, InvalidInput, NotFound
from nyx.models.credits import LotSource
from nyx.services.credits import ledger
from tests.services.credits.bank import HOUR, Account, Bank


class TestOpenAccount:
    async def test_starts_empty_and_repeating_it_keeps_what_is_there(self, bank: Bank) -> None:
        owner = await bank.owner()
        assert await bank.account(owner) == Account(available=0)
        await bank.grant(owner, 5)
        await bank.db.write(ledger.open_account, owner_id=owner)
        assert await bank.account(owner) == Account(available=5)


class TestGrant:
    async def test_adds_a_lot_an_entry_and_the_credits(self, bank: Bank) -> None:
        owner = await bank.owner()
        result = await bank.grant(owner, 15)
        assert (result.granted, result.repaid, result.is_new) == (15, 0, True)
        assert await bank.account(owner) == Account(available=15)
        assert await bank.entries(owner) == [("grant", 15)]

    async def test_repeated_with_another_amount_changes_nothing_and_tells_the_first(self, bank: Bank) -> None:
        owner = await bank.owner()
        first = await bank.grant(owner, 15, key="payment")
        again = await bank.grant(owner, 99, key="payment")
        assert (again.lot_id, again.granted, again.is_new) == (first.lot_id, 15, False)
        assert await bank.account(owner) == Account(available=15)
        assert await bank.entries(owner) == [("grant", 15)]

    async def test_refuses_the_key_of_another_owner(self, bank: Bank) -> None:
        await bank.grant(await bank.owner(), 15, key="payment")
        other = await bank.owner()
        with pytest.raises(Conflict):
            await bank.grant(other, 15, key="payment")
        assert await bank.account(other) == Account(available=0)

    async def test_needs_an_account(self, bank: Bank) -> None:
        owner = await bank.owner(has_account=False)
        with pytest.raises(NotFound):
            await bank.grant(owner, 15)

    async def test_repays_debt_first(self, bank: Bank) -> None:
        owner = await self._in_debt(bank, 4)
        result = await bank.grant(owner, 10, key="new")
        assert result.repaid == 4
        assert await bank.account(owner) == Account(available=6)
        assert (await bank.entries(owner))[-3:] == [("grant", 10), ("repay", -4), ("repay", 4)]

    async def test_smaller_than_the_debt_repays_what_it_can(self, bank: Bank) -> None:
        owner = await self._in_debt(bank, 4)
        assert (await bank.grant(owner, 3)).repaid == 3
        assert await bank.account(owner) == Account(available=0, debt=1)

    async def test_repeated_after_repaying_tells_what_it_repaid(self, bank: Bank) -> None:
        owner = await self._in_debt(bank, 4)
        first = await bank.grant(owner, 10, key="new")
        again = await bank.grant(owner, 10, key="new")
        assert (again.repaid, again.lot_id, again.is_new) == (4, first.lot_id, False)

    async def test_by_default_a_plan_burns_first_and_a_pack_last(self, bank: Bank) -> None:
        owner = await bank.owner()
        for source in LotSource:
            await bank.grant(owner, 1, source=source)
        burned = await bank.rows("SELECT source FROM credit_lot ORDER BY priority, sequence")
        assert (burned[0], burned[-1]) == (("plan",), ("pack",))

    async def test_an_amount_that_is_not_positive_is_a_bug(self, bank: Bank) -> None:
        owner = await bank.owner()
        with pytest.raises(ValueError, match="positive"):
            await bank.grant(owner, 0)

    @staticmethod
    async def _in_debt(bank: Bank, debt: int) -> str:
        owner = await bank.owner()
        await bank.grant(owner, debt, key="paid back")
        await bank.capture(await bank.hold(owner, debt), debt)
        await bank.clawback("paid back", debt)
        assert await bank.account(owner) == Account(available=0, debt=debt)
        return owner


class TestExpireLots:
    async def test_writes_off_what_is_free_when_the_time_comes(self, bank: Bank) -> None:
        owner = await bank.owner(2)
        await bank.grant(owner, 15, expires_in=HOUR)
        bank.clock.advance(HOUR - HOUR / 3600)
        assert await bank.expire_lots() == ()

        bank.clock.advance(1)
        assert await bank.expire_lots() == (owner,)
        assert await bank.account(owner) == Account(available=2)
        assert (await bank.entries(owner))[-1] == ("expire", -15)

    async def test_repeated_finds_nothing(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 15, expires_in=HOUR)
        bank.clock.advance(HOUR)
        assert await bank.expire_lots() == (owner,)
        assert await bank.expire_lots() == ()

    async def test_what_a_hold_releases_afterwards_expires_at_the_next_sweep(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 15, expires_in=HOUR)
        hold = await bank.hold(owner, 6, expires_in=9 * HOUR)
        bank.clock.advance(HOUR)
        await bank.expire_lots()
        assert await bank.lots(owner) == [(6, 6)]

        await bank.capture(hold, 2)
        assert await bank.account(owner) == Account(available=4)
        await bank.expire_lots()

        assert await bank.account(owner) == Account(available=0)
        assert await bank.entries(owner) == [("grant", 15), ("expire", -9), ("spend", -2), ("expire", -4)]

    async def test_can_be_limited_to_one_owner(self, bank: Bank) -> None:
        owners = [await bank.owner(), await bank.owner()]
        for owner in owners:
            await bank.grant(owner, 5, expires_in=HOUR)
        bank.clock.advance(HOUR)
        assert await bank.expire_lots(owners[0]) == (owners[0],)
        assert await bank.account(owners[1]) == Account(available=5)

    async def test_takes_at_most_the_limit_of_owners(self, bank: Bank) -> None:
        for _ in range(3):
            await bank.grant(await bank.owner(), 5, expires_in=HOUR)
        bank.clock.advance(HOUR)
        sweeps = [len(await bank.db.write(ledger.expire_lots, now=bank.clock.now(), limit=2)) for _ in range(3)]
        assert sweeps == [2, 1, 0]


class TestClawback:
    async def test_takes_the_free_remainder_of_that_very_lot(self, bank: Bank) -> None:
        owner = await bank.owner(7)
        await bank.grant(owner, 10, key="payment")
        result = await bank.clawback("payment", 10)
        assert (result.taken, result.owed) == (10, 0)
        assert await bank.lots(owner) == [(7, 0), (0, 0)]
        assert await bank.account(owner) == Account(available=7)

    async def test_books_debt_for_what_is_spent_or_held(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 10, key="payment")
        await bank.capture(await bank.hold(owner, 3), 3)
        hold = await bank.hold(owner, 2)

        result = await bank.clawback("payment", 10)

        assert (result.taken, result.owed) == (5, 5)
        assert await bank.account(owner) == Account(available=0, held=2, debt=5)
        assert (await bank.entries(owner))[-2:] == [("clawback", -5), ("debt", -5)]
        await bank.capture(hold, 2)

    async def test_counts_what_was_taken_before(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 10, key="payment")
        taken = [(await bank.clawback("payment", cumulative)).taken for cumulative in (4, 4, 3, 9, 10, 99)]
        assert taken == [4, 0, 0, 5, 1, 0]

    async def test_repeated_with_its_key_changes_nothing(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 10, key="payment")
        await bank.clawback("payment", 4, operation_key="refund")
        result = await bank.clawback("payment", 9, operation_key="refund")
        assert (result.taken, result.owed) == (0, 0)
        assert await bank.account(owner) == Account(available=6)

    async def test_nobody_owes_credits_that_expired(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 10, key="payment", expires_in=HOUR)
        await bank.capture(await bank.hold(owner, 4), 4)
        bank.clock.advance(HOUR)
        await bank.expire_lots()

        result = await bank.clawback("payment", 10)

        assert (result.taken, result.owed) == (0, 4)
        assert await bank.account(owner) == Account(available=0, debt=4)

    async def test_of_a_grant_that_repaid_debt_brings_the_debt_back(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 5, key="first")
        await bank.capture(await bank.hold(owner, 5), 5)
        await bank.clawback("first", 5)
        await bank.grant(owner, 8, key="second")
        await bank.clawback("second", 8)
        assert await bank.account(owner) == Account(available=0, debt=5)

    async def test_does_not_know_a_grant_that_was_never_made(self, bank: Bank) -> None:
        with pytest.raises(NotFound):
            await bank.clawback("payment", 1)


class TestAdjust:
    async def test_upwards_is_a_lot_of_its_own(self, bank: Bank) -> None:
        owner = await bank.owner(1)
        await bank.adjust(owner, 5)
        assert await bank.lots(owner) == [(1, 0), (5, 0)]
        assert await bank.rows("SELECT source FROM credit_lot WHERE granted = 5") == [("admin",)]

    async def test_downwards_takes_from_the_lots_in_burn_order(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 4, priority=50)
        await bank.grant(owner, 4, priority=10)
        await bank.adjust(owner, -5)
        assert await bank.lots(owner) == [(3, 0), (0, 0)]
        assert await bank.account(owner) == Account(available=3)
        assert (await bank.entries(owner))[-2:] == [("adjust", -4), ("adjust", -1)]

    async def test_downwards_refuses_and_leaves_no_trace_when_short(self, bank: Bank) -> None:
        owner = await bank.owner(4)
        await bank.hold(owner, 1)
        with pytest.raises(InsufficientCredits) as refusal:
            await bank.adjust(owner, -4)
        assert (refusal.value.required, refusal.value.available) == (4, 3)
        assert await bank.entries(owner) == [("grant", 4)]

    @pytest.mark.parametrize("amount", [5, -2])
    async def test_repeated_changes_nothing_in_either_direction(self, bank: Bank, amount: int) -> None:
        owner = await bank.owner(4)
        await bank.adjust(owner, amount, operation_key="ticket")
        after = await bank.account(owner)
        await bank.adjust(owner, amount, operation_key="ticket")
        await bank.adjust(owner, -amount, operation_key="ticket")
        assert await bank.account(owner) == after

    async def test_refuses_the_key_of_another_owner(self, bank: Bank) -> None:
        await bank.adjust(await bank.owner(4), -1, operation_key="ticket")
        other = await bank.owner(4)
        with pytest.raises(Conflict):
            await bank.adjust(other, -1, operation_key="ticket")

    async def test_by_nothing_asks_for_an_amount(self, bank: Bank) -> None:
        owner = await bank.owner(4)
        with pytest.raises(InvalidInput) as refusal:
            await bank.adjust(owner, 0)
        assert refusal.value.field == "amount"

    async def test_needs_an_account(self, bank: Bank) -> None:
        owner = await bank.owner(has_account=False)
        with pytest.raises(NotFound):
            await bank.adjust(owner, -1)
