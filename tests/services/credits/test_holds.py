"""Setting credits aside and resolving that exactly once."""

from __future__ import annotations

import pytest

from nyx.db import Tx
from nyx.errors import Conflict, InsufficientCredits, NotFound
from nyx.models.credits import HoldStatus
from nyx.services.credits import ledger
from tests.services.credits.bank import HOUR, Account, Bank


class TestPlaceHold:
    async def test_moves_credits_from_available_to_held(self, bank: Bank) -> None:
        owner = await bank.owner(10)

        hold = await bank.hold(owner, 4)

        assert (hold.owner_id, hold.amount, hold.captured, hold.status) == (owner, 4, 0, HoldStatus.OPEN)
        assert await bank.account(owner) == Account(available=6, held=4)
        assert await bank.lots(owner) == [(10, 4)]

    async def test_writes_no_entry_because_nothing_is_spent_yet(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        await bank.hold(owner, 4)
        assert await bank.entries(owner) == [("grant", 10)]

    async def test_spreads_over_lots_when_one_is_not_enough(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4, 5)
        await bank.hold(owner, 8)
        assert await bank.lots(owner) == [(3, 3), (4, 4), (5, 1)]

    async def test_takes_the_very_last_credit(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4)
        await bank.hold(owner, 7)
        assert await bank.account(owner) == Account(available=0, held=7)

    async def test_refuses_with_the_figures_and_leaves_no_trace_when_short(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4)

        with pytest.raises(InsufficientCredits) as refusal:
            await bank.hold(owner, 8)

        assert (refusal.value.required, refusal.value.available) == (8, 7)
        assert await bank.account(owner) == Account(available=7)
        assert await bank.rows("SELECT id FROM credit_hold") == []

    async def test_refuses_before_any_write_so_that_a_batch_needs_no_replay(self, bank: Bank) -> None:
        owner = await bank.owner(3)
        runs = []

        def place(tx: Tx) -> None:
            runs.append(1)
            now = bank.clock.now()
            ledger.place_hold(tx, owner_id=owner, amount=4, key="k", now=now, expires_at=now + HOUR, hold_id=bank.random.id())

        with pytest.raises(InsufficientCredits):
            await bank.db.write(place)
        assert len(runs) == 1

    async def test_refuses_somebody_without_an_account(self, bank: Bank) -> None:
        owner = await bank.owner(has_account=False)
        with pytest.raises(InsufficientCredits):
            await bank.hold(owner, 1)

    async def test_repeated_with_its_key_returns_the_first_hold_and_holds_nothing_more(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        first = await bank.hold(owner, 4, key="draft")

        assert await bank.hold(owner, 4, key="draft") == first
        assert await bank.account(owner) == Account(available=6, held=4)

    async def test_repeated_after_it_emptied_the_account_is_no_shortage(self, bank: Bank) -> None:
        owner = await bank.owner(4)
        first = await bank.hold(owner, 4, key="draft")
        assert await bank.hold(owner, 4, key="draft") == first

    async def test_repeated_after_the_capture_tells_what_was_captured(self, bank: Bank) -> None:
        owner = await bank.owner(4)
        resolved = await bank.capture(await bank.hold(owner, 4, key="draft"), 3)
        assert await bank.hold(owner, 4, key="draft") == resolved

    async def test_refuses_a_key_that_was_used_for_another_amount(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        await bank.hold(owner, 4, key="draft")
        with pytest.raises(Conflict):
            await bank.hold(owner, 5, key="draft")
        assert await bank.account(owner) == Account(available=6, held=4)

    async def test_refuses_a_key_of_another_owner(self, bank: Bank) -> None:
        await bank.hold(await bank.owner(10), 4, key="draft")
        other = await bank.owner(10)
        with pytest.raises(Conflict):
            await bank.hold(other, 4, key="draft")
        assert await bank.account(other) == Account(available=10)

    @pytest.mark.parametrize("amount", [0, -1])
    async def test_an_amount_that_is_not_positive_is_a_bug(self, bank: Bank, amount: int) -> None:
        owner = await bank.owner(10)
        with pytest.raises(ValueError, match="positive"):
            await bank.hold(owner, amount)


class TestCapture:
    async def test_spends_the_whole_hold(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        hold = await bank.hold(owner, 4)

        resolved = await bank.capture(hold, 4)

        assert (resolved.status, resolved.captured) == (HoldStatus.CAPTURED, 4)
        assert await bank.account(owner) == Account(available=6)
        assert await bank.lots(owner) == [(6, 0)]
        assert await bank.entries(owner) == [("grant", 10), ("spend", -4)]

    async def test_spends_a_part_in_the_recorded_order_and_frees_the_rest(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4, 5)
        hold = await bank.hold(owner, 10)

        resolved = await bank.capture(hold, 5)

        assert resolved.captured == 5
        assert await bank.lots(owner) == [(0, 0), (2, 0), (5, 0)]
        assert await bank.entries(owner) == [("grant", 3), ("grant", 4), ("grant", 5), ("spend", -3), ("spend", -2)]
        assert await bank.account(owner) == Account(available=7)

    async def test_that_ends_exactly_with_a_lot_leaves_the_next_one_alone(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4)
        await bank.capture(await bank.hold(owner, 7), 3)
        assert await bank.lots(owner) == [(0, 0), (4, 0)]
        assert await bank.entries(owner) == [("grant", 3), ("grant", 4), ("spend", -3)]

    async def test_keeps_to_the_recorded_order_when_a_better_lot_arrives_later(self, bank: Bank) -> None:
        owner = await bank.owner(5)
        hold = await bank.hold(owner, 3)
        await bank.grant(owner, 5, priority=1)
        await bank.capture(hold, 3)
        assert await bank.lots(owner) == [(2, 0), (5, 0)]

    async def test_of_nothing_frees_everything_and_writes_no_entry(self, bank: Bank) -> None:
        owner = await bank.owner(5)
        resolved = await bank.capture(await bank.hold(owner, 3), 0)
        assert (resolved.status, resolved.captured) == (HoldStatus.CAPTURED, 0)
        assert await bank.account(owner) == Account(available=5)
        assert await bank.entries(owner) == [("grant", 5)]

    async def test_repeated_changes_nothing_and_tells_what_the_first_one_did(self, bank: Bank) -> None:
        owner = await bank.owner(5)
        hold = await bank.hold(owner, 3)
        first = await bank.capture(hold, 2)

        assert await bank.capture(hold, 3) == first
        assert await bank.account(owner) == Account(available=3)

    async def test_after_a_release_changes_nothing(self, bank: Bank) -> None:
        owner = await bank.owner(5)
        hold = await bank.hold(owner, 3)
        released = await bank.release(hold)

        assert await bank.capture(hold, 3) == released
        assert await bank.account(owner) == Account(available=5)

    async def test_refuses_more_than_was_set_aside(self, bank: Bank) -> None:
        owner = await bank.owner(5)
        hold = await bank.hold(owner, 3)
        with pytest.raises(Conflict):
            await bank.capture(hold, 4)
        assert await bank.account(owner) == Account(available=2, held=3)

    async def test_still_spends_from_a_lot_that_expired_meanwhile(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 5, expires_in=HOUR)
        hold = await bank.hold(owner, 3)
        bank.clock.advance(2 * HOUR)
        await bank.expire_lots()

        await bank.capture(hold, 3)

        assert await bank.lots(owner) == [(0, 0)]
        assert await bank.entries(owner) == [("grant", 5), ("expire", -2), ("spend", -3)]

    async def test_does_not_know_a_hold_that_was_never_placed(self, bank: Bank) -> None:
        with pytest.raises(NotFound):
            await bank.db.write(ledger.capture, hold_id="nobody's", amount=1, now=bank.clock.now())

    async def test_a_negative_amount_is_a_bug(self, bank: Bank) -> None:
        hold = await bank.hold(await bank.owner(5), 3)
        with pytest.raises(ValueError, match="capture"):
            await bank.capture(hold, -1)


class TestRelease:
    async def test_frees_every_credit_in_every_lot(self, bank: Bank) -> None:
        owner = await bank.owner(3, 4)
        resolved = await bank.release(await bank.hold(owner, 6))
        assert (resolved.status, resolved.captured) == (HoldStatus.RELEASED, 0)
        assert await bank.account(owner) == Account(available=7)
        assert await bank.lots(owner) == [(3, 0), (4, 0)]

    async def test_repeated_changes_nothing(self, bank: Bank) -> None:
        owner = await bank.owner(7)
        hold = await bank.hold(owner, 6)
        assert await bank.release(hold) == await bank.release(hold)
        assert await bank.account(owner) == Account(available=7)

    async def test_after_a_capture_gives_nothing_back(self, bank: Bank) -> None:
        owner = await bank.owner(7)
        hold = await bank.hold(owner, 6)
        captured = await bank.capture(hold, 6)
        assert await bank.release(hold) == captured
        assert await bank.account(owner) == Account(available=1)

    async def test_does_not_know_a_hold_that_was_never_placed(self, bank: Bank) -> None:
        with pytest.raises(NotFound):
            await bank.db.write(ledger.release, hold_id="nobody's", now=bank.clock.now())


class TestExpireHolds:
    async def test_frees_holds_whose_time_is_over_and_no_other(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        due = await bank.hold(owner, 3, expires_in=HOUR)
        await bank.hold(owner, 4, expires_in=2 * HOUR)
        bank.clock.advance(HOUR)

        assert await bank.expire_holds() == (due.id,)
        assert await bank.account(owner) == Account(available=6, held=4)

    async def test_repeated_finds_nothing(self, bank: Bank) -> None:
        await bank.hold(await bank.owner(10), 3)
        bank.clock.advance(HOUR)
        assert len(await bank.expire_holds()) == 1
        assert await bank.expire_holds() == ()

    async def test_takes_at_most_the_limit_the_longest_overdue_first(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        holds = [await bank.hold(owner, 1, expires_in=hours * HOUR) for hours in (3, 1, 2)]
        bank.clock.advance(4 * HOUR)
        assert set(await bank.expire_holds(limit=2)) == {holds[1].id, holds[2].id}
        assert await bank.expire_holds(limit=2) == (holds[0].id,)

    async def test_a_capture_afterwards_spends_nothing(self, bank: Bank) -> None:
        owner = await bank.owner(10)
        hold = await bank.hold(owner, 3)
        bank.clock.advance(HOUR)
        await bank.expire_holds()
        assert (await bank.capture(hold, 3)).status is HoldStatus.EXPIRED
        assert await bank.account(owner) == Account(available=10)
