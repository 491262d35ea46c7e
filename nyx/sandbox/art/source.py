"""An input picture let into a painting: its middle stays recognisable, its edges melt into the scene."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from nyx.sandbox.art.land import Layer
from nyx.sandbox.art.painting import Painting

_MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class NotAPicture(ValueError):
    """The input can't be read as a picture."""


def blend_source(painting: Painting, source: bytes) -> Painting:
    """Return the painting with the input picture before its water. Raises: NotAPicture."""
    picture = _opened(source)
    width, height = painting.size
    fitted = ImageOps.fit(picture, painting.size, Image.Resampling.LANCZOS)
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    mask = np.clip(1.5 - 1.25 * np.hypot(across, down), 0, 0.88)
    soft = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(width / 60))
    fitted.putalpha(soft)
    return replace(painting, before=[Layer(fitted, 0.4), *painting.before])


def require_picture(source: bytes) -> None:
    """Check the header, without decoding. Raises: NotAPicture."""
    try:
        with Image.open(io.BytesIO(source), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise NotAPicture("too large")
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAPicture("not a picture") from error


def _opened(source: bytes) -> Image.Image:
    require_picture(source)
    try:
        with Image.open(io.BytesIO(source), formats=_FORMATS) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAPicture("not a picture") from error
