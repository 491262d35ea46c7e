"""The parts of the studio around the result: cancelling all, models, links, comparing, telling, what stands below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from nyx.db import Database
from nyx.errors import TooMany
from nyx.pages.studio.cancelling import cancel_each
from nyx.pages.studio.model_picker import ModelList, facts
from nyx.pages.studio.tools import TOOLS
from nyx.services.catalog import Capability, load_shipped
from nyx.services.generation.views import GenerationView
from tests.pages import test_studio
from tests.pages.test_studio import GEMINI, PRO, SCHNELL, Studio, opened
from tests.support.app import MakeUser
from tests.support.world import CLIP, World, open_world

if TYPE_CHECKING:
    from nyx.app import App

RETIRED = "google/imagen-4.0-ultra"

studio, newcomer, slow_studio = test_studio.studio, test_studio.newcomer, test_studio.slow_studio  # fixtures


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


class TestPicker:
    def listed(self, studio: Studio) -> dict[str, Any]:
        return cast("dict[str, Any]", studio.one("models")._props)

    def entry(self, studio: Studio, key: str) -> dict[str, Any]:
        return next(model for group in self.listed(studio)["groups"] for model in group["models"] if model["key"] == key)

    async def test_what_was_used_last_is_there(self, studio: Studio) -> None:
        studio.choose_model(PRO)
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        studio.open_models()

        await studio.until(lambda: self.listed(studio)["used"] == (PRO,))

    async def test_a_star_stays_in_every_tool_for_this_person_alone(self, app: App, studio: Studio, newcomer: Studio) -> None:
        studio.open_models()
        studio.user.find(kind=ModelList).trigger("mark", [GEMINI, True])
        await studio.until(lambda: self.listed(studio)["favourites"] == (GEMINI,))
        await studio.user.open("/studio/image-to-image")
        studio.open_models()
        await studio.until(lambda: self.listed(studio)["favourites"] == (GEMINI,))
        newcomer.open_models()
        await asyncio.sleep(0.1)
        assert self.listed(newcomer)["favourites"] == ()

        studio.user.find(kind=ModelList).trigger("mark", [GEMINI, False])
        await studio.until(lambda: self.listed(studio)["favourites"] == ())

    async def test_a_star_for_what_is_not_offered_changes_nothing(self, app: App, studio: Studio) -> None:
        studio.open_models()
        for sent in ([CLIP, True], ["no/such", True], "nonsense", [7]):
            studio.user.find(kind=ModelList).trigger("mark", sent)
        await asyncio.sleep(0.1)

        assert self.listed(studio)["favourites"] == ()

    async def test_prices_are_those_of_the_present_settings(self, studio: Studio) -> None:
        studio.choose_model(GEMINI)
        studio.set("ratio", "1:1")
        studio.set("size", "2048x2048")
        studio.open_models()

        prices = self.listed(studio)["prices"]
        assert prices[GEMINI] == 20
        assert prices[SCHNELL] == 3
        assert self.listed(studio)["available"] == 1_015

    async def test_a_retired_one_offers_its_successor(self, app: App, make_user: MakeUser) -> None:
        await app.catalog.override(RETIRED, is_enabled=False)
        studio = await opened(make_user, "first@example.com")
        studio.open_models()
        assert self.entry(studio, RETIRED)["successor"] == {"key": GEMINI, "name": "Gemini 3 Pro Image (Nano Banana 2)"}

        studio.user.find(kind=ModelList).trigger("choose", GEMINI)

        await studio.user.should_see("1 image × 20 credits")

    def test_says_what_sets_a_model_apart(self) -> None:
        specs = {spec.key: spec for spec in load_shipped()}

        assert facts(specs[CLIP], TOOLS[Capability.TEXT_TO_VIDEO]) == ["5 s"]
        assert facts(specs[CLIP], TOOLS[Capability.IMAGE_TO_VIDEO]) == ["first and last frame", "5 s"]
        assert facts(specs[SCHNELL], TOOLS[Capability.TEXT_TO_IMAGE]) == []
        assert facts(specs[GEMINI], TOOLS[Capability.IMAGE_TO_IMAGE]) == ["up to 14 pictures"]
