"""One picture as file bytes: painted at a bounded size, scaled to what was asked for, and marked as the sandbox's work."""

from __future__ import annotations

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nyx.sandbox.art.painting import paint
from nyx.sandbox.art.scene import read_scene
from nyx.sandbox.art.source import blend_source

MARK = "Drawn by the Nyx-Net sandbox: not made by an AI model"

_MAX_SIDE = 2048
_MAX_AREA = 1536 * 1536


def picture(prompt: str, *, seed: int, size: tuple[int, int], file_format: str, source: bytes | None = None) -> bytes:
    """Return JPEG or PNG bytes of exactly ``size`` pixels. ``source`` is an input picture that shows through."""
    painting = paint(read_scene(prompt, seed=seed), bounded(size))
    drawn = (painting if source is None else blend_source(painting, source)).frame()
    image = drawn if drawn.size == size else drawn.resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    if file_format == "png":
        info = PngInfo()
        info.add_text("Comment", MARK)
        image.save(buffer, "PNG", pnginfo=info, compress_level=3)
    else:
        image.save(buffer, "JPEG", quality=90, comment=MARK.encode(), subsampling=0)
    return buffer.getvalue()


def bounded(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size to paint at: the same shape, small enough for memory and time."""
    width, height = size
    scale = min(1.0, _MAX_SIDE / max(width, height), (_MAX_AREA / (width * height)) ** 0.5)
    return max(16, round(width * scale)), max(16, round(height * scale))
