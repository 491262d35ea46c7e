"""Receipts on both databases: every way that a generation can go, line by line, and figures that agree with the ledger to the credit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nyx.db import Database, Tx
from nyx.errors import NotFound
from nyx.models import AttemptOutcome, LotSource
from nyx.services.credits import ledger
from nyx.services.generation import claims, interventions, settling
from nyx.services.generation.claims import Job, Worker
from nyx.services.generation.receipts import Receipt, Receipts, Step
from nyx.services.generation.recorder import Recorder
from tests.services.media.kit import encoded, picture
from tests.support.waiting import eventually
from tests.support.world import CLIP, Picky, World, open_world

DEAD = Worker(name="dead", lease=timedelta(microseconds=1), per_user=8, per_provider=32)
ALIVE = Worker(name="alive", lease=timedelta(seconds=60), per_user=8, per_provider=32)


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media") as world:
        yield world


async def receipt_of(world: World, owner_id: str, generation_id: str) -> Receipt:
    """Read it, and compare every figure with the ledger's own rows."""
    receipt = await Receipts(db=world.db, catalog=world.catalog).get(owner_id=owner_id, generation_id=generation_id)

    def ledger(tx: Tx) -> dict[str, Any]:
        row = tx.execute(
            "SELECT h.amount, h.captured, h.status, g.captured_credits,"
            " (SELECT coalesce(sum(amount), 0) FROM credit_entry WHERE hold_id = h.id) AS spent"
            " FROM credit_hold h JOIN generation g ON g.hold_id = h.id WHERE g.id = :id",
            id=generation_id,
        ).first()
        assert row is not None
        return dict(row)

    books = await world.db.write(ledger)
    assert receipt.quoted == books["amount"] == receipt.charged + receipt.given_back + receipt.still_held
    assert receipt.charged == books["captured"] == books["captured_credits"] == -books["spent"]
    assert (receipt.still_held > 0) == (books["status"] == "open")
    for step, figure in ((Step.HELD, receipt.quoted), (Step.CHARGED, receipt.charged), (Step.GIVEN_BACK, receipt.given_back)):
        assert sum(line.credits for line in receipt.lines if line.step is step) == figure
    assert [line.at for line in receipt.lines] == sorted(line.at for line in receipt.lines)
    return receipt


async def claim(world: World) -> tuple[Job, ...]:
    """What a process does before it calls the provider."""
    ids = [world.random.id()]
    return await world.db.write(claims.start_waiting, worker=DEAD, now=world.clock.now(), limit=1, attempt_ids=ids)


def steps(receipt: Receipt, output: int | None = None) -> list[Step]:
    return [line.step for line in receipt.lines if line.output == output]


class TestReceipt:
    async def test_of_what_was_delivered(self, world: World) -> None:
        ada = await world.person(credits=20)
        asked = await world.ask(ada, outputs=2)
        await world.settled(ada, asked.id)

        receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.quoted, receipt.charged, receipt.given_back, receipt.status) == (6, 6, 0, "completed")
        assert steps(receipt) == [Step.ASKED, Step.HELD, Step.CHARGED]
        for index in range(2):
            assert steps(receipt, index) == [Step.SENT, Step.ANSWERED, Step.READY]
        assert all(output.media_id for output in receipt.outputs)

    async def test_of_a_clip_tells_that_it_was_accepted_first(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=20)
        asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")
        (job,) = await claim(world)
        now = world.clock.now()
        await world.db.write(settling.accept, job=job, provider_job_id="one", next_run_at=now, now=now)

        receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.still_held, receipt.finished_at) == (6, None)
        assert steps(receipt, 0) == [Step.SENT, Step.ANSWERED]
        assert receipt.lines[-1].outcome is AttemptOutcome.ACCEPTED

    async def test_charges_name_what_paid(self, world: World) -> None:
        ada = await world.person(credits=2)
        now, new_id = world.clock.now(), world.random.id()
        await world.db.write(ledger.grant, owner_id=ada, amount=2, source=LotSource.PACK, source_key="pack", now=now, new_id=new_id)
        asked = await world.ask(ada)
        await world.settled(ada, asked.id)

        receipt = await receipt_of(world, ada, asked.id)

        paid = {line.source: line.credits for line in receipt.lines if line.step is Step.CHARGED}
        assert paid.keys() == {LotSource.ADMIN, LotSource.PACK}
        assert sorted(paid.values()) == [1, 2]

    async def test_of_one_that_failed_in_part(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", wrap=lambda inner: Picky(inner, refused=frozenset({8}))) as world:
            ada = await world.person(credits=20)
            asked = await world.ask(ada, outputs=3, seed=7)
            await world.settled(ada, asked.id)

            receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.quoted, receipt.charged, receipt.given_back) == (9, 6, 3)
        assert steps(receipt) == [Step.ASKED, Step.HELD, Step.CHARGED, Step.GIVEN_BACK]
        (failed,) = [line for line in receipt.lines if line.step is Step.FAILED]
        assert (failed.output, failed.words) == (1, "The provider refused this seed.")

    async def test_of_one_that_failed(self, world: World) -> None:
        ada = await world.person(credits=20)
        asked = await world.ask(ada, "a fox [fail]")
        await world.settled(ada, asked.id)

        receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.charged, receipt.given_back, receipt.status) == (0, 3, "failed")
        assert steps(receipt, 0) == [Step.SENT, Step.ANSWERED, Step.FAILED]

    async def test_tells_every_try(self, world: World) -> None:
        ada = await world.person(credits=20)
        asked = await world.ask(ada, "a fox [429 1]")
        await world.settled(ada, asked.id)

        receipt = await receipt_of(world, ada, asked.id)

        assert [line.attempt for line in receipt.lines if line.step is Step.SENT] == [1, 2]
        outcomes = [line.outcome for line in receipt.lines if line.step is Step.ANSWERED]
        assert outcomes == [AttemptOutcome.UNAVAILABLE, AttemptOutcome.DELIVERED]

    async def test_of_one_that_was_cancelled(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)  # nothing is sent
        ada = await world.person(credits=20)
        asked = await world.ask(ada, outputs=2)
        before = await receipt_of(world, ada, asked.id)
        assert (before.still_held, before.given_back, steps(before)) == (6, 0, [Step.ASKED, Step.HELD])
        await world.generations.cancel(owner_id=ada, generation_id=asked.id)

        receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.charged, receipt.given_back, receipt.still_held) == (0, 6, 0)
        assert steps(receipt, 0) == steps(receipt, 1) == [Step.CANCELLED]

    async def test_of_one_whose_outcome_is_unknown_until_it_is_given_up(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", patience_s=0.2) as world:
            ada = await world.person(credits=20)
            asked = await world.ask(ada, "a fox [hang]")

            async def is_unknown() -> bool:
                await world.engine.tick()
                return (await world.generations.get(owner_id=ada, generation_id=asked.id)).outputs[0].stage == "unknown"

            await eventually(is_unknown)
            receipt = await receipt_of(world, ada, asked.id)
            assert (receipt.still_held, receipt.finished_at) == (3, None)
            assert [line.outcome for line in receipt.lines if line.step is Step.ANSWERED] == [AttemptOutcome.UNKNOWN]

            await world.db.write(interventions.age_unknown, now=world.clock.now() + timedelta(minutes=1), give_up_after_ms=0)
            receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.charged, receipt.given_back) == (0, 3)
        assert steps(receipt, 0) == [Step.SENT, Step.ANSWERED, Step.FAILED]

    async def test_of_a_call_that_was_given_up_as_lost_and_answered_after_all(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=20)
        asked = await world.ask(ada)
        (job,) = await claim(world)
        await world.db.write(claims.mark_lost_calls, worker=ALIVE, now=world.clock.now())
        receipt = await receipt_of(world, ada, asked.id)
        assert steps(receipt, 0) == [Step.SENT, Step.CUT_OFF]
        assert receipt.still_held == 3

        received = await world.media.receive(encoded(picture(64, 64)))
        stored = await world.media.store_output(received, owner_id=ada, generation_id=asked.id, output_index=0, expect="image")
        recorder = Recorder(db=world.db, bus=world.bus, clock=world.clock)
        await recorder.answer(job, settling.complete, stored=stored, now=world.clock.now())

        receipt = await receipt_of(world, ada, asked.id)
        assert (receipt.charged, receipt.given_back, receipt.still_held) == (3, 0, 0)
        assert steps(receipt, 0) == [Step.SENT, Step.ANSWERED, Step.READY]

    async def test_of_what_was_deleted_since_stays(self, world: World) -> None:
        ada = await world.person(credits=20)
        asked = await world.ask(ada)
        view = await world.settled(ada, asked.id)
        await world.library.trash(owner_id=ada, media_ids=[str(view.outputs[0].media_id)])

        receipt = await receipt_of(world, ada, asked.id)

        assert (receipt.outputs[0].media_id, receipt.outputs[0].was_deleted, receipt.charged) == (None, True, 3)

    async def test_somebody_elses_is_not_found(self, world: World) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        asked = await world.ask(ada)
        for owner_id, generation_id in ((eve, asked.id), (ada, "nothing")):
            with pytest.raises(NotFound):
                await Receipts(db=world.db, catalog=world.catalog).get(owner_id=owner_id, generation_id=generation_id)
