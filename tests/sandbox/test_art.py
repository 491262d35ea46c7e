"""Pictures from words: the same request the same bytes, and every kind of word visible in the result."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nyx.sandbox.art import picture
from nyx.sandbox.art.picture import MARK, bounded
from nyx.sandbox.art.scene import read_scene
from nyx.sandbox.art.shapes import SHAPES
from nyx.sandbox.art.source import NotAPicture

SIZE = (192, 192)


def draw(prompt: str, *, seed: int = 1, source: bytes | None = None) -> np.ndarray:
    data = picture(prompt, seed=seed, size=SIZE, file_format="png", source=source)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)


def mean(prompt: str, *, seed: int = 1) -> np.ndarray:
    return draw(prompt, seed=seed).mean(axis=(0, 1))


class TestPicture:
    @pytest.mark.parametrize("file_format", ["jpeg", "png"])
    def test_the_same_request_gives_the_same_bytes(self, file_format: str) -> None:
        first, second = (picture("a fox in the rain", seed=3, size=SIZE, file_format=file_format) for _ in range(2))
        assert first == second

    def test_another_seed_gives_another_picture(self) -> None:
        assert np.abs(draw("a fox", seed=1) - draw("a fox", seed=2)).mean() > 4

    @pytest.mark.parametrize("size", [(64, 64), (200, 56), (56, 200), (405, 540)])
    def test_has_exactly_the_size_asked_for(self, size: tuple[int, int]) -> None:
        assert Image.open(io.BytesIO(picture("a lake", seed=1, size=size, file_format="jpeg"))).size == size

    def test_a_giant_is_painted_small(self) -> None:
        assert bounded((6336, 2688)) == (2048, 869)
        assert bounded((1024, 1024)) == (1024, 1024)

    def test_says_in_the_file_that_no_ai_made_it(self) -> None:
        jpeg = Image.open(io.BytesIO(picture("a lake", seed=1, size=SIZE, file_format="jpeg")))
        png = Image.open(io.BytesIO(picture("a lake", seed=1, size=SIZE, file_format="png")))
        assert jpeg.info["comment"].decode() == MARK
        assert png.info["Comment"] == MARK
        assert "sandbox" in MARK

    def test_is_not_flat(self) -> None:
        assert draw("anything at all").std() > 20


class TestWordsMatter:
    def test_day_is_brighter_than_night(self) -> None:
        assert mean("the sea at noon, day").mean() > mean("the sea at night").mean() + 40

    @pytest.mark.parametrize(("word", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
    def test_a_colour_word_wins(self, word: str, channel: int) -> None:
        tones = mean(f"{word} hills at dawn")
        assert tones[channel] == max(tones)

    def test_sunset_is_warmer_than_storm(self) -> None:
        sunset, storm = mean("a lake at sunset"), mean("a lake in a storm")
        assert sunset[0] - sunset[2] > storm[0] - storm[2] + 30

    @pytest.mark.parametrize("weather", ["rain", "snow", "fog"])
    def test_weather_shows(self, weather: str) -> None:
        assert np.abs(draw(f"{weather} over a forest at dusk") - draw("a forest at dusk")).mean() > 2

    @pytest.mark.parametrize("subject", [*SHAPES, "flower", "bird"])
    def test_every_subject_shows(self, subject: str) -> None:
        scene = read_scene(f"a {subject}", seed=1)
        assert scene.subjects == ("birds" if subject == "bird" else subject,)
        assert draw(f"a {subject} in a meadow at day").std() > 10

    def test_a_colour_before_a_subject_colours_the_subject_alone(self) -> None:
        scene = read_scene("a blue fox at sunset", seed=1)
        assert scene.subject_tint is not None
        assert scene.tint is None

    @pytest.mark.parametrize("style", ["watercolor", "neon", "minimal", "abstract", "monochrome", "sketch", "oil", "pixel", "vintage"])
    def test_every_style_shows(self, style: str) -> None:
        assert np.abs(draw(f"mountains at sunset, {style}") - draw("mountains at sunset")).mean() > 3

    def test_an_explicit_hour_outweighs_the_weather(self) -> None:
        assert read_scene("rain at night", seed=1).hour == "night"
        assert read_scene("rain", seed=1).hour == "storm"

    def test_a_prompt_without_known_words_still_makes_a_scene(self) -> None:
        assert draw("日本語 ∑ ???").std() > 10
        assert draw("").std() > 10


class TestSource:
    def test_an_input_picture_shows_through(self) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (300, 100), (255, 0, 255)).save(buffer, "PNG")
        middle = draw("a lake at day", source=buffer.getvalue())[86:106, 86:106].mean(axis=(0, 1))
        assert middle[0] > middle[1] + 60
        assert middle[2] > middle[1] + 60

    def test_what_is_not_a_picture_says_so(self) -> None:
        with pytest.raises(NotAPicture):
            picture("a lake", seed=1, size=SIZE, file_format="png", source=b"not a picture")
