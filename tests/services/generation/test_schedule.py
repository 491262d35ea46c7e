"""Polling learned from history: bounds, and the bar against a fixed 5 s poll."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nyx.services.generation.schedule import learn, next_poll_s

durations = st.floats(min_value=0.5, max_value=3_000, allow_nan=False)


class TestNextPoll:
    @given(history=st.lists(durations, max_size=60), elapsed_s=st.floats(0, 90_000), failures=st.integers(0, 50))
    def test_is_always_between_one_second_and_one_minute(self, history: list[float], elapsed_s: float, failures: int) -> None:
        delay = next_poll_s(elapsed_s=elapsed_s, timing=learn(history), deadline_s=900, failures=failures)

        assert 1.0 <= delay <= 60.0

    def test_backs_off_while_polls_fail(self) -> None:
        delays = [next_poll_s(elapsed_s=10, timing=None, deadline_s=900, failures=n) for n in range(1, 8)]

        assert delays == sorted(delays)
        assert delays[-1] == 60.0

    def test_is_slow_after_the_deadline(self) -> None:
        assert next_poll_s(elapsed_s=901, timing=learn([60.0] * 10), deadline_s=900) >= 30.0

    def test_asks_once_just_after_a_steady_model_is_done(self) -> None:
        first = next_poll_s(elapsed_s=0, timing=learn([40.0] * 20), deadline_s=900)

        assert 40.0 <= first <= 43.0

    @pytest.mark.parametrize("usual_s", [1.0, 4.0, 9.0])
    def test_does_not_let_a_quick_model_wait_for_the_budget(self, usual_s: float) -> None:
        first = next_poll_s(elapsed_s=0, timing=learn([usual_s * factor for factor in (0.8, 0.9, 1.0, 1.1, 1.2)]), deadline_s=900)

        assert first <= 2 * usual_s


class TestLearn:
    def test_says_nothing_from_four_jobs(self) -> None:
        assert learn([1.0, 2.0, 3.0, 4.0]) is None

    def test_finds_what_nine_in_ten_stay_within(self) -> None:
        timing = learn([float(seconds) for seconds in range(1, 21)])

        assert timing is not None
        assert (timing.median_s, timing.p90_s, timing.closes_s) == (11.0, 19.0, 20.0)

    def test_finds_the_median(self) -> None:
        timing = learn([10.0, 50.0, 30.0, 20.0, 40.0])

        assert timing is not None
        assert timing.median_s == 30.0


class TestAgainstAFixedPoll:
    @pytest.mark.parametrize(("median_s", "spread"), [(40, 0.15), (60, 0.2), (90, 0.2), (120, 0.25)])
    def test_notices_the_typical_clip_sooner_with_half_the_requests(self, median_s: float, spread: float) -> None:
        chance = random.Random(5)
        recorded = [median_s * math.exp(chance.gauss(0, spread)) for _ in range(400)]
        delays, requests, fixed_delays, fixed_requests = [], 0, [], 0.0
        for index, duration in enumerate(recorded[50:], start=50):
            timing, elapsed = learn(recorded[index - 50 : index]), 0.0
            while elapsed < duration:
                elapsed += next_poll_s(elapsed_s=elapsed, timing=timing, deadline_s=900)
                requests += 1
            delays.append(elapsed - duration)
            noticed = math.ceil(duration / 5) * 5
            fixed_delays.append(noticed - duration)
            fixed_requests += noticed / 5

        assert statistics.median(delays) < statistics.median(fixed_delays)
        assert requests <= fixed_requests / 2
