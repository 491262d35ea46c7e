"""Small pieces of work on the frames of a clip: which one stands for it, and its size and turn as displayed."""

from __future__ import annotations

from collections.abc import Iterable

from av import VideoFrame
from PIL import Image, ImageStat

from nyx.services.media import pictures

_LOOK_FOR_S = 1.0
_SMALL_PX = 64
_PLAIN = 6.0  # of 255: a frame that varies less than this is black, white or one colour to the eye


def poster_of(frames: Iterable[VideoFrame]) -> Image.Image | None:
    """The first frame of the first second that is not all one colour, else the one that varies most; None without frames."""
    best: Image.Image | None = None
    most = -1.0
    start_s: float | None = None
    for frame in frames:
        at_s = frame.time or 0.0
        start_s = at_s if start_s is None else start_s
        if best is not None and at_s - start_s > _LOOK_FOR_S:
            break
        varies = _variation(frame)
        if varies > most:
            best, most = pictures.of_frame(frame), varies
        if varies >= _PLAIN:
            break
    return best


def fit(frame: VideoFrame, *, longest_px: int | None = None) -> tuple[int, int]:
    """Even width and height as displayed, in the frame's shape, neither above ``longest_px``; video codecs want them even."""
    width, height = (frame.height, frame.width) if _is_on_its_side(frame) else (frame.width, frame.height)
    scale = min(1.0, longest_px / max(width, height)) if longest_px else 1.0
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def upright(frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
    """The frame in this size, as ``fit`` gives it, turned as it is displayed and ready for an encoder; without a time."""
    if frame.rotation:
        frame = VideoFrame.from_image(pictures.of_frame(frame))  # type: ignore[no-untyped-call]
    return frame.reformat(width=size[0], height=size[1], format="yuv420p")


def _is_on_its_side(frame: VideoFrame) -> bool:
    return frame.rotation % 180 != 0


def _variation(frame: VideoFrame) -> float:
    grey: Image.Image = frame.reformat(width=_SMALL_PX, height=_SMALL_PX, format="gray").to_image()  # type: ignore[no-untyped-call]
    return float(max(ImageStat.Stat(grey.convert("L")).stddev))
