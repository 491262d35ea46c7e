"""The visible mark: our wordmark in the corner of a picture or of a frame, the same for the same size, legible on light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

_WORDMARK = Path(__file__).with_name("wordmark.png")  # assets/brand/wordmark.svg as a grey picture: white is ink
_INK = 0.5  # opacity of the white letters
_SHADOW = 0.6  # and of the soft dark behind them, which carries them on white
_SHARE = 0.26  # of the shorter side
_MARGIN = 0.03
_LEAST_PX = 48

Weights = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Stamp:
    """Where the mark goes, and for each of its pixels what share of the picture stays and what share of white comes on top."""

    left: int
    top: int
    stays: Weights
    white: Weights

    @property
    def corner(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that it covers."""
        height, width = self.stays.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


@lru_cache(maxsize=32)
def stamp_for(width: int, height: int) -> Stamp:
    """The mark for pictures of this size in pixels; its place and size are even, as the colours of a clip want it."""
    shorter = min(width, height)
    ink_width = min(max(round(shorter * _SHARE), _LEAST_PX), max(2, width * 9 // 10))
    with Image.open(_WORDMARK, formats=("PNG",)) as whole:
        ink = whole.convert("L").resize((ink_width, max(1, round(whole.height * ink_width / whole.width))), Image.Resampling.LANCZOS)
    edge = max(2, ink_width // 24)
    size = (_even(min(ink.width + 2 * edge, width)), _even(min(ink.height + 2 * edge, height)))
    letters = Image.new("L", size)
    letters.paste(ink, (edge, edge))
    shade = letters.filter(ImageFilter.GaussianBlur(max(1.0, edge / 2)))
    white = np.asarray(letters, np.float32) * (_INK / 255)
    dark = np.minimum(np.asarray(shade, np.float32) / 140, 1) * _SHADOW
    margin = round(shorter * _MARGIN)
    left, top = max(0, width - size[0] - margin), max(0, height - size[1] - margin)
    return Stamp(left - left % 2, top - top % 2, (1 - dark) * (1 - white), white)


def stamp_picture(image: Image.Image) -> Image.Image:
    """The same picture with the mark; RGB or RGBA. What was transparent below the mark no longer is."""
    stamp = stamp_for(*image.size)
    rows, columns = stamp.corner
    box = (columns.start, rows.start, columns.stop, rows.stop)
    corner = np.array(image.crop(box), np.float32)
    stays, white = stamp.stays[..., None], stamp.white[..., None]
    corner[..., :3] = corner[..., :3] * stays + 255 * white
    if corner.shape[2] == 4:
        corner[..., 3] = 255 - (255 - corner[..., 3]) * stamp.stays
    marked = image.copy()
    marked.paste(Image.fromarray(np.rint(corner).astype(np.uint8), image.mode), box[:2])
    return marked


def stamp_planes(planes: Pixels, width: int, height: int) -> None:
    """Put the mark into a frame in place: ``planes`` is yuv420p as PyAV hands it out, limited range, even in width and height."""
    stamp = stamp_for(width, height)
    rows, columns = stamp.corner
    luma = planes[:height]
    luma[rows, columns] = _rounded(16 + (luma[rows, columns] - np.float32(16)) * stamp.stays + 219 * stamp.white)
    half_rows, half_columns = (slice(part.start // 2, part.stop // 2) for part in (rows, columns))
    stays = stamp.stays.reshape(stamp.stays.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
    for chroma in planes[height:].reshape(2, height // 2, width // 2):
        chroma[half_rows, half_columns] = _rounded(128 + (chroma[half_rows, half_columns] - np.float32(128)) * stays)


def _rounded(values: Weights) -> Pixels:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _even(number: int) -> int:
    return max(2, number - number % 2)
