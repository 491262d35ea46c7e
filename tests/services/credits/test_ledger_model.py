"""Any sequence of operations leaves the tables as a few lines of plain Python say, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from nyx.db import Database, Tx, open_database
from nyx.errors import InsufficientCredits
from nyx.models.credits import LotSource
from nyx.services.credits import invariants, ledger
from tests.services.credits import model
from tests.services.credits.bank import add_person
from tests.support.clock import START

_serial = count(1)  # ids and keys are unique over all examples, which share one database
OWNERS = st.integers(0, 1)
PICK = st.integers(0, 999)
HOURS = st.integers(1, 4)  # short, so that clocks and expiries often meet exactly


def _id() -> str:
    return f"{next(_serial):032x}"


class Door:
    """The database, opened once for all examples and driven from synchronous code."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._context: AbstractAsyncContextManager[Database] = open_database(url)
        self._db = self._runner.run(self._context.__aenter__())

    def run(self, operation: Callable[..., Any], **params: Any) -> Any:
        return self._runner.run(self._db.write(operation, **params))

    def close(self) -> None:
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()


class LedgerMachine(RuleBasedStateMachine):
    """Two owners, a clock that moves by hours; after each step tables and model must agree."""

    door: Door

    @initialize()
    def open(self) -> None:
        self.hour = 0
        self.ids = [_id(), _id()]
        self.owners = [model.Owner(), model.Owner()]
        self.holds: list[tuple[int, str, str]] = []
        for owner_id in self.ids:
            self.door.run(add_person, owner_id=owner_id, now=self.now)
        for who in range(len(self.ids)):
            self._grant(who, model.Lot(_id(), 50, 20, 20, 0, None))
            self._grant(who, model.Lot(_id(), 10, 20, 20, 0, 2))

    @property
    def now(self) -> datetime:
        return self.at(self.hour)

    @staticmethod
    def at(hour: int) -> datetime:
        return START + timedelta(hours=hour)

    @rule(
        who=OWNERS,
        amount=st.integers(1, 20),
        priority=st.sampled_from([10, 20, 50]),
        starts_in=st.sampled_from([0, 0, 0, 2]),
        lasts=st.none() | HOURS,
    )
    def grant(self, who: int, amount: int, priority: int, starts_in: int, lasts: int | None) -> None:
        starts, ends = self.hour + starts_in, None if lasts is None else self.hour + lasts
        self._grant(who, model.Lot(_id(), priority, amount, amount, starts, ends))

    @rule(pick=PICK, amount=st.integers(1, 20))
    def grant_again(self, pick: int, amount: int) -> None:
        who, lot = self._some_lot(pick)
        self._grant(who, model.Lot(lot.key, lot.priority, amount, amount, self.hour, None))

    def _grant(self, who: int, lot: model.Lot) -> None:
        def operation(tx: Tx) -> ledger.GrantResult:
            return ledger.grant(
                tx,
                owner_id=self.ids[who],
                amount=lot.granted,
                source=LotSource.PACK,
                source_key=lot.key,
                now=self.now,
                new_id=lot_id,
                priority=lot.priority,
                effective_at=self.at(lot.effective),
                expires_at=None if lot.expires is None else self.at(lot.expires),
            )

        lot_id = _id()
        is_new = all(lot.key != known.key for known in self.owners[who].lots)
        result = self._step(operation)
        repaid = self.owners[who].grant(lot)
        assert result.is_new == is_new
        assert not is_new or result.repaid == repaid
        self._compare()

    @rule(who=OWNERS, amount=st.integers(1, 12), ttl=HOURS)
    def place_hold(self, who: int, amount: int, ttl: int) -> None:
        self._place(who, _id(), _id(), amount, self.hour + ttl)

    @rule(who=OWNERS, more=st.integers(-1, 1))
    def hold_nearly_everything(self, who: int, more: int) -> None:
        """What is usable, or one credit beside it: where a wrong bound would show."""
        usable = sum(lot.free for lot in self.owners[who].lots if lot.is_usable(self.hour))
        self._place(who, _id(), _id(), max(usable + more, 1), self.hour + 1)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def place_hold_again(self, pick: int) -> None:
        who, key, _ = self.holds[pick % len(self.holds)]
        hold = self.owners[who].holds[key]
        self._place(who, key, _id(), hold.amount, hold.expires)

    def _place(self, who: int, key: str, hold_id: str, amount: int, expires: int) -> None:
        params = {
            "owner_id": self.ids[who],
            "amount": amount,
            "key": key,
            "now": self.now,
            "expires_at": self.at(expires),
            "hold_id": hold_id,
        }
        is_known = key in self.owners[who].holds
        try:
            expected = self.owners[who].place(key, amount, self.hour, expires)
        except model.Short:
            with pytest.raises(InsufficientCredits):
                self.door.run(ledger.place_hold, **params)
        else:
            if not is_known:
                self.holds.append((who, key, hold_id))
            self._same_hold(self._step(ledger.place_hold, **params), expected)
        self._compare()

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, percent=st.integers(0, 100))
    def capture(self, pick: int, percent: int) -> None:
        who, key, hold_id = self.holds[pick % len(self.holds)]
        amount = self.owners[who].holds[key].amount * percent // 100
        expected = self.owners[who].resolve(key, "captured", amount)
        self._same_hold(self._step(ledger.capture, hold_id=hold_id, amount=amount, now=self.now), expected)
        self._compare()

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def release(self, pick: int) -> None:
        who, key, hold_id = self.holds[pick % len(self.holds)]
        expected = self.owners[who].resolve(key, "released", 0)
        self._same_hold(self._step(ledger.release, hold_id=hold_id, now=self.now), expected)
        self._compare()

    @rule(who=OWNERS)
    def sweep(self, who: int) -> None:
        due = set()
        for owner, key, hold_id in self.holds:
            hold = self.owners[owner].holds[key]
            if hold.status == "open" and hold.expires <= self.hour:
                self.owners[owner].resolve(key, "expired", 0)
                due.add(hold_id)
        assert set(self._step(ledger.expire_holds, now=self.now, limit=10_000)) == due
        self._compare()

        swept = self._step(ledger.expire_lots, now=self.now, owner_id=self.ids[who])
        assert bool(swept) == self.owners[who].expire_lots(self.hour)
        self._compare()

    @rule(pick=PICK, cumulative=st.integers(0, 25), operation=st.sampled_from("abcdefgh"))
    def clawback(self, pick: int, cumulative: int, operation: str) -> None:
        who, lot = self._some_lot(pick)
        expected = self.owners[who].claw_back(lot, cumulative, operation)
        result = self._step(ledger.clawback, source_key=lot.key, cumulative_amount=cumulative, operation_key=operation, now=self.now)
        assert (result.taken, result.owed) == expected
        self._compare()

    @rule(who=OWNERS, amount=st.integers(-15, 15).filter(bool), operation=st.sampled_from("abcdefgh"))
    def adjust(self, who: int, amount: int, operation: str) -> None:
        params = {"owner_id": self.ids[who], "amount": amount, "reason": "", "now": self.now, "new_id": _id()}
        key = f"{operation} of {self.ids[who]}"
        try:
            self.owners[who].adjust(key, amount, self.hour)
        except model.Short:
            with pytest.raises(InsufficientCredits):
                self.door.run(ledger.adjust, operation_key=key, **params)
        else:
            self._step(ledger.adjust, operation_key=key, **params)
        self._compare()

    @rule()
    def let_an_hour_pass(self) -> None:
        self.hour += 1

    def teardown(self) -> None:
        if not hasattr(self, "owners"):
            return
        assert self.door.run(invariants.check) == ()
        for _, _, hold_id in self.holds:  # open holds would be found by the sweeps of later examples
            self.door.run(ledger.release, hold_id=hold_id, now=self.now)

    def _step(self, operation: Callable[..., Any], **params: Any) -> Any:
        """Run the operation, and read the figures within the same transaction."""

        def both(tx: Tx) -> tuple[Any, list[Any]]:
            return operation(tx, **params), [_figures(tx, owner_id) for owner_id in self.ids]

        result, self.figures = self.door.run(both)
        return result

    def _compare(self) -> None:
        assert self.figures == [owner.figures() for owner in self.owners]

    def _some_lot(self, pick: int) -> tuple[int, model.Lot]:
        lots = [(who, lot) for who, owner in enumerate(self.owners) for lot in owner.lots]
        return lots[pick % len(lots)]

    @staticmethod
    def _same_hold(found: ledger.Hold, expected: model.Hold) -> None:
        assert (found.amount, found.captured, found.status.value) == (expected.amount, expected.captured, expected.status)


def _figures(tx: Tx, owner_id: str) -> tuple[int, int, int, list[tuple[int, int]]]:
    account = tx.execute("SELECT available, held, debt FROM credit_account WHERE owner_id = :id", id=owner_id).all()[0]
    lots = tx.execute("SELECT remaining, held FROM credit_lot WHERE owner_id = :id ORDER BY sequence", id=owner_id).all()
    return account["available"], account["held"], account["debt"], [(lot["remaining"], lot["held"]) for lot in lots]


@pytest.fixture
def machine(database_url: str) -> Iterator[type[LedgerMachine]]:
    """The state machine on a fresh database."""
    door = Door(database_url)
    yield type("LedgerMachine", (LedgerMachine,), {"door": door})
    door.close()


def _profile(*, examples: int, steps: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck))


class TestAnySequence:
    def test_leaves_the_tables_as_the_plain_model_says(self, machine: type[LedgerMachine], database_url: str) -> None:
        examples = 120 if database_url.startswith("sqlite") else 40
        run_state_machine_as_test(machine, settings=_profile(examples=examples, steps=40))

    @pytest.mark.crash
    @pytest.mark.timeout(1800)
    def test_leaves_the_tables_as_the_plain_model_says_over_a_long_campaign(self, machine: type[LedgerMachine], database_url: str) -> None:
        examples = 500 if database_url.startswith("sqlite") else 150
        run_state_machine_as_test(machine, settings=_profile(examples=examples, steps=100))
