"""What a dead process left behind is picked up: nothing is sent twice, nothing is forgotten. On both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nyx.db import Database
from nyx.errors import Conflict
from nyx.models import JobState
from nyx.services.generation import claims, settling
from nyx.services.generation.claims import Job, Worker
from nyx.services.generation.recorder import Recorder
from nyx.services.generation.settling import Trouble
from nyx.services.generation.views import Stage
from tests.support.world import CLIP, World, open_world

DEAD = Worker(name="dead", lease=timedelta(microseconds=1), per_user=8, per_provider=32)


async def _claim(world: World, worker: Worker) -> tuple[Job, ...]:
    ids = [world.random.id() for _ in range(8)]
    return await world.db.write(claims.start_waiting, worker=worker, now=world.clock.now(), limit=8, attempt_ids=ids)


async def _idle_world_job(world: World, **changes: Any) -> tuple[str, str]:
    """A generation whose engine has stopped before it could start it."""
    await world.engine.stop(timeout_s=1)
    ada = await world.person(credits=100)
    return ada, (await world.ask(ada, **changes)).id


class TestAfterACrash:
    async def test_a_call_that_was_cut_off_becomes_unknown_and_is_never_sent_again(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "one") as before:
            ada, generation_id = await _idle_world_job(before)
            assert len(await _claim(before, DEAD)) == 1

        async with open_world(db, tmp_path / "two") as after:
            await after.engine.start()
            view = await after.generations.get(owner_id=ada, generation_id=generation_id)

            assert view.outputs[0].stage is Stage.UNKNOWN
            assert "never sent twice" in view.outputs[0].trouble
            assert await after.balance(ada) == (97, 3)
            assert await _claim(after, Worker(name="x", lease=timedelta(seconds=1), per_user=8, per_provider=8)) == ()

    async def test_a_job_at_the_provider_is_polled_on(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            await world.engine.stop(timeout_s=1)
            ada = await world.person(credits=100)
            asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")
            (job,) = await _claim(world, DEAD)
            now = world.clock.now()
            await db.write(settling.accept, job=job, provider_job_id="kept", next_run_at=now, now=now)

            (resumed,) = await db.write(claims.resume_due, worker=DEAD, now=world.clock.now(), limit=8)

            assert (resumed.generation_id, resumed.state, resumed.provider_job_id) == (asked.id, JobState.RUNNING, "kept")
            assert resumed.epoch > job.epoch


class TestLateAnswer:
    async def test_to_a_call_that_was_given_up_as_lost_is_taken_after_all(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada, generation_id = await _idle_world_job(world, model_key=CLIP, capability="text-to-video")
            (job,) = await _claim(world, DEAD)
            other = Worker(name="other", lease=timedelta(seconds=60), per_user=8, per_provider=32)
            assert len(await db.write(claims.mark_lost_calls, worker=other, now=world.clock.now())) == 1
            now = world.clock.now()

            recorder = Recorder(db=db, bus=world.bus, clock=world.clock)
            await recorder.answer(job, settling.accept, provider_job_id="after-all", next_run_at=now, now=now)

            view = await world.generations.get(owner_id=ada, generation_id=generation_id)
            assert (view.outputs[0].stage, view.outputs[0].trouble) == (Stage.RENDERING, "")

    async def test_to_a_call_that_was_settled_meanwhile_is_not(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada, generation_id = await _idle_world_job(world)
            (job,) = await _claim(world, DEAD)
            await world.generations.cancel(owner_id=ada, generation_id=generation_id, keep_late=False)
            now = world.clock.now()

            recorder = Recorder(db=db, bus=world.bus, clock=world.clock)
            with pytest.raises(Conflict):
                await recorder.answer(job, settling.accept, provider_job_id="too-late", next_run_at=now, now=now)

            assert await world.balance(ada) == (100, 0)


class TestFencing:
    async def test_a_paused_worker_can_not_write_after_another_took_over(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            await _idle_world_job(world, model_key=CLIP, capability="text-to-video")
            (paused,) = await _claim(world, DEAD)
            now = world.clock.now()
            await db.write(settling.accept, job=paused, provider_job_id="kept", next_run_at=now, now=now)
            (mine,) = await db.write(claims.resume_due, worker=DEAD, now=world.clock.now(), limit=8)

            with pytest.raises(Conflict):
                await db.write(settling.fail, job=paused, trouble=Trouble(code="late", sentence="Too late."), now=now)
            await db.write(settling.fail, job=mine, trouble=Trouble(code="x", sentence="Mine."), now=now)

    async def test_two_workers_never_start_the_same_job(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            await _idle_world_job(world, outputs=4)
            first = await _claim(world, Worker(name="a", lease=timedelta(seconds=60), per_user=8, per_provider=32))
            second = await _claim(world, Worker(name="b", lease=timedelta(seconds=60), per_user=8, per_provider=32))

            assert (len(first), len(second)) == (4, 0)

    async def test_a_repeated_settlement_changes_nothing(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada, _ = await _idle_world_job(world)
            (job,) = await _claim(world, DEAD)
            now = world.clock.now()
            await db.write(settling.fail, job=job, trouble=Trouble(code="x", sentence="No."), now=now)

            with pytest.raises(Conflict):
                await db.write(settling.fail, job=job, trouble=Trouble(code="x", sentence="No."), now=now)

            assert await world.balance(ada) == (100, 0)
