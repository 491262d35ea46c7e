"""The studio as its user sees it, over the whole application, without a browser."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from nicegui.testing import User
from PIL import Image
from sqlmodel import select

from nyx.bus import MemoryBus
from nyx.models import User as Person
from nyx.pages.studio.model_picker import ModelList
from nyx.pages.studio.stage import Stage
from nyx.pages.studio.tile import Tile
from nyx.pages.studio.tools import TOOLS, Tool
from nyx.services.catalog import Capability
from nyx.services.media.views import Filters, Variant
from tests.services.media.kit import add_output
from tests.support.app import PASSWORD, MakeUser, client_of, running_app, sign_up_or_in, simulated_user
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from nyx.app import App
    from nyx.pages.studio.controls import Controls
    from nyx.pages.studio.fields import FieldView

PAGE = "/studio/text-to-image"
EXAMPLES = TOOLS[Capability.TEXT_TO_IMAGE].examples
SCHNELL, PRO, GEMINI = "black-forest-labs/FLUX.1-schnell", "black-forest-labs/FLUX.2-pro", "google/gemini-3-pro-image"
MOST_ELEMENTS = 150


class Studio:
    """What a person does on the page. The names are theirs."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._typed: dict[str, tuple[str, int]] = {}

    def one(self, marker: str) -> Any:
        (element,) = self.user.find(marker=marker).elements
        return element

    @property
    def controls(self) -> Controls:
        return cast("Controls", self.one("controls"))

    def field(self, name: str) -> FieldView:
        (found,) = [field for field in self.controls.view.fields if field.name == name]
        return found

    def set(self, name: str, value: str) -> None:
        """As the browser reports it; it keeps what is typed until the server sets something else."""
        self._typed[name] = (value, self.field(name).revision)
        self.user.find(marker="controls").trigger("edit", [name, value])

    def value(self, name: str) -> str:
        """What the browser shows in a field."""
        field = self.field(name)
        typed, revision = self._typed.get(name, ("", -1))
        return typed if field.is_typed and revision == field.revision else field.value

    def press(self, name: str = "generate") -> None:
        self.user.find(marker="controls").trigger("act", name)

    def open_models(self) -> None:
        self.press("model")

    def choose_model(self, key: str) -> None:
        self.open_models()
        self.user.find(kind=ModelList).trigger("choose", key)

    def tiles(self) -> list[dict[str, Any]]:
        with self.user.client or pytest.fail("no page is open"):
            found = self.user.find(kind=Tile).elements
        return [dict(tile._props["view"]) for tile in sorted(found, key=lambda tile: tile.id)]

    def pictures(self) -> list[str]:
        return [tile["src"] for tile in self.tiles()]

    async def until(self, holds: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
        for _ in range(round(timeout_s / 0.02)):
            try:
                if holds():
                    return
            except AssertionError:
                pass  # not there yet
            await asyncio.sleep(0.02)
        raise AssertionError(f"waited {timeout_s} s in vain; the tiles are {[tile.get('stage') for tile in self.tiles()]}")

    async def until_stages(self, *stages: str) -> None:
        await self.until(lambda: [tile["stage"] for tile in self.tiles()] == list(stages))


@pytest.fixture
async def studio(make_user: MakeUser) -> Studio:
    """The first account: an admin with credits to spend."""
    return await opened(make_user, "first@example.com")


@pytest.fixture
async def newcomer(studio: Studio, make_user: MakeUser) -> Studio:
    """The second account: nothing but the bonus of 15 credits."""
    return await opened(make_user, "second@example.com")


@pytest.fixture
async def slow_studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """The first account, where a picture takes a second."""
    async with running_app(tmp_path / "slow", sandbox_image_latency_s=1, sandbox_jitter=0) as app, client_of(app) as client:
        await sign_up_or_in(client, email="first@example.com", password=PASSWORD)
        with simulated_user(client) as user:
            await user.open(PAGE)
            yield Studio(user)


async def opened(make_user: MakeUser, email: str, path: str = PAGE) -> Studio:
    user = await make_user(email)
    await user.open(path)
    return Studio(user)


class TestOpening:
    async def test_a_visitor_is_sent_to_the_login(self, make_user: MakeUser) -> None:
        visitor = await make_user()
        answer = await visitor.http_client.get(PAGE)

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")

    async def test_a_newcomer_is_shown_what_to_do(self, studio: Studio) -> None:
        await studio.user.should_see("What will you make first?")
        await studio.user.should_see(EXAMPLES[0])

    async def test_says_how_many_models_there_truly_are(self, app: App, studio: Studio) -> None:
        specs = await app.catalog.list_models("text-to-image")

        await studio.user.should_see(f"Describe it. {sum(spec.is_enabled for spec in specs)} models draw it.")

    async def test_stays_within_the_budget_of_elements(self, studio: Studio) -> None:
        client = studio.user.client
        assert client is not None

        assert len(client.elements) <= MOST_ELEMENTS

    async def test_an_example_fills_the_prompt(self, studio: Studio) -> None:
        studio.user.find(kind=Stage).trigger("choose", EXAMPLES[1])

        assert studio.value("prompt") == EXAMPLES[1]

    async def test_the_address_may_bring_a_prompt_and_a_model(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", f"{PAGE}?prompt=a%20%3Cb%3Ered%3C/b%3E%20kite&model={PRO}")

        assert studio.value("prompt") == "a <b>red</b> kite"
        await studio.user.should_see("FLUX.2 Pro")


class TestPrice:
    async def test_follows_the_number_of_images_at_once(self, studio: Studio) -> None:
        studio.set("outputs", "4")

        await studio.user.should_see("4 images × 3 credits")
        await studio.user.should_see("of 1,015")

    async def test_follows_model_and_size(self, studio: Studio) -> None:
        studio.choose_model(PRO)
        await studio.user.should_see("1 image × 20 credits")

        studio.choose_model(GEMINI)
        await studio.user.should_see("1 image × 20 credits")

    async def test_says_what_is_missing_and_whom_to_ask(self, newcomer: Studio) -> None:
        newcomer.choose_model(PRO)

        await newcomer.user.should_see("This needs 20 credits and you have 15. Ask the person who runs this studio to add credits.")

    async def test_generate_without_enough_credits_makes_nothing(self, app: App, newcomer: Studio) -> None:
        newcomer.choose_model(PRO)
        newcomer.set("prompt", "a fox")
        newcomer.press()

        await newcomer.user.should_see("Not enough credits yet.")
        await newcomer.user.should_see("What will you make first?")

    async def test_a_price_that_rose_since_the_page_was_opened_is_told_and_not_charged(self, app: App, newcomer: Studio) -> None:
        await app.catalog.override(SCHNELL, credits=4)
        newcomer.set("prompt", "a fox")
        newcomer.press()

        await newcomer.user.should_see("The price has changed: this costs 4 credits now.")
        await newcomer.user.should_see("1 image × 4 credits")
        assert newcomer.controls.view.cost.balance == " of 15"
        newcomer.press()
        await newcomer.user.should_not_see("What will you make first?")
        await eventually(lambda: newcomer.controls.view.cost.balance == " of 11")

    async def test_an_admin_is_shown_the_command(self, app: App, studio: Studio) -> None:
        await app.catalog.override(PRO, credits=5_000)
        await studio.user.open(PAGE)
        studio.choose_model(PRO)

        await studio.user.should_see("python -m nyx admin grant first@example.com 100")


class TestModels:
    async def test_a_model_that_is_switched_off_says_why(self, app: App, make_user: MakeUser) -> None:
        await app.catalog.override(PRO, is_enabled=False)
        studio = await opened(make_user, "first@example.com")
        studio.open_models()

        await studio.user.should_see("FLUX.2 Pro is switched off here.")

    async def test_what_takes_the_place_of_the_one_that_was_asked_for_is_said(self, app: App, make_user: MakeUser) -> None:
        await app.catalog.override(PRO, is_enabled=False)
        studio = await opened(make_user, "first@example.com", f"{PAGE}?model={PRO}")

        assert studio.controls.view.model.note.startswith("FLUX.2 Pro can't be used now: ")
        assert studio.controls.view.model.note.endswith(" is chosen instead.")

    async def test_one_that_is_not_offered_can_not_be_chosen(self, app: App, make_user: MakeUser) -> None:
        await app.catalog.override(PRO, is_enabled=False)
        studio = await opened(make_user, "first@example.com")
        studio.choose_model(PRO)
        studio.user.find(kind=ModelList).trigger("choose", "no/such-model")

        await studio.user.should_see("1 image × 3 credits")

    async def test_another_model_keeps_what_it_can_take_and_names_the_rest(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.set("negative_prompt", "blur")
        studio.set("steps", "6")
        studio.set("outputs", "3")
        studio.choose_model(PRO)

        await studio.user.should_see("FLUX.2 Pro can't take the negative prompt and the steps: left out.")
        assert studio.value("prompt") == "a fox"
        assert studio.value("outputs") == "3"

    async def test_several_sizes_of_one_ratio_are_offered_as_resolutions(self, studio: Studio) -> None:
        studio.choose_model(GEMINI)
        studio.set("ratio", "21:9")

        for size in ("1584 × 672", "3168 × 1344", "6336 × 2688"):
            await studio.user.should_see(size)


class TestGenerate:
    async def test_four_pictures_arrive_and_cost_exactly_their_price(self, app: App, studio: Studio) -> None:
        studio.set("prompt", "a fox in the rain")
        studio.set("outputs", "4")
        studio.press()
        await studio.until_stages("Ready", "Ready", "Ready", "Ready")

        await studio.user.should_see("4 images · 12 credits")
        await studio.user.should_see("of 1,003")
        for tile in studio.tiles():
            answer = await studio.user.http_client.get(tile["src"])
            assert (answer.status_code, answer.headers["content-type"].partition("/")[0]) == (200, "image")

    async def test_pressing_twice_is_one_generation(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.press()
        studio.press()
        await studio.until_stages("Ready")

        await studio.user.should_see("of 1,012")

    async def test_another_tab_of_the_same_person_shows_the_same(self, studio: Studio, make_user: MakeUser) -> None:
        other = await opened(make_user, "first@example.com")
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        await other.until_stages("Ready")

        assert other.pictures() == studio.pictures()
        await other.user.should_see("of 1,012")

    async def test_nobody_else_sees_it(self, studio: Studio, newcomer: Studio) -> None:
        studio.set("prompt", "a secret fox")
        studio.press()
        await studio.until_stages("Ready")

        await newcomer.user.should_not_see("a secret fox")

    async def test_a_reload_shows_it_again(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        before = studio.pictures()
        await studio.user.open(PAGE)
        await studio.user.should_not_see("What will you make first?")

        await studio.until(lambda: studio.pictures() == before)
        await studio.until(lambda: not studio.one("history")._props["waiting"])

    async def test_what_was_made_is_waited_for_and_never_denied(self, studio: Studio) -> None:
        """The page comes before the generations are read: until then it shows that it is looking, not that there are none."""
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        page = (await studio.user.http_client.get(PAGE)).text

        assert "Looking up what you made last." in page
        assert EXAMPLES[0] not in page

    async def test_an_unlocked_seed_is_for_one_generation(self, studio: Studio) -> None:
        studio.choose_model("black-forest-labs/FLUX.1-dev")
        studio.set("seed", "42")
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")

        assert studio.value("seed") == ""

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("prompt", "   ", "Describe the picture first: the prompt is empty."),
            ("prompt", "x" * 5_001, "The prompt is too long: 5,001 of 5,000 characters. Shorten it a little."),
            ("steps", "many", "Steps must be a whole number, or empty."),
            ("steps", "51", "Steps goes from 1 to 50."),
            ("negative_prompt", "y" * 2_001, "The negative prompt may have up to 2,000 characters; this has 2,001. Shorten it a little."),
        ],
    )
    async def test_bad_input_gets_a_sentence_beside_its_field(self, studio: Studio, field: str, value: str, sentence: str) -> None:
        studio.set("prompt", "a fox")
        studio.set(field, value)
        studio.press()
        await studio.until(lambda: studio.field(field).error == sentence)

        assert studio.value(field) == value

    @pytest.mark.parametrize("word", ["[fail]", "[reject]", "[500]", "[empty]"])
    async def test_a_failure_says_one_sentence_gives_back_and_offers_retry(self, studio: Studio, word: str) -> None:
        studio.set("prompt", f"a fox {word}")
        studio.press()
        await studio.until_stages("Failed")
        (tile,) = studio.tiles()

        assert tile["text"].endswith("3 credits given back.")
        assert tile["retry"]
        await studio.user.should_see("Nothing charged, 3 credits given back")
        await studio.user.should_see("of 1,015")

    async def test_retry_asks_again(self, studio: Studio) -> None:
        studio.set("prompt", "a fox [fail]")
        studio.press()
        await studio.until_stages("Failed")
        studio.user.find(kind=Tile).trigger("act", "retry")

        await studio.user.should_see("Failed")
        await studio.until(lambda: len(studio.one("history")._props["items"]) == 2)

    async def test_retry_names_its_price_and_asks_anew_when_it_rose(self, app: App, studio: Studio) -> None:
        studio.set("prompt", "a fox [fail]")
        studio.press()
        await studio.until_stages("Failed")
        assert studio.tiles()[0]["retry"] == "Retry · 3 credits"
        await app.catalog.override(SCHNELL, credits=4)
        studio.user.find(kind=Tile).trigger("act", "retry")
        await studio.user.should_see("The price has changed: this costs 4 credits now.")
        await studio.until(lambda: studio.tiles()[0]["retry"] == "Retry · 4 credits")
        assert len(studio.one("history")._props["items"]) == 1
        studio.user.find(kind=Tile).trigger("act", "retry")

        await studio.until(lambda: len(studio.one("history")._props["items"]) == 2)

    async def test_the_settings_of_a_picture_come_back(self, studio: Studio) -> None:
        studio.choose_model("black-forest-labs/FLUX.1-dev")
        studio.set("prompt", "a fox")
        studio.set("ratio", "16:9")
        studio.press()
        await studio.until_stages("Ready")
        studio.choose_model(PRO)
        studio.set("prompt", "something else")
        studio.user.find(kind=Tile).trigger("act", "reuse")
        await studio.until(lambda: studio.value("prompt") == "a fox")

        assert studio.value("ratio") == "16:9"
        assert studio.value("seed").isdigit()
        await studio.user.should_see("FLUX.1 Dev")


class TestDraft:
    async def test_survives_a_reload(self, app: App, studio: Studio) -> None:
        studio.set("prompt", "half a thou")
        studio.set("outputs", "2")
        await studio.until(lambda: studio.one("keeper")._props["stored"] == "half a thou")
        await studio.user.open(PAGE)

        assert studio.value("prompt") == "half a thou"
        assert studio.value("outputs") == "2"

    async def test_a_stored_draft_of_other_times_does_no_harm(self, app: App, studio: Studio) -> None:
        person = await app.accounts.log_in(email="first@example.com", password=PASSWORD)
        payload = {"prompt": 7, "outputs": 99, "ratio": "1:1", "model_key": "gone/model", "unknown": True}
        await app.generations.save_draft(owner_id=person.user.id, screen="text-to-image", payload=payload)
        await studio.user.open(PAGE)

        assert studio.value("prompt") == ""
        assert studio.value("outputs") == "4"


class TestLife:
    async def test_closing_the_page_stops_listening(self, app: App, studio: Studio) -> None:
        assert isinstance(app.bus, MemoryBus)
        await studio.until(lambda: any(topic.startswith("user:") for topic in app.bus.topics))  # type: ignore[attr-defined]
        before = app.bus.subscribers
        assert studio.user.client is not None
        studio.user.client.delete()

        assert app.bus.subscribers < before

    async def test_cancelling_says_first_what_it_means(self, slow_studio: Studio) -> None:
        slow_studio.set("prompt", "a fox")
        slow_studio.press()
        await slow_studio.until_stages("Rendering")
        slow_studio.user.find(marker="head").trigger("cancel")
        await slow_studio.user.should_see("1 image already with the provider: that can't be called back.")
        slow_studio.user.find("Let it go, nothing is charged").click()
        await slow_studio.until_stages("Cancelled")

        await slow_studio.user.should_see("Nothing charged, 3 credits given back")

    async def test_what_arrives_after_a_cancel_can_be_kept_for_its_price(self, slow_studio: Studio) -> None:
        slow_studio.set("prompt", "a fox")
        slow_studio.press()
        await slow_studio.until_stages("Rendering")
        slow_studio.user.find(marker="head").trigger("cancel")
        slow_studio.user.find("Keep what still arrives, for its price").click()
        await slow_studio.user.should_see("Not waiting any more")
        await slow_studio.until_stages("Ready")

        await slow_studio.user.should_see("of 1,012")


class TestTools:
    @pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: str(tool.capability))
    async def test_each_offers_its_own_models_and_draft(self, app: App, make_user: MakeUser, tool: Tool) -> None:
        studio = await opened(make_user, "first@example.com", tool.path)
        specs = await app.catalog.list_models(tool.capability)

        await studio.user.should_see(tool.lead_for(sum(spec.is_enabled for spec in specs)))
        await studio.user.should_see(tool.examples[0])
        assert len((studio.user.client or pytest.fail("no page")).elements) <= 30, "the first byte waits for every element"

    async def test_a_clip_has_a_length_and_no_size_that_it_does_not_take(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/text-to-video")
        studio.choose_model("ByteDance/Seedance-2.0")

        assert [option.text for option in studio.field("seconds").options][:2] == ["4 s", "5 s"]
        assert [option.value for option in studio.field("resolution").options] == ["480p", "720p", "1080p", "4k"]
        assert studio.field("ratio").value == "16:9"
        assert studio.field("sound").value == "on"
        studio.choose_model("kwaivgI/kling-2.1-standard")
        names = {field.name for field in studio.controls.view.fields}
        assert "sound" not in names
        assert "resolution" not in names

    async def test_the_length_changes_the_price(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/text-to-video")
        studio.choose_model("ByteDance/Seedance-2.0")
        await studio.user.should_see("1 clip × 30 credits")
        studio.set("seconds", "10")

        await studio.user.should_see("1 clip × 60 credits")

    async def test_another_model_says_which_length_it_can_not_take(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/text-to-video")
        studio.choose_model("ByteDance/Seedance-2.0")
        studio.set("seconds", "12")
        studio.choose_model("google/veo-3.1")

        assert "the length of 12 s" in studio.controls.view.model.note

    async def test_each_tool_keeps_its_own_words(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/text-to-video")
        studio.set("prompt", "a boat")
        await studio.until(lambda: studio.one("keeper")._props["stored"] == "a boat")
        await studio.user.open(PAGE)
        assert studio.field("prompt").value == ""
        await studio.user.open("/studio/text-to-video")

        assert studio.field("prompt").value == "a boat"

    async def test_a_field_that_is_not_shown_can_not_be_edited(self, studio: Studio) -> None:
        studio.user.find(marker="controls").trigger("edit", ["is_seed_locked", "yes"])
        studio.user.find(marker="controls").trigger("edit", ["outputs", "9"])
        studio.user.find(marker="controls").trigger("edit", {"outputs": "2"})
        studio.user.find(marker="controls").trigger("act", "explode")

        assert studio.field("outputs").value == "1"


class TestPictures:
    @pytest.fixture
    async def editor(self, make_user: MakeUser) -> Studio:
        return await opened(make_user, "first@example.com", "/studio/image-to-image")

    async def upload(self, studio: Studio, colour: str = "red", size: tuple[int, int] = (640, 480)) -> str:
        body = io.BytesIO()
        Image.new("RGB", size, colour).save(body, "PNG")
        answer = await studio.user.http_client.post("/api/uploads", content=body.getvalue())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def add(self, studio: Studio, role: str = "image", colour: str = "red") -> str:
        media_id = await self.upload(studio, colour)
        studio.user.find(marker="pictures").trigger("act", ["added", role, media_id])
        await studio.until(lambda: media_id in shown(studio, role))
        return media_id

    @pytest.mark.parametrize("tool", ["image-to-image", "image-to-video"])
    async def test_generate_is_blocked_with_the_reason_until_one_is_there(self, make_user: MakeUser, tool: str) -> None:
        studio = await opened(make_user, "first@example.com", f"/studio/{tool}")
        assert studio.controls.view.cost.blocked == "Add a picture to start from."
        role = "first" if tool == "image-to-video" else "image"
        media_id = await self.add(studio, role)
        assert studio.controls.view.cost.blocked == ""
        studio.user.find(marker="pictures").trigger("act", ["removed", role, media_id])

        await studio.until(lambda: studio.controls.view.cost.blocked == "Add a picture to start from.")

    @pytest.mark.parametrize("prompt", ["", "make it winter"])
    async def test_the_shortcut_says_the_same_at_the_pictures(self, editor: Studio, prompt: str) -> None:
        editor.set("prompt", prompt)
        editor.press()

        await editor.until(lambda: editor.one("pictures")._props["error"] == "Add a picture to start from.")
        assert editor.field("prompt").error == ""

    async def test_with_one_an_empty_prompt_is_said_after_a_press(self, editor: Studio) -> None:
        await self.add(editor)
        editor.press()

        await editor.until(lambda: editor.field("prompt").error.startswith("Describe the picture first"))

    async def test_an_edit_is_made_from_the_picture_and_remembers_it(self, app: App, editor: Studio) -> None:
        media_id = await self.add(editor)
        editor.set("prompt", "make it winter")
        editor.press()
        await editor.until_stages("Ready")
        made = editor.tiles()[0]["src"].split("/")[2]

        (source,) = await app.backend.lineage.made_from(owner_id=await owner_of(app), media_id=made)
        assert source.media_id == media_id

    async def test_they_survive_a_reload(self, editor: Studio) -> None:
        media_id = await self.add(editor)
        await asyncio.sleep(1.2)
        await editor.user.open("/studio/image-to-image")

        assert shown(editor, "image") == [media_id]

    async def test_another_persons_picture_is_not_taken(self, editor: Studio, make_user: MakeUser) -> None:
        other = await opened(make_user, "second@example.com", "/studio/image-to-image")
        media_id = await self.upload(other)
        editor.user.find(marker="pictures").trigger("act", ["added", "image", media_id])
        await asyncio.sleep(0.2)

        assert shown(editor, "image") == []

    async def test_the_address_may_bring_one_that_is_theirs(self, editor: Studio, make_user: MakeUser) -> None:
        media_id = await self.upload(editor)
        await editor.user.open(f"/studio/image-to-video?picture={media_id}")
        assert shown(editor, "first") == [media_id]
        other = await opened(make_user, "second@example.com", f"/studio/image-to-video?picture={media_id}")

        assert shown(other, "first") == []

    async def test_several_can_be_ordered_and_removed(self, editor: Studio) -> None:
        editor.choose_model(GEMINI)
        first, second = await self.add(editor), await self.add(editor, colour="blue")
        assert shown(editor, "image") == [first, second]
        editor.user.find(marker="pictures").trigger("act", ["back", "image", second])
        await editor.until(lambda: shown(editor, "image") == [second, first])
        editor.user.find(marker="pictures").trigger("act", ["removed", "image", first])

        await editor.until(lambda: shown(editor, "image") == [second])

    async def test_a_model_that_takes_fewer_says_so(self, editor: Studio) -> None:
        editor.choose_model(GEMINI)
        for colour in ("red", "blue", "green"):
            await self.add(editor, colour=colour)
        editor.choose_model("black-forest-labs/FLUX.1-kontext-pro")

        assert "2 of the pictures" in editor.controls.view.model.note
        assert len(shown(editor, "image")) == 1

    async def test_a_clip_begins_and_ends_with_frames(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/image-to-video")
        studio.choose_model("ByteDance/Seedance-1.0-lite")
        await self.add(studio, "first")
        await self.add(studio, "last", "blue")
        studio.choose_model("google/veo-3.0-fast")

        assert len(shown(studio, "first")) == 1
        assert "one of the pictures" in studio.controls.view.model.note

    async def test_a_piece_takes_the_place_of_the_whole(self, editor: Studio) -> None:
        media_id = await self.add(editor)
        editor.user.find(marker="pictures").trigger("act", ["crop", "image", media_id])
        await editor.until(lambda: editor.one("cropper")._props["src"] == f"/media/{media_id}/original")
        editor.user.find(marker="cropper").trigger("crop", [0, 0, 320, 320])

        await editor.until(lambda: shown(editor, "image") != [media_id])
        (piece,) = shown(editor, "image")
        answer = await editor.user.http_client.get(f"/media/{piece}/original")
        assert Image.open(io.BytesIO(answer.content)).size == (320, 320)

    async def test_what_was_brought_before_can_be_chosen_again(self, editor: Studio) -> None:
        media_id = await self.upload(editor)
        editor.user.find(marker="pictures").trigger("act", ["choose", "image", ""])
        await editor.until(lambda: bool(editor.user.find(marker="shelves").elements))
        editor.user.find(marker="shelves").trigger("choose", media_id)

        await editor.until(lambda: shown(editor, "image") == [media_id])

    async def test_what_was_brought_can_be_deleted_and_what_was_made_here_can_not(self, app: App, editor: Studio) -> None:
        media_id = await self.add(editor)
        made = (await add_output(app.db, app.media, owner_id=await owner_of(app))).media_id
        editor.user.find(marker="pictures").trigger("act", ["choose", "image", ""])
        await editor.until(lambda: bool(editor.user.find(marker="shelves").elements))
        for one in (made, "0" * 32, media_id):
            editor.user.find(marker="shelves").trigger("remove", one)

        def offered() -> dict[str, list[str]]:
            return {shelf.key: [item.id for item in shelf.items] for shelf in editor.one("shelves")._props["tabs"]}

        await editor.until(lambda: shown(editor, "image") == [] and offered() == {"made": [made], "uploads": []})
        assert (await editor.user.http_client.get(f"/media/{media_id}/original")).status_code == 404


def shown(studio: Studio, role: str) -> list[str]:
    """What stands in one place."""
    return [item.id for place in studio.one("pictures")._props["places"] if place.role == role for item in place.items]


async def owner_of(app: App, email: str = "first@example.com") -> str:
    async with app.db.read() as session:
        return (await session.exec(select(Person.id).where(Person.email == email))).one()


class TestResults:
    @pytest.fixture
    async def done(self, studio: Studio) -> Studio:
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        return studio

    def act(self, studio: Studio, name: str) -> None:
        studio.user.find(kind=Tile).trigger("act", name)

    async def test_a_favourite_is_one_in_the_gallery_too(self, app: App, done: Studio) -> None:
        self.act(done, "favourite")
        await done.until(lambda: done.tiles()[0]["favourite"])
        kept = await app.library.page(owner_id=await owner_of(app), filters=Filters(is_favourite=True))
        assert [one.url(Variant.PREVIEW) for one in kept.items] == done.pictures()
        self.act(done, "favourite")

        await done.until(lambda: not done.tiles()[0]["favourite"])

    async def test_what_was_deleted_can_be_brought_back(self, done: Studio) -> None:
        before = done.pictures()
        self.act(done, "delete")
        await done.until_stages("Deleted")
        assert (await done.user.http_client.get(before[0].replace("preview", "original"))).status_code == 404
        self.act(done, "restore")
        await done.until_stages("Ready")

        assert done.pictures() == before

    async def test_what_is_gone_for_good_says_so_and_offers_no_way_back(self, app: App, done: Studio) -> None:
        self.act(done, "delete")
        await done.until_stages("Deleted")
        assert done.tiles()[0]["deleted"]
        await app.library.empty_trash(owner_id=await owner_of(app))

        await done.until(lambda: not done.tiles()[0]["deleted"])
        assert done.tiles()[0]["text"] == "You deleted this picture for good."
        assert done.one("history")._props["items"][0]["word"] == "Deleted"

    async def test_variations_are_the_same_with_another_seed(self, app: App, done: Studio) -> None:
        self.act(done, "vary")
        await done.until(lambda: len(done.one("history")._props["items"]) == 2)
        await done.until_stages("Ready")
        first, second = await app.generations.list_recent(owner_id=await owner_of(app), limit=2)

        assert (first.prompt, first.model_key) == (second.prompt, second.model_key)
        assert first.outputs[0].seed != second.outputs[0].seed
        await done.user.should_see("of 1,009")

    async def test_variations_name_their_price_and_ask_anew_when_it_rose(self, app: App, done: Studio) -> None:
        assert self.said_of_variations(done) == "Make variations · 3 credits"
        await app.catalog.override(SCHNELL, credits=4)
        self.act(done, "vary")
        await done.user.should_see("The price has changed: this costs 4 credits now.")
        await done.until(lambda: self.said_of_variations(done) == "Make variations · 4 credits")
        assert len(done.one("history")._props["items"]) == 1
        self.act(done, "vary")

        await done.until(lambda: len(done.one("history")._props["items"]) == 2)
        await done.user.should_see("of 1,008")

    def said_of_variations(self, studio: Studio) -> str:
        return next(act["text"] for act in studio.tiles()[0]["acts"] if act["name"] == "vary")

    async def test_only_the_prompt_or_only_the_seed_can_be_used_again(self, done: Studio) -> None:
        done.set("outputs", "3")
        done.set("prompt", "something else")
        self.act(done, "reuse-prompt")
        await done.until(lambda: (done.value("prompt"), done.value("outputs")) == ("a fox", "3"))
        done.choose_model("black-forest-labs/FLUX.1-dev")
        done.set("prompt", "another thing")
        self.act(done, "reuse-seed")
        await done.until(lambda: done.value("seed").isdigit())

        assert done.value("prompt") == "another thing"

    async def test_a_link_is_shared_from_here(self, app: App, done: Studio) -> None:
        self.act(done, "share")

        await done.user.should_see("Share this picture")

    async def test_what_is_not_offered_does_nothing(self, done: Studio) -> None:
        for nonsense in ("explode", None, {"name": "delete"}):
            done.user.find(kind=Tile).trigger("act", nonsense)

        assert done.tiles()[0]["stage"] == "Ready"

    async def test_a_clip_plays_where_it_was_made(self, make_user: MakeUser) -> None:
        studio = await opened(make_user, "first@example.com", "/studio/text-to-video")
        studio.set("prompt", "a boat on a lake")
        studio.press()
        await studio.until(lambda: [tile["stage"] for tile in studio.tiles()] == ["Ready"], timeout_s=30)
        (tile,) = studio.tiles()

        assert tile["clip"]["src"].endswith("/original")
        assert [format["text"] for format in tile["formats"]] == ["Original", "MP4", "WebM"]
        answer = await studio.user.http_client.get(tile["clip"]["src"])
        assert answer.headers["content-type"] == "video/mp4"
