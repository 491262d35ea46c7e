"""A clip with the visible mark on every frame; its sound is copied as it is. Blocks, for about as long as the clip lasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

from nyx.services.marks.stamp import stamp_planes
from nyx.services.media import pictures
from nyx.services.media.inspect import BadFile, decoding, open_clip

_QUICK_VP9 = {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6"}
_ENCODERS = {  # container, codec, how to encode, how to write
    "video/mp4": ("mp4", "libx264", {"crf": "18", "preset": "veryfast"}, {"movflags": "+faststart"}),
    "video/webm": ("webm", "libvpx-vp9", _QUICK_VP9, {}),
}
_LIMITED_RANGE = 1  # FFmpeg's number for 16 to 235


class Interrupted(BadFile):
    """The app ends; the clip is made when it is next asked for."""


def mark_clip(source: Path, target: Path, content_type: str, *, is_stopping: Callable[[], bool]) -> None:
    """Write the marked clip in the same format, frame by frame. Raises: BadFile, Interrupted, OSError."""
    container_format, codec, options, writing = _ENCODERS[content_type]
    with (
        decoding("video"),
        open_clip(source, content_type) as (found, video),
        av.open(str(target), "w", format=container_format, options=writing) as made,
    ):
        first = next(found.decode(video), None)
        if first is None:
            raise BadFile("The clip has no picture to mark.", detail="no frame could be decoded")
        found.seek(0)
        out = _video(made, video, upright=_upright(first), codec=codec, options=options)
        sounds = {stream.index: made.add_stream_from_template(stream) for stream in found.streams.audio[:1]}
        for packet in found.demux([video, *found.streams.audio[:1]]):
            if is_stopping():
                raise Interrupted("The studio is stopping.")
            if packet.stream.index not in sounds:
                for frame in packet.decode():
                    assert isinstance(frame, VideoFrame)
                    made.mux(out.encode(_marked(frame, out)))
            elif packet.dts is not None:
                packet.stream = sounds[packet.stream.index]
                made.mux_one(packet)
        made.mux(out.encode(None))


def _video(made: OutputContainer, video: VideoStream, *, upright: VideoFrame, codec: str, options: dict[str, str]) -> VideoStream:
    out = made.add_stream(codec, rate=video.average_rate, options=options)
    assert isinstance(out, VideoStream)
    # An odd line is more than these codecs can carry.
    out.width, out.height = max(2, upright.width // 2 * 2), max(2, upright.height // 2 * 2)
    out.pix_fmt = "yuv420p"
    known, context = video.codec_context, out.codec_context
    context.color_range, context.colorspace = _LIMITED_RANGE, known.colorspace
    context.color_primaries, context.color_trc = known.color_primaries, known.color_trc
    assert video.time_base is not None
    context.time_base = video.time_base
    context.thread_count = 1  # making a clip in the background must not take every core
    return out


def _marked(frame: VideoFrame, out: VideoStream) -> VideoFrame:
    plain = _upright(frame).reformat(width=out.width, height=out.height, format="yuv420p", dst_color_range=_LIMITED_RANGE)
    planes = np.asarray(plain.to_ndarray(), np.uint8)
    stamp_planes(planes, out.width, out.height)
    marked = VideoFrame.from_ndarray(planes, format="yuv420p")
    marked.pts, marked.time_base = frame.pts, frame.time_base
    marked.colorspace, marked.color_range = plain.colorspace, _LIMITED_RANGE
    return marked


def _upright(frame: VideoFrame) -> VideoFrame:
    """As it is displayed: the turn that a phone's clip asks for is used up here."""
    if not frame.rotation:
        return frame
    return VideoFrame.from_ndarray(np.asarray(pictures.of_frame(frame).convert("RGB")), format="rgb24")
