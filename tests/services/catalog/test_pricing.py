"""One function shows a price and charges it: whole credits, rounded up for each output."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nyx.errors import InvalidInput
from nyx.services.catalog import Measure, load_shipped, quote

SPECS = {spec.key: spec for spec in load_shipped()}
PER_MEGAPIXEL = SPECS["black-forest-labs/FLUX.2-pro"]  # 20 credits
PER_IMAGE = SPECS["google/gemini-3-pro-image"]  # 20 credits, whatever the size
CLIP = SPECS["ByteDance/Seedance-2.0"]  # 30 credits for 5 s at 720p


class TestPictures:
    @pytest.mark.parametrize(
        ("width", "height", "credits"), [(1024, 1024, 20), (512, 512, 20), (1024, 1032, 21), (2048, 2048, 80), (None, None, 20)]
    )
    def test_by_the_megapixel(self, width: int | None, height: int | None, credits: int) -> None:
        assert quote(PER_MEGAPIXEL, Measure(width_px=width, height_px=height)).unit_credits == credits

    def test_by_the_image_the_size_does_not_matter(self) -> None:
        assert quote(PER_IMAGE, Measure(width_px=4096, height_px=4096)).unit_credits == 20

    def test_outputs_multiply_the_rounded_price(self) -> None:
        assert quote(PER_MEGAPIXEL, Measure(outputs=4, width_px=1024, height_px=1032)).total_credits == 84

    @given(width=st.integers(1, 800), height=st.integers(1, 800))
    def test_is_never_less_than_the_exact_price_and_never_a_credit_more(self, width: int, height: int) -> None:
        exact = 20 * max(1.0, (8 * width) * (8 * height) / 1_048_576)

        charged = quote(PER_MEGAPIXEL, Measure(width_px=8 * width, height_px=8 * height)).unit_credits

        assert math.ceil(exact - 1e-9) == charged


class TestClips:
    @pytest.mark.parametrize(
        ("seconds", "resolution", "credits"),
        [(None, None, 30), (5, "720p", 30), (6, None, 36), (4, None, 24), (5, "1080p", 75), (5, "4k", 157)],
    )
    def test_length_and_resolution_scale_the_price(self, seconds: int | None, resolution: str | None, credits: int) -> None:
        assert quote(CLIP, Measure(seconds=seconds, resolution=resolution)).unit_credits == credits


class TestNotForSale:
    def test_a_model_without_a_price_can_not_run(self) -> None:
        with pytest.raises(InvalidInput, match="has no price yet") as caught:
            quote(SPECS["ideogram/ideogram-4.0"], Measure())

        assert caught.value.field == "model"
