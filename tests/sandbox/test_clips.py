"""Clips are real: they decode, move, last as long as they should and sound when they should."""

from __future__ import annotations

import asyncio
import io

import av
import numpy as np
import pytest

from nyx.sandbox.clips import Shape, clip
from nyx.sandbox.darkroom import Darkroom, PictureOrder


def shape(file_format: str = "mp4", *, has_sound: bool = False, seconds: int = 1) -> Shape:
    return Shape(seconds=seconds, fps=12, file_format=file_format, has_sound=has_sound)


class TestClip:
    @pytest.mark.parametrize(("file_format", "video", "audio"), [("mp4", "h264", "aac"), ("webm", "vp9", "opus")])
    def test_decodes_with_the_right_size_length_and_sound(self, file_format: str, video: str, audio: str) -> None:
        data = clip("a lake at sunset", seed=1, size=(161, 90), shape=shape(file_format, has_sound=True, seconds=2))
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
            assert (stream.codec_context.width, stream.codec_context.height) == (160, 90)
            assert stream.codec_context.name == video
            assert container.streams.audio[0].codec_context.name == audio
            assert container.duration is not None
            assert abs(container.duration / 1_000_000 - 2) < 0.15
        assert len(frames) == 24
        assert np.abs(frames[0].astype(float) - frames[-1]).mean() > 2

    def test_sound_can_be_heard(self) -> None:
        data = clip("a lake", seed=1, size=(64, 64), shape=shape(has_sound=True))
        with av.open(io.BytesIO(data), "r") as container:
            samples = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
        assert np.abs(samples).max() > 0.02

    def test_is_silent_unless_asked(self) -> None:
        with av.open(io.BytesIO(clip("a lake", seed=1, size=(64, 64), shape=shape())), "r") as container:
            assert not container.streams.audio
            assert "sandbox" in container.metadata["comment"]

    def test_the_same_request_gives_the_same_bytes(self) -> None:
        first, second = (clip("snow at night", seed=1, size=(96, 64), shape=shape(has_sound=True)) for _ in range(2))
        assert first == second


class TestDarkroom:
    async def test_who_hangs_up_finds_the_file_made_the_next_time(self) -> None:
        darkroom = Darkroom(prepared=False)
        order = PictureOrder(prompt="a fox", seed=1, width=512, height=512, file_format="png")
        impatient = asyncio.ensure_future(darkroom.develop(order))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        first, second = await asyncio.gather(darkroom.develop(order), darkroom.develop(order))
        darkroom.close()

        assert first.data is second.data, "it was made once"
