"""The parts of the studio around the result: cancelling all, models, links, comparing, telling, what stands below."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.errors import TooMany
from nyx.pages.studio.cancelling import cancel_each
from nyx.services.generation.views import GenerationView
from tests.pages.test_studio import Studio, newcomer, slow_studio, studio
from tests.support.world import World, open_world

__all__ = ["newcomer", "slow_studio", "studio"]  # fixtures


@pytest.fixture
async def still(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[World]:
    """Here nobody's turn comes."""
    async with open_world(sqlite_db, tmp_path / "media", per_provider=0) as world:
        yield world


class TestCancelAll:
    async def test_one_that_ended_meanwhile_is_no_mistake(self, still: World) -> None:
        ada = await still.person(credits=9)
        runs = [await still.ask(ada) for _ in range(3)]
        await still.generations.cancel(owner_id=ada, generation_id=runs[1].id)

        async def cancel(generation_id: str) -> GenerationView:
            return await still.generations.cancel(owner_id=ada, generation_id=generation_id)

        outcome = await cancel_each(runs, cancel)

        assert outcome.words() == "2 cancelled. 1 was over already."
        assert await still.balance(ada) == (9, 0)

    async def test_a_refusal_is_said_once_and_saves_nobody_else(self, still: World) -> None:
        ada = await still.person()
        runs = [await still.ask(ada) for _ in range(3)]

        async def cancel(generation_id: str) -> GenerationView:
            if generation_id != runs[2].id:
                raise TooMany("Not so many.")
            return await still.generations.cancel(owner_id=ada, generation_id=generation_id)

        outcome = await cancel_each(runs, cancel)

        assert outcome.words() == "1 cancelled. Not so many."

    async def test_is_offered_when_several_are_open_and_says_what_it_means(self, slow_studio: Studio) -> None:
        for prompt in ("one [slow 20]", "two [slow 20]"):
            slow_studio.set("prompt", prompt)
            slow_studio.press()
            await slow_studio.until(lambda said=prompt: said in slow_studio.one("head")._props["view"]["prompt"])  # type: ignore[misc]
            await slow_studio.until_stages("Rendering")
        slow_studio.user.find(marker="head").trigger("cancel")
        await slow_studio.user.should_see("Or all 2 that are open: nothing of them waits to be sent. 2 outputs already with the provider")
        slow_studio.user.find("Cancel all 2").click()

        await slow_studio.user.should_see("2 cancelled.")
        await slow_studio.until(lambda: slow_studio.one("head")._props["view"]["title"] == "Not waiting any more")
        assert [item["state"] for item in slow_studio.one("history")._props["items"]] == ["running", "running"]

    async def test_is_not_offered_for_one(self, slow_studio: Studio) -> None:
        slow_studio.set("prompt", "one [slow 20]")
        slow_studio.press()
        await slow_studio.until_stages("Rendering")
        slow_studio.user.find(marker="head").trigger("cancel")

        await slow_studio.user.should_see("Let it go, nothing is charged")
        await slow_studio.user.should_not_see("Cancel all")
