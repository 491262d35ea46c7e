"""Which lot pays: lower priority, then earlier expiry, then earlier creation, and only while it is valid."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from nyx.errors import InsufficientCredits
from nyx.models.credits import HoldStatus
from tests.services.credits.bank import HOUR, Bank


class TestBurnOrder:
    async def test_matches_a_brute_force_sort_of_every_combination(self, bank: Bank) -> None:
        owner = await bank.owner()
        combinations = itertools.product((50, 10), (None, 3 * HOUR, 2 * HOUR), range(2))
        lots = [(priority, expiry, order) for order, (priority, expiry, _) in enumerate(combinations)]
        for priority, expiry, _ in lots:
            await bank.grant(owner, 1, priority=priority, expires_in=expiry)
        expected = sorted(lots, key=lambda lot: (lot[0], lot[1] or timedelta.max, lot[2]))

        burned = []
        for _ in lots:
            await bank.hold(owner, 1)
            held = await bank.lots(owner)
            burned.append(next(lot for lot in lots if held[lot[2]] == (1, 1) and lot not in burned))

        assert burned == expected

    async def test_a_hold_over_all_lots_records_the_same_order(self, bank: Bank) -> None:
        owner = await bank.owner()
        for priority, expiry in ((50, None), (10, None), (10, 2 * HOUR), (10, HOUR), (50, HOUR)):
            await bank.grant(owner, 2, priority=priority, expires_in=expiry)

        await bank.hold(owner, 9)

        shares = await bank.rows(
            "SELECT lot.sequence, share.taken_before, share.amount FROM credit_hold_allocation AS share"
            " JOIN credit_lot AS lot ON lot.id = share.lot_id ORDER BY share.taken_before"
        )
        first = min(sequence for sequence, _, _ in shares)
        assert [(sequence - first, before, amount) for sequence, before, amount in shares] == [
            (3, 0, 2),
            (2, 2, 2),
            (1, 4, 2),
            (4, 6, 2),
            (0, 8, 1),
        ]

    async def test_leaves_a_lot_alone_before_it_becomes_effective(self, bank: Bank) -> None:
        owner = await bank.owner()
        await bank.grant(owner, 5, effective_in=HOUR)
        with pytest.raises(InsufficientCredits) as refusal:
            await bank.hold(owner, 1)
        assert refusal.value.available == 0

        bank.clock.advance(HOUR)
        assert (await bank.hold(owner, 5)).status is HoldStatus.OPEN

    async def test_leaves_a_lot_alone_from_the_moment_it_expires_swept_or_not(self, bank: Bank) -> None:
        owner = await bank.owner(2)
        await bank.grant(owner, 5, expires_in=HOUR)
        bank.clock.advance(HOUR)

        with pytest.raises(InsufficientCredits) as refusal:
            await bank.hold(owner, 3)

        assert refusal.value.available == 2
        await bank.hold(owner, 2)
        assert await bank.lots(owner) == [(2, 2), (5, 0)]
