"""Help with the prompt in the studio, as its user sees it, over the whole application, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nicegui.testing.user_interaction import UserInteraction

from nyx.errors import InvalidInput
from nyx.pages.studio.composition import Composition
from nyx.pages.studio.tile import Tile
from nyx.pages.studio.variations import drafts_of, outlook
from nyx.services.catalog import Quote
from nyx.services.generation.views import Draft
from nyx.services.prompts.presets import shipped_styles
from nyx.services.prompts.views import Preset
from nyx.theme import Button, IconButton, TextField
from tests.pages.test_studio import PAGE, PRO, SCHNELL, Studio, opened, owner_of
from tests.support.app import MakeUser

if TYPE_CHECKING:
    from nyx.app import App
    from nyx.pages.studio.controls import HelpView

DEV = "black-forest-labs/FLUX.1-dev"
NOIR = next(style for style in shipped_styles() if style.key == "noir")


@pytest.fixture
async def studio(make_user: MakeUser) -> Studio:
    """The first account: an admin with credits to spend."""
    return await opened(make_user, "first@example.com")


def shown(studio: Studio) -> HelpView:
    return studio.controls.view.help


def pick(studio: Studio, kind: str, key: str) -> None:
    studio.user.find(marker="controls").trigger("pick", [kind, key])


async def panel(studio: Studio, act: str, marker: str) -> Any:
    """Press a chip and wait for its panel."""
    studio.press(act)
    await studio.until(lambda: bool(studio.one(marker)))
    return studio.one(marker)


async def until_made(studio: Studio, count: int) -> None:
    """Wait for that many generations in the strip of recent ones."""
    await studio.until(lambda: len(studio.one("history")._props["items"]) == count)


class TestVariations:
    DRAFT = Draft(model_key="m", prompt="a {red|blue} fox", negative_prompt="text")

    def test_every_choice_is_styled(self) -> None:
        red, blue = drafts_of(self.DRAFT, [NOIR], takes_negative=True)

        assert red.prompt == f"a red fox, {NOIR.after}"
        assert blue.prompt == f"a blue fox, {NOIR.after}"
        assert red.negative_prompt.startswith("text, ")

    def test_the_choices_of_a_style_multiply_those_of_the_prompt(self) -> None:
        paper = Preset(key="p", name="Paper", before="{a sketch|a print} of", after="on {grey|white|blue} paper", negative="{a|b}")
        made = drafts_of(Draft(model_key="m", prompt="a {red|blue} fox"), [paper, NOIR], takes_negative=True)
        price = Quote(model_key="m", unit_credits=3, outputs=2)
        ahead = outlook(Draft(model_key="m", prompt="a {red|blue} fox"), [paper], takes_negative=True, price=price, noun="image")

        assert len({draft.prompt for draft in made}) == 12
        assert made[0].prompt == f"a sketch of a red fox, on grey paper, {NOIR.after}"
        assert made[1].prompt == f"a sketch of a red fox, on white paper, {NOIR.after}"
        assert made[0].negative_prompt.startswith("{a|b}, "), "what is left out is no choice"
        assert ahead.line == "Runs 12 variations: 12 generations × 2 images = 72 credits"

    def test_a_brace_of_the_prompt_never_meets_one_of_a_style(self) -> None:
        odd = Preset(key="o", name="Odd", before="{", after="|x}")
        (only,) = drafts_of(Draft(model_key="m", prompt="a fox"), [odd], takes_negative=True)

        assert only.prompt == "{ a fox, |x}"

    def test_too_many_with_those_of_a_style_are_refused(self) -> None:
        style = Preset(key="s", name="S", after="{a|b|c}")
        with pytest.raises(InvalidInput, match="18 prompts"):
            drafts_of(Draft(model_key="m", prompt="{1|2|3|4|5|6}"), [style], takes_negative=True)

    def test_a_model_that_leaves_nothing_out_gets_no_negative_prompt_of_a_style(self) -> None:
        (only,) = drafts_of(Draft(model_key="m", prompt="a fox"), [NOIR], takes_negative=False)

        assert only.negative_prompt == ""

    def test_what_is_sent_as_typed_needs_no_word(self) -> None:
        price = Quote(model_key="m", unit_credits=3, outputs=2)

        assert outlook(Draft(model_key="m", prompt="a {fox}"), [], takes_negative=True, price=price, noun="image").line == ""

    def test_an_escaped_brace_is_shown_as_it_is_sent(self) -> None:
        ahead = outlook(Draft(model_key="m", prompt=r"\{a|b\}"), [], takes_negative=True, price=None, noun="image")

        assert (ahead.line, ahead.prompts, ahead.runs) == ("What will be sent", ("{a|b}",), 1)

    def test_settings_that_come_back_make_no_choice_of_a_brace(self) -> None:
        back = Composition.from_draft(Draft(model_key="m", prompt="{a|b}", capability="text-to-image"))
        (only,) = drafts_of(Draft(model_key="m", prompt=back.prompt), [], takes_negative=True)

        assert only.prompt == "{a|b}"


class TestEnhance:
    async def test_is_a_suggestion_until_it_is_taken(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.press("enhance")
        await studio.until(lambda: shown(studio).suggestion != "")

        assert shown(studio).by == "by a template of this sandbox, not a model"
        assert studio.value("prompt") == "a fox"
        suggestion = shown(studio).suggestion
        studio.press("use")
        assert studio.value("prompt") == suggestion
        assert shown(studio).suggestion == ""
        studio.press("undo")
        assert studio.value("prompt") == "a fox"

    async def test_keeping_mine_takes_it_away(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.press("enhance")
        await studio.until(lambda: shown(studio).suggestion != "")
        studio.press("keep")

        assert shown(studio).suggestion == ""
        assert studio.value("prompt") == "a fox"

    async def test_there_is_no_undo_after_an_edit(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        studio.press("enhance")
        await studio.until(lambda: shown(studio).suggestion != "")
        studio.press("use")
        assert shown(studio).undo
        studio.set("prompt", "a wolf")
        studio.press("undo")

        assert shown(studio).undo == ""
        assert studio.value("prompt") == "a wolf"

    async def test_nothing_to_improve_is_said_at_the_place(self, studio: Studio) -> None:
        studio.press("enhance")
        await studio.until(lambda: shown(studio).problem.startswith("Write a few words first"))
        studio.set("prompt", "a fox")

        assert shown(studio).problem == ""


class TestStyles:
    async def test_a_chosen_one_is_sent_while_the_typed_prompt_stays(self, studio: Studio) -> None:
        styles = await panel(studio, "styles", "styles")
        assert len(styles._props["styles"]) == len(shipped_styles())
        studio.user.find(marker="styles").trigger("toggle", NOIR.key)
        studio.set("prompt", "a fox")

        assert [chip.name for chip in shown(studio).styles] == ["Noir"]
        studio.press()
        await studio.until_stages("Ready")
        assert studio.value("prompt") == "a fox"
        await studio.user.should_see(f"a fox, {NOIR.after}")

    async def test_a_prompt_that_comes_back_has_them_as_words(self, studio: Studio) -> None:
        await panel(studio, "styles", "styles")
        studio.user.find(marker="styles").trigger("toggle", NOIR.key)
        studio.set("prompt", r"a \{red|blue\} fox")
        studio.press()
        await studio.until_stages("Ready")
        studio.user.find(kind=Tile).trigger("act", "reuse-prompt")
        await studio.until(lambda: shown(studio).styles == ())

        assert shown(studio).prompts == (f"a {{red|blue}} fox, {NOIR.after}",)

    async def test_they_survive_a_reload_and_can_be_taken_away(self, studio: Studio) -> None:
        await panel(studio, "styles", "styles")
        studio.user.find(marker="styles").trigger("toggle", NOIR.key)
        studio.set("prompt", "a fox")
        await studio.until(lambda: studio.one("keeper")._props["stored"] == "a fox")
        await studio.user.open(PAGE)
        assert [chip.key for chip in shown(studio).styles] == [NOIR.key]
        pick(studio, "style", NOIR.key)

        assert shown(studio).styles == ()

    async def test_four_are_the_most(self, studio: Studio) -> None:
        await panel(studio, "styles", "styles")
        for style in shipped_styles()[:5]:
            studio.user.find(marker="styles").trigger("toggle", style.key)

        assert len(shown(studio).styles) == 4

    async def test_ones_own_is_saved_used_changed_and_deleted(self, studio: Studio) -> None:
        styles = await panel(studio, "styles", "styles")
        mine = {"key": "", "name": "Mine", "before": "", "after": "soft light", "negative": ""}
        studio.user.find(marker="styles").trigger("save", mine)
        await studio.until(lambda: [chip.name for chip in shown(studio).styles] == ["Mine"])
        key = shown(studio).styles[0].key
        studio.user.find(marker="styles").trigger("save", mine | {"key": key, "name": "Ours"})
        await studio.until(lambda: [chip.name for chip in shown(studio).styles] == ["Ours"])
        await studio.user.open(f"{PAGE}?styles={key},{NOIR.key},unknown")
        assert [chip.name for chip in shown(studio).styles] == ["Ours", "Noir"]
        styles = await panel(studio, "styles", "styles")
        studio.user.find(marker="styles").trigger("delete", key)
        await studio.until(lambda: [chip.name for chip in shown(studio).styles] == ["Noir"])

        assert not any(style["is_own"] for style in styles._props["styles"])

    async def test_what_is_wrong_with_ones_own_is_said_at_its_field(self, studio: Studio) -> None:
        styles = await panel(studio, "styles", "styles")
        empty = {"key": "", "name": "", "before": "", "after": "", "negative": ""}
        studio.user.find(marker="styles").trigger("save", empty)

        await studio.until(lambda: styles._props["outcome"].get("field") == "name")

    async def test_ones_own_may_hold_choices(self, studio: Studio) -> None:
        styles = await panel(studio, "styles", "styles")
        mine = {"key": "", "name": "Mine", "before": "", "after": "{soft|hard} light", "negative": ""}
        studio.user.find(marker="styles").trigger("save", mine | {"after": "{soft|hard light"})
        await studio.until(lambda: styles._props["outcome"].get("field") == "after")
        studio.user.find(marker="styles").trigger("save", mine)
        await studio.until(lambda: [chip.name for chip in shown(studio).styles] == ["Mine"])
        studio.set("prompt", "a fox")
        assert shown(studio).prompts == ("a fox, soft light", "a fox, hard light")
        studio.press()

        await until_made(studio, 2)

    async def test_a_link_brings_a_prompt_without_the_styles_of_another(self, studio: Studio) -> None:
        await panel(studio, "styles", "styles")
        studio.user.find(marker="styles").trigger("toggle", NOIR.key)
        studio.set("prompt", "a fox")
        await studio.until(lambda: studio.one("keeper")._props["stored"] == "a fox")
        await studio.user.open(f"{PAGE}?prompt=a%20kite&model={PRO}")

        assert studio.field("prompt").value == "a kite"
        assert shown(studio).styles == ()


class TestNegativePresets:
    async def test_are_added_without_repeats(self, studio: Studio) -> None:
        studio.set("negative_prompt", "noise")
        pick(studio, "negative", "clean")
        pick(studio, "negative", "clean")

        assert studio.value("negative_prompt") == "noise, blurry, low resolution, jpeg artefacts, watermark, signature, text"

    async def test_are_offered_only_where_the_model_takes_them(self, studio: Studio) -> None:
        assert shown(studio).negatives
        studio.choose_model("google/gemini-3-pro-image")

        assert shown(studio).negatives == ()

    async def test_ones_own_is_offered(self, studio: Studio) -> None:
        studio.set("negative_prompt", "fog")
        studio.press("negatives")
        await studio.user.should_see("Your negative presets")
        (name,) = [field for field in studio.user.find(kind=TextField).elements if field._props["label"] == "Name"]
        name.set_value("No fog")
        studio.user.find("Save as a preset").click()

        await studio.until(lambda: "No fog" in [chip.name for chip in shown(studio).negatives])

    async def kept(self, studio: Studio, *names: str) -> None:
        """Keep some of one's own, each named after what it leaves out, and leave the panel open."""
        studio.press("negatives")
        await studio.user.should_see("Your negative presets")
        for name in names:
            fields = {field._props["label"]: field for field in studio.user.find(kind=TextField).elements}
            fields["Name"].set_value(name)
            fields["What to leave out"].set_value(name.lower())
            studio.user.find("Save as a preset").click()
            await studio.until(lambda name=name: name in self.names(studio))  # type: ignore[misc]

    def names(self, studio: Studio) -> list[str]:
        return [chip.name for chip in shown(studio).negatives]

    def pencil(self, studio: Studio, name: str) -> None:
        (button,) = [one for one in studio.user.find(kind=IconButton).elements if one._props["aria-label"] == f"Change {name}"]
        UserInteraction(studio.user, {button}, None).click()

    def form(self, studio: Studio) -> dict[str, TextField]:
        return {field._props["label"]: field for field in studio.user.find(kind=TextField).elements}

    async def test_ones_own_is_given_another_name_where_it_stands(self, studio: Studio) -> None:
        await self.kept(studio, "Fog", "Noise")
        self.pencil(studio, "Fog")
        assert (self.form(studio)["New name"].value, self.form(studio)["What it leaves out"].value) == ("Fog", "fog")
        self.form(studio)["New name"].set_value("Mist")
        studio.user.find("Save the change").click()

        await studio.until(lambda: {"Mist", "Noise"} < set(self.names(studio)) and "Fog" not in self.names(studio))
        assert "New name" not in self.form(studio)
        pick(studio, "negative", next(chip.key for chip in shown(studio).negatives if chip.name == "Mist"))
        assert studio.value("negative_prompt") == "fog"

    async def test_a_name_that_is_taken_is_said_beside_the_field(self, studio: Studio) -> None:
        await self.kept(studio, "Fog", "Noise")
        self.pencil(studio, "Fog")
        self.form(studio)["New name"].set_value("Noise")
        studio.user.find("Save the change").click()

        await studio.until(lambda: "You have one of that name already." in str(self.form(studio)["New name"]._props.get("error")))
        (back,) = [one for one in studio.user.find(kind=Button).elements if one.content == "<span>Back</span>"]
        UserInteraction(studio.user, {back}, None).click()
        await studio.until(lambda: "New name" not in self.form(studio))
        assert {"Fog", "Noise"} < set(self.names(studio))

    async def test_ones_own_is_deleted(self, studio: Studio) -> None:
        await self.kept(studio, "Fog", "Noise")
        self.pencil(studio, "Noise")
        studio.user.find("Delete it").click()

        await studio.until(lambda: "Noise" not in self.names(studio))
        assert "Fog" in self.names(studio)


class TestLibrary:
    async def test_puts_a_prompt_of_this_tool_into_the_box(self, studio: Studio) -> None:
        studio.set("prompt", "a fox")
        library = await panel(studio, "library", "library")
        await studio.until(lambda: bool(library._props["prompts"]))
        prompts = [item["prompt"] for item in library._props["prompts"]]
        studio.user.find(marker="library").trigger("use", ["library", 2])

        assert studio.value("prompt") == prompts[2]
        assert "drifts" not in " ".join(prompts), "that is a clip"
        studio.press("undo")
        assert studio.value("prompt") == "a fox"

    async def test_what_is_not_offered_is_ignored(self, studio: Studio) -> None:
        await panel(studio, "library", "library")
        for args in (["library", 999], ["library", -1], ["else", 0], ["library", "0"], "x"):
            studio.user.find(marker="library").trigger("use", args)

        assert studio.value("prompt") == ""

    async def test_finds_ones_own_earlier_prompts(self, studio: Studio) -> None:
        for prompt in ("a {red fox", "a blue wolf"):
            studio.set("prompt", prompt)
            studio.press()
            await studio.user.should_see(f"FLUX.1 Schnell · {prompt}")
            await studio.until_stages("Ready")
        library = await panel(studio, "history", "library")
        await studio.until(lambda: len(library._props["past"]["items"]) == 2)
        studio.user.find(marker="library").trigger("search", "FOX")
        await studio.until(lambda: len(library._props["past"]["items"]) == 1)
        studio.user.find(marker="library").trigger("use", ["history", 0])

        assert library._props["past"]["items"][0]["about"].startswith("Asked once")
        assert studio.value("prompt") == "a {red fox"

    async def test_goes_on_where_it_ended(self, app: App, studio: Studio) -> None:
        ada = await owner_of(app)
        for number in range(32):
            draft = Draft(model_key=SCHNELL, prompt=f"number {number} [fail]")
            await app.generations.submit(owner_id=ada, draft=draft, draft_key=str(number))
        library = await panel(studio, "history", "library")
        await studio.until(lambda: len(library._props["past"]["items"]) == 30)
        assert library._props["past"]["more"]
        studio.user.find(marker="library").trigger("more")
        await studio.until(lambda: len(library._props["past"]["items"]) == 32)

        assert len({item["prompt"] for item in library._props["past"]["items"]}) == 32
        assert not library._props["past"]["more"]


class TestWildcards:
    async def test_says_what_will_run_and_what_it_costs(self, studio: Studio) -> None:
        studio.set("prompt", "a {red|blue|green} fox in the {rain|snow}")

        assert shown(studio).line == "Runs 6 variations: 6 generations × 1 image = 18 credits"
        assert shown(studio).prompts[0] == "a red fox in the rain"
        assert studio.controls.view.cost.total == "18"

    async def test_a_press_makes_them_all(self, studio: Studio) -> None:
        studio.set("prompt", "a {red|blue} fox")
        studio.press()
        studio.press()  # while the first is on its way
        await studio.until_stages("Ready")
        await until_made(studio, 2)

        await studio.user.should_see("a blue fox")
        titles = [item["title"] for item in studio.one("history")._props["items"]]
        assert titles == ["a blue fox", "a red fox"]

    async def test_all_or_none(self, studio: Studio, make_user: MakeUser) -> None:
        newcomer = await opened(make_user, "second@example.com")
        newcomer.set("prompt", "a {red|blue|green|white|black|brown} fox")
        newcomer.press()

        assert "This needs 18 credits and you have 15." in newcomer.controls.view.cost.shortage
        await newcomer.user.should_see("What will you make first?")

    async def test_a_choice_left_open_is_said_and_not_sent(self, studio: Studio) -> None:
        studio.set("prompt", "a {red|blue fox")
        assert "not closed" in shown(studio).trouble
        assert studio.field("prompt").error == ""
        studio.press()

        await studio.until(lambda: "not closed" in studio.field("prompt").error)
        assert shown(studio).trouble == ""

    async def test_too_many_are_said_with_the_first_of_them(self, studio: Studio) -> None:
        studio.set("prompt", "{a|b|c} {a|b|c} {a|b|c}")

        assert "27 prompts, and 16 is the most" in shown(studio).trouble
        assert len(shown(studio).prompts) == 16


class TestTheSameAgain:
    async def press_twice(self, studio: Studio) -> None:
        studio.choose_model(DEV)
        studio.set("prompt", "a fox")
        studio.set("seed", "7")
        studio.press("lock")
        studio.press()
        await studio.until_stages("Ready")
        studio.press()
        await studio.user.should_see("You already made exactly this")

    async def test_can_be_opened(self, studio: Studio) -> None:
        await self.press_twice(studio)
        studio.user.find("Open it").click()
        await studio.until_stages("Ready")

        assert len(studio.one("history")._props["items"]) == 1

    async def test_can_be_made_once_more(self, studio: Studio) -> None:
        await self.press_twice(studio)
        studio.user.find("Make another").click()

        await until_made(studio, 2)

    async def test_of_several_the_rest_can_be_made(self, studio: Studio) -> None:
        await self.press_with_a_new_choice(studio)
        await studio.user.should_see("1 of these 2 images is there with the same seed")
        studio.user.find("Make the other one").click()

        await until_made(studio, 2)
        await studio.until_stages("Ready")
        assert "a blue fox" in studio.one("history")._props["items"][0]["label"]

    async def test_of_several_all_can_be_made(self, studio: Studio) -> None:
        await self.press_with_a_new_choice(studio)
        studio.user.find("Make all 2").click()

        await until_made(studio, 3)

    async def test_several_that_are_there_can_be_opened(self, studio: Studio) -> None:
        await self.press_with_a_new_choice(studio)
        studio.user.find("Make the other one").click()
        await until_made(studio, 2)
        await studio.until_stages("Ready")
        studio.press()
        await studio.user.should_see("All 2 images are there with the same seeds")
        studio.user.find("Open them").click()

        await studio.until_stages("Ready")
        assert len(studio.one("history")._props["items"]) == 2

    async def test_a_seed_that_was_got_at_random_is_known_when_it_is_reused(self, studio: Studio) -> None:
        studio.choose_model(DEV)
        studio.set("prompt", "a fox")
        studio.press()
        await studio.until_stages("Ready")
        studio.user.find(kind=Tile).trigger("act", "reuse-seed")
        await studio.until(lambda: studio.field("seed").value != "")
        studio.press()

        await studio.user.should_see("You already made exactly this")

    async def press_with_a_new_choice(self, studio: Studio) -> None:
        studio.choose_model(DEV)
        studio.set("prompt", "a red fox")
        studio.set("seed", "7")
        studio.press("lock")
        studio.press()
        await studio.until_stages("Ready")
        studio.set("prompt", "a {red|blue} fox")
        studio.press()
        await studio.user.should_see("You already made some of this")

    async def test_a_random_seed_is_never_the_same(self, studio: Studio) -> None:
        studio.choose_model(SCHNELL)
        studio.set("prompt", "a fox")
        for count in (1, 2):
            studio.press()
            await until_made(studio, count)
