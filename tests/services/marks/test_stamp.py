"""The mark: in the corner, legible on every ground, the same each time, and never larger than what it is on."""

from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame
from PIL import Image

from nyx.services.marks.stamp import stamp_for, stamp_picture, stamp_planes


def corner_of(image: Image.Image) -> np.ndarray:
    rows, columns = stamp_for(*image.size).corner
    return np.asarray(image, np.int16)[rows, columns]


class TestPicture:
    @pytest.mark.parametrize("ground", ["black", "white", "#808080", "#7c3aed"])
    def test_is_legible_on_every_ground(self, ground: str) -> None:
        clean = Image.new("RGB", (512, 512), ground)

        marked = stamp_picture(clean)

        luma = np.asarray(marked.convert("L"), np.int16)
        rows, columns = stamp_for(512, 512).corner
        assert np.ptp(luma[rows, columns]) > 60
        outside = np.asarray(marked, np.int16).copy()
        outside[rows, columns] = np.asarray(clean, np.int16)[rows, columns]
        assert np.array_equal(outside, np.asarray(clean, np.int16))

    def test_is_the_same_each_time(self) -> None:
        clean = Image.effect_noise((300, 200), 40).convert("RGB")

        assert stamp_picture(clean).tobytes() == stamp_picture(clean).tobytes()

    def test_shows_on_what_is_transparent(self) -> None:
        marked = stamp_picture(Image.new("RGBA", (256, 256), (0, 0, 0, 0)))

        assert marked.mode == "RGBA"
        assert corner_of(marked)[..., 3].max() > 100

    @pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (3, 64), (64, 3), (50, 50), (2000, 20), (640, 481)])
    def test_fits_into_any_size(self, size: tuple[int, int]) -> None:
        assert stamp_picture(Image.new("RGB", size, "black")).size == size

    def test_grows_with_the_picture(self) -> None:
        small, large = stamp_for(512, 512), stamp_for(2048, 2048)

        assert large.stays.shape[1] / 2048 == pytest.approx(small.stays.shape[1] / 512, rel=0.05)


class TestPlanes:
    def test_a_frame_looks_like_the_picture(self) -> None:
        clean = Image.new("RGB", (320, 192), (90, 120, 60))
        planes = np.asarray(VideoFrame.from_ndarray(np.asarray(clean), format="rgb24").to_ndarray(format="yuv420p"), np.uint8)

        stamp_planes(planes, 320, 192)

        found = VideoFrame.from_ndarray(planes, format="yuv420p").to_ndarray(format="rgb24")
        expected = np.asarray(stamp_picture(clean), np.int16)
        assert np.abs(np.asarray(found, np.int16) - expected).mean() < 3
