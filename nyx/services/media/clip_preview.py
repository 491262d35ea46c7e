"""The moving preview of a clip: its first seconds, small, silent and quick to load. Blocks: call it in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nyx.services.media import frames
from nyx.services.media.inspect import BadFile, decoding, open_clip

CONTENT_TYPE = "video/mp4"
_SECONDS = 3
_LONGEST_PX = 480
_FPS = 12
_MOST_DECODED = 400  # frames: a clip of a thousand a second must not keep a thread for minutes
_ROUNDED = 0.05  # of a tick: WebM tells its times in whole milliseconds
_ENCODER = {"preset": "veryfast", "crf": "28", "profile": "main"}


def make_clip_preview(path: Path, content_type: str, into: Path) -> None:
    """Write the preview of a clip to ``into``, as an MP4 that plays before it is loaded whole. Raises: BadFile, OSError."""
    with (
        decoding("video"),
        open_clip(path, content_type) as (source, stream),
        av.open(str(into), "w", format="mp4", options={"movflags": "faststart"}) as target,
    ):
        encoder: VideoStream | None = None
        for tick, frame in _ticks(source, stream):
            size = frames.fit(frame, longest_px=_LONGEST_PX) if encoder is None else (encoder.width, encoder.height)
            encoder = encoder or _encoder(target, size)
            small = frames.upright(frame, size)
            small.pts, small.time_base = tick, Fraction(1, _FPS)
            target.mux(encoder.encode(small))
        if encoder is None:
            raise BadFile("The clip has no picture to show.", detail="no frame could be decoded")
        target.mux(encoder.encode(None))


def _ticks(source: InputContainer, stream: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """The frame of each tick of the preview's own, slower pace; a slow clip leaves ticks out."""
    stream.codec_context.thread_count = 1  # with as many as there are cores, nothing would be left for whoever is waiting
    last, start_s = -1, None
    for number, frame in enumerate(islice(source.decode(stream), _MOST_DECODED)):
        at_s = frame.time if frame.time is not None else number / _FPS
        start_s = at_s if start_s is None else start_s
        tick = int((at_s - start_s) * _FPS + _ROUNDED)
        if tick >= _SECONDS * _FPS:
            return
        if tick > last:
            last = tick
            yield tick, frame


def _encoder(target: OutputContainer, size: tuple[int, int]) -> VideoStream:
    stream = target.add_stream("libx264", rate=_FPS, options=_ENCODER)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream
