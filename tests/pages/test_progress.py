"""The bar never lies: it stands where this model's history puts it, never goes back, and is full only when there is something to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nyx.pages._progress import LONGER, NO_HISTORY, left_text, output_progress, run_progress, usual_text
from nyx.services.generation.views import GenerationView, OutputView, Stage
from tests.pages.test_studio_words import NOW
from tests.pages.test_studio_words import run as run_of

OPEN = (Stage.QUEUED, Stage.SENT, Stage.RENDERING, Stage.SAVING)


def clip(stage: Stage = Stage.RENDERING, *, median_s: float | None = 60.0, p90_s: float | None = 90.0, **facts: Any) -> GenerationView:
    """A clip of a model that usually takes one minute to one and a half, sent ten seconds before NOW."""
    return run_of(stage, expected_s=median_s, expected_p90_s=p90_s, **{"capability": "text-to-video", **facts})


def at(seconds: float) -> datetime:
    """So many seconds after the clip was sent."""
    return NOW - timedelta(seconds=10) + timedelta(seconds=seconds)


def with_output(run: GenerationView, **facts: Any) -> GenerationView:
    return replace(run, outputs=tuple(replace(output, **facts) for output in run.outputs))


def fraction(run: GenerationView, *, seconds: float, floor: float = 0.0) -> float:
    found = output_progress(run, run.outputs[0], now=at(seconds), floor=floor).fraction
    assert found is not None
    return found


class TestFraction:
    @pytest.mark.parametrize(
        ("seconds", "shown"), [(0, 0.0), (30, 0.35), (60, 0.7), (75, 0.8), (90, 0.9), (180, 0.938), (3600, 0.96), (86_400, 0.96)]
    )
    def test_follows_what_the_model_usually_takes(self, seconds: float, shown: float) -> None:
        assert fraction(clip(), seconds=seconds) == pytest.approx(shown, abs=0.001)

    @given(
        stage=st.sampled_from(OPEN),
        median_s=st.floats(0, 1e5),
        spread=st.floats(0, 10),
        first=st.floats(-1e4, 1e6),
        step=st.floats(0, 1e6),
        is_late=st.booleans(),
    )
    def test_grows_with_time_and_is_never_full(
        self, stage: Stage, median_s: float, spread: float, first: float, step: float, is_late: bool
    ) -> None:
        run = with_output(clip(stage, median_s=median_s, p90_s=median_s * (1 + spread)), is_late=is_late)
        before, after = fraction(run, seconds=first), fraction(run, seconds=first + step)
        assert 0 <= before <= after < 1

    @given(floor=st.floats(0, 1), seconds=st.floats(0, 1e5), stage=st.sampled_from(OPEN))
    def test_does_not_go_back_whatever_has_been_learned_since(self, floor: float, seconds: float, stage: Stage) -> None:
        shown = fraction(clip(stage), seconds=seconds, floor=floor)
        assert min(floor, 0.97) <= shown < 1

    def test_saving_is_nearly_full_and_ready_is_full(self) -> None:
        assert fraction(clip(Stage.SAVING), seconds=5) == 0.97
        assert fraction(clip(Stage.READY), seconds=5) == 1.0

    @pytest.mark.parametrize("stage", [Stage.FAILED, Stage.CANCELLED, Stage.UNKNOWN])
    def test_what_does_not_come_has_none(self, stage: Stage) -> None:
        run = clip(stage)
        assert output_progress(run, run.outputs[0], now=NOW).fraction is None

    def test_every_stage_is_placed(self) -> None:
        for stage in Stage:
            run = clip(stage)
            assert output_progress(run, run.outputs[0], now=NOW) is not None

    def test_one_history_value_is_enough(self) -> None:
        assert fraction(clip(p90_s=None), seconds=90) == pytest.approx(0.9)


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "left", "sentence"),
        [
            (0, "about 60 s left", "Usually takes 60 to 90 s with this model."),
            (20, "about 40 s left", "Usually takes 60 to 90 s with this model."),
            (55, "about 5 s left", "Usually takes 60 to 90 s with this model."),
            (60, "any moment now", "Usually takes 60 to 90 s with this model."),
            (90, "any moment now", "Usually takes 60 to 90 s with this model."),
            (91, "longer than usual", LONGER),
            (4000, "longer than usual", LONGER),
        ],
    )
    def test_while_it_is_rendered(self, seconds: float, left: str, sentence: str) -> None:
        run = clip()
        found = output_progress(run, run.outputs[0], now=at(seconds))
        assert (found.left, found.sentence) == (left, sentence)

    def test_without_history_nothing_is_promised(self) -> None:
        run = clip(median_s=None, p90_s=None)
        found = output_progress(run, run.outputs[0], now=at(40))
        assert (found.fraction, found.left, found.sentence) == (None, "40 s so far", NO_HISTORY)

    def test_what_waits_for_its_turn_says_so(self) -> None:
        run = clip(Stage.QUEUED)
        found = output_progress(run, run.outputs[0], now=NOW)
        assert (found.fraction, found.left) == (0.0, "waiting for its turn")
        assert found.sentence.startswith("Usually takes")
        unknown = clip(Stage.QUEUED, median_s=None, p90_s=None)
        assert output_progress(unknown, unknown.outputs[0], now=NOW).left == "waiting for its turn"

    def test_a_late_one_is_late_whatever_the_history_says(self) -> None:
        for run in (clip(), clip(median_s=None, p90_s=None)):
            late = with_output(run, is_late=True)
            assert output_progress(late, late.outputs[0], now=at(1)).sentence == LONGER

    def test_what_is_being_saved_is_almost_there(self) -> None:
        run = clip(Stage.SAVING)
        assert output_progress(run, run.outputs[0], now=NOW).left == "almost there"

    def test_a_clock_that_was_set_back_promises_no_more_than_usual(self) -> None:
        run = clip()
        assert output_progress(run, run.outputs[0], now=at(-500)).left == "about 60 s left"


class TestRunProgress:
    def test_is_the_mean_and_speaks_of_the_slowest(self) -> None:
        run = run_of(Stage.READY, Stage.FAILED, Stage.QUEUED, Stage.RENDERING, expected_s=20.0, expected_p90_s=30.0)
        found = run_progress(run, now=NOW)
        assert found.fraction == pytest.approx((1 + 1 + 0 + 0.35) / 4)
        assert found.left == "about 20 s left"

    def test_nothing_has_begun(self) -> None:
        found = run_progress(run_of(Stage.QUEUED, Stage.QUEUED, expected_s=20.0), now=NOW)
        assert (found.fraction, found.left) == (0.0, "waiting for its turn")

    def test_is_full_only_when_all_is_over(self) -> None:
        assert run_progress(run_of(Stage.READY, Stage.FAILED), now=NOW).fraction == 1.0
        assert run_progress(run_of(Stage.READY, Stage.UNKNOWN), now=NOW).fraction is None
        nearly = run_of(*[Stage.READY] * 3, Stage.SAVING, expected_s=1.0)
        assert run_progress(nearly, now=NOW, floor=1.0).fraction == 0.97

    def test_without_history_it_has_none(self) -> None:
        found = run_progress(run_of(Stage.READY, Stage.RENDERING), now=NOW)
        assert (found.fraction, found.sentence) == (None, NO_HISTORY)

    def test_one_that_is_late_is_what_it_speaks_of(self) -> None:
        run = run_of(Stage.RENDERING, Stage.QUEUED, expected_s=20.0)
        late = OutputView(job_id="late", index=2, stage=Stage.RENDERING, seed=None, is_late=True, started_at=at(0))
        assert run_progress(replace(run, outputs=(*run.outputs, late)), now=NOW).sentence == LONGER


class TestSpans:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (-5, "any moment now"),
            (0.9, "any moment now"),
            (1, "about 1 s left"),
            (9.4, "about 9 s left"),
            (12.4, "about 12 s left"),
            (22.4, "about 20 s left"),
            (97, "about 95 s left"),
            (98, "about 2 min left"),
            (3000, "about 50 min left"),
            (7300, "about 2 h left"),
        ],
    )
    def test_are_as_exact_as_an_estimate_may_sound(self, seconds: float, words: str) -> None:
        assert left_text(seconds) == words

    @pytest.mark.parametrize(
        ("median_s", "p90_s", "words"),
        [
            (60, 120, "60 s to 2 min"),
            (100, 160, "2 to 3 min"),
            (40, 55, "40 to 55 s"),
            (40, 41, "about 40 s"),
            (30, 10, "about 30 s"),
            (4000, 8000, "67 min to 2 h"),
        ],
    )
    def test_a_range_names_its_unit_once(self, median_s: float, p90_s: float, words: str) -> None:
        assert usual_text(median_s, p90_s) == words
