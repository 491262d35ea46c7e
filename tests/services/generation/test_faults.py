"""Every fault that the sandbox can rehearse ends in a specified state, with an exact ledger and one sentence for a person."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.sandbox.settings import SandboxSettings
from nyx.services.generation.views import Stage
from tests.support.world import CLIP, Picky, World, open_world

RUDE = SandboxSettings(image_latency_s=0.01, video_latency_s=0.05, jitter=0.0, prepared_picture=True, hang_s=30.0, late_s=0.5)

# word, what becomes of a picture, what becomes of a clip; charged means: the price of one output is spent
TABLE: tuple[tuple[str, Stage, Stage], ...] = (
    ("[fail]", Stage.FAILED, Stage.FAILED),
    ("[reject]", Stage.FAILED, Stage.FAILED),
    ("[slow 1]", Stage.READY, Stage.READY),
    ("[429]", Stage.READY, Stage.READY),
    ("[429 9]", Stage.FAILED, Stage.FAILED),
    ("[500]", Stage.FAILED, Stage.FAILED),
    ("[hang]", Stage.UNKNOWN, Stage.UNKNOWN),
    ("[truncate]", Stage.READY, Stage.READY),
    ("[expire]", Stage.FAILED, Stage.FAILED),
    ("[empty]", Stage.FAILED, Stage.FAILED),
    ("[late]", Stage.READY, Stage.READY),
    ("[duplicate]", Stage.READY, Stage.READY),
)


async def _outcome(world: World, owner_id: str, prompt: str, *, is_clip: bool) -> tuple[Stage, str]:
    kind = {"model_key": CLIP, "capability": "text-to-video"} if is_clip else {}
    asked = await world.ask(owner_id, prompt, **kind)
    async with asyncio.timeout(60):
        while True:
            await world.engine.tick()
            view = await world.generations.get(owner_id=owner_id, generation_id=asked.id)
            output = view.outputs[0]
            if view.finished_at is not None or output.stage is Stage.UNKNOWN:
                return output.stage, output.trouble
            await asyncio.sleep(0.02)
            await _hurry(world)


async def _hurry(world: World) -> None:
    """What was put off is due at once: the test is about where it ends, not about when."""
    await world.db.write(lambda tx: tx.execute("UPDATE job SET next_run_at = created_at WHERE state IN ('pending', 'running', 'fetching')"))


class TestFaultWords:
    @pytest.mark.parametrize("is_clip", [False, True], ids=["picture", "clip"])
    @pytest.mark.parametrize(("word", "of_picture", "of_clip"), TABLE, ids=[row[0] for row in TABLE])
    async def test_ends_as_specified_with_an_exact_ledger(
        self, sqlite_db: Database, tmp_path: Path, word: str, of_picture: Stage, of_clip: Stage, is_clip: bool
    ) -> None:
        async with open_world(sqlite_db, tmp_path / "media", sandbox=RUDE, patience_s=3.0 if word == "[hang]" else 30.0) as world:
            ada = await world.person(credits=100)

            stage, trouble = await _outcome(world, ada, f"a lighthouse {word}", is_clip=is_clip)

            price = 6 if is_clip else 3
            assert stage is (of_clip if is_clip else of_picture)
            expected = {Stage.READY: (100 - price, 0), Stage.FAILED: (100, 0), Stage.UNKNOWN: (100 - price, price)}[stage]
            assert await world.balance(ada) == expected
            if stage is Stage.READY:
                assert trouble == ""
            else:
                assert trouble[0].isupper()
                assert trouble.endswith(".")
                assert len(trouble) < 300

    async def test_three_of_four_are_paid_for_when_one_fails(self, sqlite_db: Database, tmp_path: Path) -> None:
        async with open_world(sqlite_db, tmp_path / "media", sandbox=RUDE, wrap=partial(Picky, refused=frozenset({102}))) as world:
            ada = await world.person(credits=100)
            asked = await world.ask(ada, "a lighthouse", outputs=4, seed=100)

            done = await world.settled(ada, asked.id)

            assert [output.stage for output in done.outputs] == [Stage.READY, Stage.READY, Stage.FAILED, Stage.READY]
            assert (done.status, done.captured_credits) == ("completed", 9)
            assert await world.balance(ada) == (91, 0)
