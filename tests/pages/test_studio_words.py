"""What the studio says and offers, without a page: times, money, ratios, and what another model can take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nyx.pages._words import other_formats
from nyx.pages.studio.composition import Composition, carry_over, first_choice
from nyx.pages.studio.history import _fraction as history_fraction
from nyx.pages.studio.history import _item as history_item
from nyx.pages.studio.shapes import ratio_of, shapes
from nyx.pages.studio.tile import tile_view
from nyx.pages.studio.tools import TOOLS
from nyx.pages.studio.words import announcement, arrival_text, cancel_all_words, cancel_words, headline, queue_text, tile_text, time_left
from nyx.services.catalog import ModelSpec, load_shipped
from nyx.services.generation.views import Draft, GenerationView, OutputView, Stage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPECS = {spec.key: spec for spec in load_shipped()}


def run(*stages: Stage, expected_s: float | None = None, **facts: Any) -> GenerationView:
    """A generation at 3 credits an output, started ten seconds ago."""
    started = NOW - timedelta(seconds=10)
    outputs = tuple(
        OutputView(job_id=str(index), index=index, stage=stage, seed=None, started_at=None if stage is Stage.QUEUED else started)
        for index, stage in enumerate(stages)
    )
    known: dict[str, Any] = {
        "id": "g",
        "status": "processing",
        "capability": "text-to-image",
        "model_key": "m",
        "model_name": "Model",
        "prompt": "a fox",
        "draft": Draft(model_key="m", prompt="a fox"),
        "unit_price_credits": 3,
        "price_credits": 3 * len(stages),
        "captured_credits": 0,
        "created_at": started,
        "finished_at": None,
        "outputs": outputs,
        "expected_s": expected_s,
    }
    return GenerationView(**known | facts)


class TestTimeLeft:
    @pytest.mark.parametrize(
        ("expected_s", "words"),
        [(None, ""), (16.0, "about 6 s left"), (10.5, "any moment now"), (4.0, "taking longer than usual"), (310.0, "about 5 min left")],
    )
    def test_comes_from_the_models_own_history_or_not_at_all(self, expected_s: float | None, words: str) -> None:
        assert time_left(run(Stage.RENDERING, Stage.READY, expected_s=expected_s), now=NOW) == words

    def test_what_has_not_begun_takes_its_whole_time(self) -> None:
        assert time_left(run(Stage.QUEUED, Stage.RENDERING, expected_s=16.0), now=NOW) == "about 16 s left"


class TestHeadline:
    def test_while_it_runs(self) -> None:
        line = headline(run(Stage.READY, Stage.READY, Stage.READY, Stage.RENDERING, expected_s=16.0), now=NOW)

        assert (line.title, line.detail) == ("Generating", "3 of 4 ready · about 6 s left")

    def test_what_was_paid_and_given_back_adds_up(self) -> None:
        line = headline(run(Stage.READY, Stage.FAILED, status="completed", captured_credits=3), now=NOW)

        assert (line.title, line.detail) == ("Done in part", "1 of 2 ready · 3 credits, 3 credits given back")


class TestQueue:
    def test_says_about_how_many_are_ahead(self) -> None:
        view = run(Stage.QUEUED, Stage.QUEUED, ahead=3)

        assert headline(view, now=NOW).detail == "0 of 2 ready · about 3 generations are ahead of this one"
        assert tile_text(view, view.outputs[0]) == "About 3 generations are ahead of this one."

    def test_one_is_one(self) -> None:
        assert queue_text(run(Stage.QUEUED, ahead=1)) == "about 1 generation is ahead of this one"

    @pytest.mark.parametrize(("stages", "ahead"), [((Stage.QUEUED,), 0), ((Stage.QUEUED, Stage.SENT), 3), ((Stage.RENDERING,), None)])
    def test_says_nothing_when_its_turn_has_come(self, stages: tuple[Stage, ...], ahead: int | None) -> None:
        assert queue_text(run(*stages, ahead=ahead)) == ""


class TestCancelAll:
    def test_says_the_sum_over_all_of_them(self) -> None:
        words = cancel_all_words([run(Stage.QUEUED, Stage.RENDERING), run(Stage.QUEUED, Stage.READY)])

        assert words == (
            "Or all 2 that are open: what was not sent comes back at once, 6 credits."
            " 1 output already with the provider is kept if it arrives, for 3 credits."
        )

    def test_leaves_out_what_is_no_longer_waited_for(self) -> None:
        let_be = run(Stage.RENDERING, Stage.RENDERING)
        let_be = replace(let_be, outputs=(replace(let_be.outputs[0], stop_waiting=True), let_be.outputs[1]))

        assert "1 output already" in cancel_all_words([let_be, run(Stage.QUEUED)])


class TestHistory:
    @pytest.mark.parametrize(
        ("stages", "status", "state", "says"),
        [
            ((Stage.QUEUED,), "pending", "queued", "queued"),
            ((Stage.QUEUED, Stage.SENT), "processing", "running", "running"),
            ((Stage.UNKNOWN,), "processing", "unknown", "we don't know yet"),
            ((Stage.FAILED,), "failed", "failed", "failed"),
            ((Stage.CANCELLED,), "cancelled", "cancelled", "cancelled"),
        ],
    )
    def test_every_state_has_its_look_and_its_word(self, stages: tuple[Stage, ...], status: str, state: str, says: str) -> None:
        item = history_item(run(*stages, status=status), is_chosen=False)

        assert item["state"] == state
        assert item["label"] == f"Model, {says}, 0 of {len(stages)} ready: a fox"

    def test_what_is_done_needs_no_word(self) -> None:
        made = run(Stage.READY, status="completed")
        made = replace(made, outputs=(replace(made.outputs[0], media_id="m"),))

        assert history_item(made, is_chosen=False)["label"] == "Model, 1 ready: a fox"

    def test_what_was_deleted_says_so(self) -> None:
        item = history_item(run(Stage.READY, Stage.READY, status="completed"), is_chosen=False)

        assert (item["src"], item["icon"], item["word"], item["label"]) == ("", "trash-2", "Deleted", "Model, deleted: a fox")

    def test_a_bar_never_goes_back_and_counts_what_is_ready(self) -> None:
        assert history_fraction(run(Stage.RENDERING, expected_s=20.0), 0.5, NOW) == 0.5
        assert history_fraction(run(Stage.RENDERING, Stage.READY), None, NOW) == 0.5
        assert history_fraction(run(Stage.RENDERING), None, NOW) is None


class TestTileText:
    def test_not_knowing_is_said_with_what_stays_reserved(self) -> None:
        view = run(Stage.UNKNOWN)

        assert tile_text(view, view.outputs[0]).endswith("The 3 credits stay reserved until we know.")

    def test_a_late_one_says_so(self) -> None:
        view = run(Stage.RENDERING)

        assert "longer than usual" in tile_text(view, replace(view.outputs[0], is_late=True))


class TestClips:
    """A clip is never called an image, and its money is named to the credit."""

    @staticmethod
    def clip(stage: Stage, *, status: str = "processing", captured: int = 0, **facts: Any) -> GenerationView:
        made = run(stage, capability="image-to-video", unit_price_credits=40, price_credits=40, status=status, captured_credits=captured)
        return replace(made, outputs=(replace(made.outputs[0], **facts),))

    def test_done(self) -> None:
        assert headline(self.clip(Stage.READY, status="completed", captured=40), now=NOW).detail == "1 clip · 40 credits"

    def test_failed_says_why_and_what_came_back(self) -> None:
        failed = self.clip(Stage.FAILED, status="failed", trouble="The provider has lost this one. Nothing was charged; try again.")

        assert tile_text(failed, failed.outputs[0]).endswith("Nothing was charged; try again. 40 credits given back.")
        assert headline(failed, now=NOW).detail == "Nothing charged, 40 credits given back"
        assert tile_view(failed, failed.outputs[0])["retry"]

    def test_a_late_one_says_how_long_we_ask_and_what_it_costs(self) -> None:
        late = self.clip(Stage.RENDERING, is_late=True)

        assert tile_text(late, late.outputs[0]) == (
            "This clip takes longer than usual. We keep asking for up to a day; the 40 credits are charged only if it arrives."
        )
        assert headline(late, now=NOW).detail.endswith("taking longer than usual")

    def test_what_came_late_after_all_says_so(self) -> None:
        rescued = self.clip(Stage.READY, status="completed", captured=40, is_late=True)

        assert headline(rescued, now=NOW).detail == "1 clip · 40 credits · arrived late after all"
        assert arrival_text(rescued, rescued.outputs[0]) == "It took longer than usual and arrived after all, for 40 credits."

    def test_what_came_after_it_was_cancelled_says_what_it_cost(self) -> None:
        kept = self.clip(Stage.READY, status="completed", captured=40, stop_waiting=True, is_late=True)

        assert arrival_text(kept, kept.outputs[0]) == "It arrived after you had cancelled, so it is yours for 40 credits."

    def test_what_came_in_time_needs_no_words(self) -> None:
        made = self.clip(Stage.READY, status="completed", captured=40)

        assert arrival_text(made, made.outputs[0]) == ""

    def test_is_announced_and_cancelled_as_a_clip(self) -> None:
        before, after = self.clip(Stage.QUEUED), self.clip(Stage.RENDERING)

        assert announcement(before, after) == "Clip 1 of 1: rendering."
        assert announcement(after, self.clip(Stage.READY, status="completed")) == "1 of 1 clip ready."
        assert cancel_words(after).startswith("1 clip already with the provider")

    def test_moves_in_the_history_once_its_preview_is_there(self) -> None:
        made = self.clip(Stage.READY, status="completed", media_id="m", content_type="video/mp4", has_thumbnails=True)

        assert history_item(made, is_chosen=False)["moving"] == "/media/m/clip-preview"
        assert history_item(self.clip(Stage.READY, media_id="m", content_type="video/mp4"), is_chosen=False)["moving"] == ""
        assert history_item(self.clip(Stage.RENDERING), is_chosen=False)["moving"] == ""

    def test_has_no_still_until_one_is_made(self) -> None:
        made = self.clip(Stage.READY, status="completed", media_id="m", content_type="video/mp4", has_thumbnails=True)
        fresh = self.clip(Stage.READY, status="completed", media_id="m", content_type="video/mp4")

        assert history_item(made, is_chosen=False)["src"] == "/media/m/thumb"
        assert tile_view(made, made.outputs[0])["clip"]["poster"] == "/media/m/preview"
        assert history_item(fresh, is_chosen=False)["src"] == ""
        assert tile_view(fresh, fresh.outputs[0])["clip"]["poster"] == ""

    def test_a_deleted_one_is_no_picture(self) -> None:
        made = self.clip(Stage.READY, status="completed")

        assert tile_view(made, made.outputs[0])["text"] == "You deleted this clip from your gallery."


class TestCancelWords:
    def test_name_what_comes_back_and_what_can_not_be_called_back(self) -> None:
        assert cancel_words(run(Stage.QUEUED, Stage.QUEUED)) == "Nothing has been sent yet: 6 credits come back to you."
        assert cancel_words(run(Stage.QUEUED, Stage.RENDERING)) == (
            "1 image already with the provider: that can't be called back. What was not sent comes back at once: 3 credits."
        )


class TestAnnouncement:
    def test_names_only_what_changed(self) -> None:
        before, after = run(Stage.QUEUED, Stage.QUEUED), run(Stage.QUEUED, Stage.RENDERING)

        assert announcement(before, after) == "Image 2 of 2: rendering."
        assert announcement(after, after) == ""


class TestShapes:
    @pytest.mark.parametrize(("size", "ratio"), [((1344, 768), "16:9"), ((864, 1184), "3:4"), ((1584, 672), "21:9"), ((2048, 512), "4:1")])
    def test_sizes_are_named_as_they_are_sold(self, size: tuple[int, int], ratio: str) -> None:
        assert ratio_of(size) == ratio

    @pytest.mark.parametrize("spec", [spec for spec in SPECS.values() if spec.kind == "image"], ids=lambda spec: spec.key)
    def test_every_image_model_offers_a_square_and_loses_no_size(self, spec: ModelSpec) -> None:
        offered = shapes(spec)

        assert "1:1" in offered
        assert sorted(size for sizes in offered.values() for size in sizes) == sorted(spec.offered_sizes)


class TestComposition:
    def test_comes_back_from_the_server_as_typed(self) -> None:
        typed = Composition(prompt="half", seed="12x", outputs=3, is_seed_locked=True)

        assert Composition.from_payload(typed.to_payload()) == typed

    @pytest.mark.parametrize("spec", SPECS.values(), ids=lambda spec: spec.key)
    def test_what_another_model_takes_over_is_what_it_allows(self, spec: ModelSpec) -> None:
        everything = Composition(
            ratio="21:9",
            size="6336x2688",
            negative_prompt="x",
            seed="1",
            steps="4",
            guidance="3",
            output_format="png",
            seconds="99",
            resolution="8K",
        )
        tool = TOOLS[spec.capabilities[0]]
        carried, dropped = carry_over(everything, spec, tool)
        draft = carried.to_draft(spec, capability=tool.capability)

        assert draft.width_px is None or spec.allows_size(draft.width_px, draft.height_px or 0)
        assert ("the steps" in dropped) is not spec.takes("steps")
        assert draft.seconds is None or draft.seconds in spec.seconds
        assert draft.resolution is None or draft.resolution in spec.resolutions
        assert draft.aspect_ratio is None or draft.aspect_ratio in (*spec.aspect_ratios, *spec.ratios)
        assert spec.kind == "image" or (carried.output_format, "the length of 99 s" in dropped) == ("", True)

    def test_a_newcomer_starts_with_something_the_bonus_pays_four_of(self) -> None:
        chosen = first_choice(SPECS.values())

        assert chosen is not None
        assert 4 * (chosen.credits or 0) <= 15


class TestDeletedPicture:
    def test_its_tile_says_so_instead_of_ready(self) -> None:
        made = run(Stage.READY)

        view = tile_view(made, made.outputs[0])

        assert (view["stage"], view["icon"]) == ("Deleted", "trash-2")
        assert "src" not in view


class TestUnknown:
    def test_the_headline_admits_it(self) -> None:
        shown = headline(run(Stage.READY, Stage.UNKNOWN), now=NOW)

        assert shown.title == "We don't know yet"
        assert "1 of 2 ready" in shown.detail


class TestOtherFormats:
    def test_a_picture_can_be_had_in_the_formats_it_is_not(self) -> None:
        assert other_formats("/media/1/original", "image/jpeg") == [
            ("PNG", "/media/1/original?as=png&download=1"),
            ("WebP", "/media/1/original?as=webp&download=1"),
        ]

    def test_a_clip_has_none_here(self) -> None:
        assert other_formats("/media/1/original", "video/mp4") == []
