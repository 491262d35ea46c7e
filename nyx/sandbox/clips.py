"""Clips for the sandbox: real MP4 and WebM, moved by panning over a painting's layers, with a soft synthetic chord where sound is due."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from nyx.sandbox.art.painting import Painting, paint
from nyx.sandbox.art.picture import MARK
from nyx.sandbox.art.scene import read_scene
from nyx.sandbox.art.source import blend_source

_WORK_AREA = 768 * 432
_SAMPLE_RATE = 48_000
_SECONDS_PER_TURN = 5.0


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Length in whole seconds, frames a second, ``mp4`` or ``webm``, and whether there is sound."""

    seconds: int
    fps: int
    file_format: str
    has_sound: bool


def clip(prompt: str, *, seed: int, size: tuple[int, int], shape: Shape, source: bytes | None = None) -> bytes:
    """Return the bytes of a clip; an odd width or height becomes even, as the codecs want it. Takes some seconds of CPU."""
    width, height = size[0] // 2 * 2, size[1] // 2 * 2
    scale = min(1.0, (_WORK_AREA / (width * height)) ** 0.5)
    inner = (max(16, round(width * scale)), max(16, round(height * scale)))
    margin = round(inner[0] * 0.06)
    painting = paint(read_scene(prompt, seed=seed), (inner[0] + 2 * margin, inner[1]))
    if source is not None:
        painting = blend_source(painting, source)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=shape.file_format) as container:
        container.metadata["comment"] = MARK
        video = _video_stream(container, (width, height), shape)
        audio = _audio_stream(container, shape) if shape.has_sound else None
        for frame in _frames(painting, margin, shape):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(_chord(seed, shape.seconds)))
            container.mux(audio.encode(None))
    return buffer.getvalue()


def _video_stream(container: OutputContainer, size: tuple[int, int], shape: Shape) -> VideoStream:
    if shape.file_format == "webm":
        codec, options = "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "34", "b": "0", "row-mt": "0"}
    else:
        codec, options = "libx264", {"preset": "veryfast", "crf": "22"}
    stream = container.add_stream(codec, rate=shape.fps, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    # One thread: the bytes must not depend on how many cores there are.
    stream.codec_context.thread_count = 1
    return stream


def _audio_stream(container: OutputContainer, shape: Shape) -> AudioStream:
    stream = container.add_stream("libopus" if shape.file_format == "webm" else "aac", rate=_SAMPLE_RATE, layout="stereo")
    assert isinstance(stream, AudioStream)
    return stream


def _frames(painting: Painting, margin: int, shape: Shape) -> Iterator[av.VideoFrame]:
    count = shape.seconds * shape.fps
    for index in range(count):
        share = index / max(1, count - 1)
        eased = share * share * (3 - 2 * share)
        image = painting.frame(pan=2 * eased - 1, phase=index / shape.fps / _SECONDS_PER_TURN, margin=margin, with_grain=False)
        frame = av.VideoFrame.from_ndarray(np.asarray(image, np.uint8), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, shape.fps)
        yield frame


def _chord(seed: int, seconds: int) -> av.AudioFrame:
    """Make a slow minor-seventh pad that swells and fades."""
    at = np.arange(seconds * _SAMPLE_RATE, dtype=np.float32) / _SAMPLE_RATE
    root = 110.0 * 2 ** ((seed % 12) / 12)
    channels: list[npt.NDArray[np.float32]] = []
    for detune in (0.997, 1.003):
        tone = np.zeros_like(at)
        for semitones, level in ((0, 1.0), (7, 0.6), (12, 0.45), (15, 0.35), (22, 0.2)):
            pitch = root * detune * 2 ** (semitones / 12)
            tone += level * np.sin(2 * np.pi * pitch * at) * (0.75 + 0.25 * np.sin(2 * np.pi * at * 0.13 * (1 + semitones / 12)))
        channels.append(tone * np.clip(np.minimum(at / 0.8, (seconds - at) / 0.8), 0, 1) * 0.12)
    frame = av.AudioFrame.from_ndarray(np.stack(channels).astype(np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = _SAMPLE_RATE, 0, Fraction(1, _SAMPLE_RATE)
    return frame
