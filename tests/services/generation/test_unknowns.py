"""Outputs whose outcome nobody knows, as whoever runs the installation sees and resolves them. On both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nyx.bus import Event, user_topic
from nyx.db import Database
from nyx.errors import Conflict
from nyx.services.generation.unknowns import Unknowns
from nyx.services.generation.views import Stage
from tests.support.world import CHEAP, CLIP, World, open_world


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media") as world:
        await world.engine.stop(timeout_s=1)
        yield world


@pytest.fixture
def unknowns(world: World) -> Unknowns:
    return Unknowns(db=world.db, bus=world.bus, clock=world.clock)


async def lose(world: World) -> None:
    await world.db.write(lambda tx: tx.execute("UPDATE job SET state = 'unknown', observed_at = created_at, submitted_at = created_at"))


class TestList:
    async def test_tells_what_helps_to_find_it_at_the_provider(self, world: World, unknowns: Unknowns) -> None:
        ada = await world.person(name="ada")
        await world.ask(ada, "a fox in the rain", seed=7)
        assert await unknowns.list() == ()

        await lose(world)

        (found,) = await unknowns.list()
        assert found.owner_email.startswith("ada-")
        assert (found.kind, found.model_key, found.prompt, found.seed) == ("image", CHEAP, "a fox in the rain", 7)
        assert found.sent_at <= world.clock.now()


class TestResolve:
    async def test_a_lost_one_frees_its_credits_and_its_page_hears_of_it(self, world: World, unknowns: Unknowns) -> None:
        ada = await world.person(credits=100)
        asked = await world.ask(ada)
        await lose(world)
        heard: list[Event] = []
        world.bus.listen(user_topic(ada), heard.append)
        (unknown,) = await unknowns.list()

        await unknowns.resolve(unknown.job_id, None)

        assert await unknowns.list() == ()
        assert await world.balance(ada) == (100, 0)
        assert heard == [Event("generation", asked.id), Event("credits")]
        with pytest.raises(Conflict):
            await unknowns.resolve(unknown.job_id, None)

    async def test_a_found_clip_goes_on(self, world: World, unknowns: Unknowns) -> None:
        ada = await world.person(credits=100)
        asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")
        await lose(world)

        await unknowns.resolve((await unknowns.list())[0].job_id, "its-id-there")

        view = await world.generations.get(owner_id=ada, generation_id=asked.id)
        assert view.outputs[0].stage is Stage.RENDERING
