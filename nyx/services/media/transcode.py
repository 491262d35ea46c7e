"""Turns a clip into the other container: WebM with VP9 and Opus, or MP4 with H.264 and AAC. Blocks for seconds: call it in a thread."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nyx.errors import InvalidInput, NyxError
from nyx.services.media import frames
from nyx.services.media.inspect import MAX_BYTES, BadFile, decoding, open_clip

_MOST_WORK = 1920 * 1080 * 120  # pixels times seconds: two minutes of Full HD
_SAMPLE_RATE = 48_000  # the one that both sound codecs take
_MICROSECONDS = 1_000_000
_VIDEO = {
    "mp4": ("libx264", {"preset": "veryfast", "crf": "20"}),
    "webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "7", "crf": "30", "b": "0", "row-mt": "0"}),
}
_SOUND = {"mp4": "aac", "webm": "libopus"}
FORMATS = frozenset(_VIDEO)


class Stopped(NyxError):
    """The work was given up before its end: it took too long, or the app ends."""

    code = "stopped"


def transcode(path: Path, content_type: str, into: Path, *, wanted: str, keep_going: Callable[[], bool]) -> None:
    """Write the clip to ``into`` as ``wanted``, ``mp4`` or ``webm``; ``keep_going`` is asked at every packet.

    Raises: InvalidInput (too long to convert here), BadFile, Stopped, OSError; ``into`` may be left behind, half written.
    """
    with decoding("video"), open_clip(path, content_type) as (source, stream):
        _refuse_too_much(source, stream)
        with av.open(str(into), "w", format=wanted, options={"movflags": "faststart"} if wanted == "mp4" else {}) as target:
            picture = _Picture(target, stream, wanted)
            sound = _Sound(target, source.streams.audio[0], wanted) if source.streams.audio else None
            for number, packet in enumerate(source.demux([stream, *source.streams.audio[:1]])):
                if not keep_going() or (number % 100 == 0 and into.exists() and into.stat().st_size > MAX_BYTES):
                    raise Stopped("Converting this clip takes too much time or room here.")
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        picture.add(frame)
                    elif sound is not None and isinstance(frame, av.AudioFrame):
                        sound.add(frame)
            picture.finish()
            if sound is not None:
                sound.finish()


def _refuse_too_much(source: InputContainer, stream: VideoStream) -> None:
    seconds = (source.duration or 0) / _MICROSECONDS
    if stream.width * stream.height * seconds > _MOST_WORK:
        raise InvalidInput("This clip is too large to be converted here. Download it as it is.", field="as")


class _Picture:
    """The moving picture on its way: sized, turned and timed as in the original."""

    def __init__(self, target: OutputContainer, source: VideoStream, wanted: str) -> None:
        self._target = target
        self._source = source
        self._last = -1
        source.codec_context.thread_count = 1  # with as many as there are cores, nothing would be left for whoever is waiting
        codec, options = _VIDEO[wanted]
        encoder = target.add_stream(codec, rate=source.average_rate or source.guessed_rate or 24, options=options)
        assert isinstance(encoder, VideoStream)
        encoder.pix_fmt = "yuv420p"
        encoder.codec_context.thread_count = 1
        encoder.codec_context.time_base = Fraction(1, 90_000)
        self._encoder = encoder
        self._size: tuple[int, int] | None = None

    def add(self, frame: VideoFrame) -> None:
        at = round((frame.time or 0.0) * 90_000)
        if at <= self._last and self._size is not None:  # two at one moment: encoders refuse the second
            return
        if self._size is None:
            self._size = self._encoder.width, self._encoder.height = frames.fit(frame)
        self._last = at
        upright = frames.upright(frame, self._size)
        upright.pts, upright.time_base = at, Fraction(1, 90_000)
        self._target.mux(self._encoder.encode(upright))

    def finish(self) -> None:
        if self._size is None:
            raise BadFile("The clip has no picture to show.", detail="no frame could be decoded")
        self._target.mux(self._encoder.encode(None))


class _Sound:
    """The sound on its way, in one or two channels."""

    def __init__(self, target: OutputContainer, source: AudioStream, wanted: str) -> None:
        self._target = target
        layout = "mono" if source.channels == 1 else "stereo"
        encoder = target.add_stream(_SOUND[wanted], rate=_SAMPLE_RATE, layout=layout)
        assert isinstance(encoder, AudioStream)
        self._encoder = encoder

    def add(self, frame: av.AudioFrame) -> None:
        self._target.mux(self._encoder.encode(frame))

    def finish(self) -> None:
        self._target.mux(self._encoder.encode(None))
