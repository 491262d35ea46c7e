"""The proof itself: it is silent on a sound ledger, and each rule speaks when its fact is broken."""

from __future__ import annotations

import pytest

from nyx.db import Tx
from nyx.services.credits.invariants import check_session
from tests.services.credits.bank import HOUR, Bank

# What is done to the tables, and the rule that must notice. CHECK constraints and triggers are dropped first where they would prevent it.
BROKEN = {
    "UPDATE credit_lot SET remaining = remaining - 1 WHERE granted = 8": "a lot is the sum of its entries",
    "UPDATE credit_lot SET granted = granted + 1 WHERE granted = 8": "a lot is granted once",
    "UPDATE credit_lot SET held = held + 1 WHERE granted = 8": "a lot holds what open holds were given",
    "UPDATE credit_lot SET clawed_back = 1 WHERE granted = 8": "what was clawed back is in the journal",
    "UPDATE credit_account SET debt = debt + 1": "credits are conserved",
    "UPDATE credit_account SET debt = debt + 2": "debt is in the journal",
    "UPDATE credit_account SET available = available + 1": "an account's available credits are those free in its lots",
    "UPDATE credit_account SET held = held + 1": "an account's held credits are those of its open holds",
    "UPDATE credit_hold SET amount = amount + 1": "a hold is the sum of its allocations",
    "UPDATE credit_hold SET captured = captured - 1 WHERE captured > 0": "a hold captured what was spent for it",
    "UPDATE credit_hold SET status = 'released' WHERE captured > 0": "only a capture spends",
    "UPDATE credit_hold_allocation SET taken_before = taken_before + 1": "allocations follow each other",
    "UPDATE credit_hold SET captured = captured + 1 WHERE captured > 0": "a capture spends in the recorded order",
    "UPDATE credit_lot SET expires_at = effective_at": "a hold takes from its owner's lots while they are valid",
    "UPDATE credit_lot SET effective_at = effective_at + 1": "a hold takes from its owner's lots while they are valid",
    "DELETE FROM credit_account": "every lot and entry has an account",
    "INSERT INTO credit_entry (owner_id, kind, amount, operation_key, created_at)"
    " SELECT owner_id, 'repay', 1, 'x', 0 FROM credit_account": "repayments net to zero",
    "INSERT INTO credit_entry (owner_id, kind, amount, operation_key, created_at)"
    " SELECT owner_id, 'spend', 1, 'x', 0 FROM credit_account": "an entry has the sign of its kind",
    "DROP TRIGGER {update_trigger}": "entries are append-only: no trigger refuses UPDATE",
    "DROP TRIGGER {delete_trigger}": "entries are append-only: no trigger refuses DELETE",
}


@pytest.fixture
async def busy_bank(db, clock, random) -> Bank:
    """A ledger with a bit of everything. Without the closing proof of ``bank``: these tests break it."""
    bank = Bank(db, clock, random)
    owner = await bank.owner(8)
    await bank.grant(owner, 5, key="payment", priority=10, expires_in=2 * HOUR)
    await bank.capture(await bank.hold(owner, 7), 6)
    await bank.release(await bank.hold(owner, 1))
    await bank.hold(owner, 2)
    await bank.clawback("payment", 5)
    await bank.grant(owner, 3)
    await bank.adjust(owner, -1)
    return bank


class TestCheck:
    async def test_is_silent_on_a_sound_ledger_in_the_writer_and_on_a_reader(self, busy_bank: Bank) -> None:
        assert await busy_bank.violations() == ()
        async with busy_bank.db.read() as session:
            assert await check_session(session) == ()

    @pytest.mark.parametrize(("damage", "rule"), BROKEN.items())
    async def test_speaks_when_a_fact_is_broken(self, busy_bank: Bank, damage: str, rule: str) -> None:
        is_sqlite = busy_bank.db.dialect == "sqlite"
        names = {
            "update_trigger": "credit_entry_no_update" if is_sqlite else "credit_entry_append_only ON credit_entry",
            "delete_trigger": "credit_entry_no_delete" if is_sqlite else "credit_entry_append_only ON credit_entry",
        }

        def break_it(tx: Tx) -> None:
            tx.execute(damage.format(**names))

        await busy_bank.db.write(break_it)

        assert rule in "\n".join(await busy_bank.violations())
        async with busy_bank.db.read() as session:
            assert rule in "\n".join(await check_session(session))

    async def test_names_the_row_and_both_figures(self, busy_bank: Bank) -> None:
        [(owner, available)] = await busy_bank.rows("SELECT owner_id, available FROM credit_account")

        def break_it(tx: Tx) -> None:
            tx.execute("UPDATE credit_account SET available = available + 1")

        await busy_bank.db.write(break_it)
        [sentence] = await busy_bank.violations()
        assert sentence.endswith(f"{owner} has {available + 1}, expected {available}")


class TestAppendOnly:
    @pytest.mark.parametrize("statement", ["UPDATE credit_entry SET amount = amount + 1", "DELETE FROM credit_entry"])
    async def test_the_database_refuses_to_change_an_entry(self, bank: Bank, statement: str) -> None:
        owner = await bank.owner(5)

        def change(tx: Tx) -> None:
            tx.execute(statement)

        with pytest.raises(Exception, match="append-only"):
            await bank.db.write(change)
        assert await bank.entries(owner) == [("grant", 5)]

    async def test_and_it_refuses_a_second_entry_of_the_same_operation(self, bank: Bank) -> None:
        await bank.owner(5)

        def repeat(tx: Tx) -> None:
            tx.execute(
                "INSERT INTO credit_entry (owner_id, lot_id, kind, amount, operation_key, created_at)"
                " SELECT owner_id, lot_id, kind, amount, operation_key, created_at FROM credit_entry"
            )

        with pytest.raises(Exception, match=r"(?i)unique"):
            await bank.db.write(repeat)
