"""From a draft to stored pictures and clips, through the real client and the sandbox, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.services.generation.views import Stage
from tests.support.world import CLIP, World, open_world


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media") as world:
        yield world


class TestHappyPath:
    async def test_four_pictures_cost_exactly_what_was_quoted(self, world: World) -> None:
        ada = await world.person(credits=100)
        asked = await world.ask(ada, outputs=4)
        assert await world.balance(ada) == (88, 12)

        done = await world.settled(ada, asked.id)

        assert [output.stage for output in done.outputs] == [Stage.READY] * 4
        assert len({output.media_id for output in done.outputs}) == 4
        assert (done.status, done.captured_credits) == ("completed", 12)
        assert await world.balance(ada) == (88, 0)

    async def test_a_clip_is_polled_fetched_and_kept(self, world: World) -> None:
        ada = await world.person(credits=100)
        asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")

        done = await world.settled(ada, asked.id)

        assert done.outputs[0].content_type == "video/mp4"
        assert await world.balance(ada) == (94, 0)
