"""The parts of the studio around the result: cancelling all, models, links, comparing, telling, what stands below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from nyx.db import Database
from nyx.errors import TooMany
from nyx.pages.studio.cancelling import cancel_each
from nyx.pages.studio.comparing import can_compare, sides
from nyx.pages.studio.guide import guide
from nyx.pages.studio.linking import read_settings
from nyx.pages.studio.model_picker import ModelList, facts
from nyx.pages.studio.tools import TOOLS, Tool
from nyx.pages.studio.words import finished_words
from nyx.services.catalog import Capability, load_shipped
from nyx.services.generation.views import Draft, GenerationView, InputPicture, Stage
from tests.pages import test_studio
from tests.pages.test_studio import GEMINI, PAGE, PRO, SCHNELL, Studio, opened
from tests.pages.test_studio_words import run
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
        for prompt in ("one [slow 5]", "two [slow 5]"):
            slow_studio.set("prompt", prompt)
            slow_studio.press()
            await slow_studio.until(lambda said=prompt: said in slow_studio.one("head")._props["view"]["prompt"])  # type: ignore[misc]
            await slow_studio.until_stages("Rendering")
        slow_studio.user.find(marker="head").trigger("cancel")
        await slow_studio.user.should_see("Or all 2 that are open: nothing of it waits to be sent. 2 outputs already with the provider")
        slow_studio.user.find("Cancel all 2").click()

        await slow_studio.user.should_see("2 cancelled.")
        await slow_studio.until(lambda: slow_studio.one("head")._props["view"]["title"] == "Not waiting any more")
        assert [item["state"] for item in slow_studio.one("history")._props["items"]] == ["running", "running"]

    async def test_is_not_offered_for_one(self, slow_studio: Studio) -> None:
        slow_studio.set("prompt", "one [slow 5]")
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


class TestLink:
    async def test_a_link_opens_the_very_settings(self, studio: Studio, make_user: MakeUser) -> None:
        studio.set("prompt", "a fox & <b>hare</b>")
        studio.set("ratio", "16:9")
        studio.set("outputs", "2")
        studio.press()
        await studio.until_stages("Ready", "Ready")
        link = studio.one("head")._props["view"]["link"]
        other = await opened(make_user, "second@example.com", link)

        assert link.startswith(f"{PAGE}?model=black-forest-labs%2FFLUX.1-schnell&prompt=a+fox+%26+%3Cb%3E")
        assert [other.value(name) for name in ("prompt", "ratio", "outputs")] == ["a fox & <b>hare</b>", "16:9", "2"]

    @pytest.mark.parametrize(
        ("query", "changes"),
        [
            ({"ratio": "16:9", "outputs": "3"}, {"ratio": "16:9", "size": "", "outputs": 3}),
            ({"seed": "0042"}, {"seed": "42", "is_seed_locked": True}),
            ({"ratio": "1:1;x", "outputs": "9", "seed": "-1", "other": "1"}, {}),
            ({"ratio": "0:1", "outputs": "", "seed": "99999999999999"}, {}),
            ({"seed": str(2**31)}, {}),
        ],
    )
    def test_what_makes_no_sense_is_left_out(self, query: dict[str, str], changes: dict[str, object]) -> None:
        assert read_settings(query) == changes

    async def test_a_ratio_that_the_model_has_not_gives_way(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", f"{PAGE}?model={SCHNELL}&ratio=97:98")

        assert studio.value("ratio") != "97:98"


class TestCompare:
    async def made(self, studio: Studio, count: int) -> None:
        studio.set("prompt", "a fox")
        studio.set("outputs", str(count))
        studio.press()
        await studio.until_stages(*["Ready"] * count)

    async def test_is_offered_for_two_and_stands_in_place_of_the_tiles(self, studio: Studio) -> None:
        await self.made(studio, 2)
        head = studio.one("head")
        assert head._props["view"]["compare"]
        studio.user.find(marker="head").trigger("view", "compare")

        shown = studio.one("compare")
        assert [item.name for item in shown._props["items"]] == ["Image 1 of 2", "Image 2 of 2"]
        assert shown.visible
        assert head._props["view"]["comparing"]

        studio.user.find(marker="head").trigger("view", "grid")
        assert not shown.visible

    async def test_one_alone_has_nothing_to_be_held_against(self, studio: Studio) -> None:
        await self.made(studio, 1)
        assert not studio.one("head")._props["view"]["comparable"]
        assert not studio.one("head")._props["view"]["compare"]
        studio.user.find(marker="head").trigger("view", "compare")

        await studio.user.should_not_see(marker="compare")

    async def test_another_generation_begins_with_its_tiles(self, studio: Studio) -> None:
        await self.made(studio, 2)
        studio.user.find(marker="head").trigger("view", "compare")
        first = studio.one("head")._props["view"]["prompt"]
        studio.set("prompt", "a hare")
        studio.press()
        await studio.until(lambda: studio.one("head")._props["view"]["prompt"] != first)

        assert not studio.one("head")._props["view"]["comparing"]

    def test_the_picture_it_was_made_from_comes_first(self) -> None:
        made = run(
            Stage.READY,
            Stage.FAILED,
            capability="image-to-image",
            draft=Draft(model_key="m", prompt="p", inputs=(InputPicture(media_id="in"),)),
        )
        made = replace(made, outputs=(replace(made.outputs[0], media_id="out"), made.outputs[1]))

        assert [(side.id, side.name) for side in sides(made)] == [("in", "The start"), ("out", "Image 1 of 2")]
        assert can_compare(made)

    @pytest.mark.parametrize(("has_thumbnails", "still"), [(False, ""), (True, "/media/out/preview")])
    def test_a_clip_has_a_still_before_it_plays_only_once_one_was_made(self, has_thumbnails: bool, still: str) -> None:
        made = run(Stage.READY, capability="text-to-video")
        (output,) = made.outputs
        clip = replace(output, media_id="out", content_type="video/mp4", has_thumbnails=has_thumbnails)

        assert [(side.src, side.large) for side in sides(replace(made, outputs=(clip,)))] == [(still, "/media/out/original")]


class TestNotifier:
    async def test_every_run_that_ends_is_told_once(self, studio: Studio) -> None:
        notifier = studio.one("notifier")
        told: list[Any] = []
        notifier.run_method = lambda name, run: told.append((name, run["title"], run["body"]))
        studio.set("prompt", "a fox")
        studio.set("outputs", "2")
        studio.press()
        await studio.until_stages("Ready", "Ready")
        await studio.until(lambda: bool(told))

        assert told == [("tell", "2 images ready", "FLUX.1 Schnell: a fox")]

    async def test_nothing_of_it_is_in_the_first_page(self, studio: Studio) -> None:
        assert "notifier.js" not in (await studio.user.http_client.get(PAGE)).text

    def test_says_how_it_went(self) -> None:
        assert finished_words(run(Stage.READY, Stage.FAILED, status="completed"))[0] == "1 of 2 images ready"
        assert finished_words(run(Stage.FAILED, status="failed"))[0] == "It did not work out"
        assert finished_words(run(Stage.CANCELLED, status="cancelled"))[0] == "Cancelled"


class TestGuide:
    async def test_compares_every_model_that_can_be_used(self, app: App, studio: Studio) -> None:
        specs = [spec for spec in await app.catalog.list_models("text-to-image") if spec.is_enabled]
        content = studio.one("guide").content

        assert content.count(">Use it</a>") == len(specs)
        assert f"Show all {len(specs)}" in content
        assert 'href="/studio/text-to-image?model=black-forest-labs%2FFLUX.1-schnell"' in content

    async def test_follows_after_the_first_page(self, studio: Studio) -> None:
        assert "The models side by side" not in (await studio.user.http_client.get(PAGE)).text

    @pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: str(tool.capability))
    def test_words_of_the_catalogue_stay_words(self, tool: Tool) -> None:
        spec = next(spec for spec in load_shipped() if tool.capability in spec.capabilities and spec.credits)
        markup = guide(tool, [spec.model_copy(update={"name": "<b>&", "family": '"><i>', "badge": "<u>"})])

        assert "<b>" not in markup
        assert "<i>" not in markup
        assert "<u>" not in markup
        assert "&lt;b&gt;&amp;" in markup

    def test_is_made_once_for_a_catalogue(self) -> None:
        tool, specs = TOOLS[Capability.TEXT_TO_VIDEO], load_shipped()

        assert guide(tool, specs) is guide(tool, load_shipped())
        assert guide(tool, specs[:-40]) != guide(tool, specs)
