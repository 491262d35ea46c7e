"""The two WebP thumbnails of a stored file, from one decode. Blocks: call it in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nyx.services.media import frames, pictures
from nyx.services.media.inspect import BadFile, decoding, kind_of, open_clip, open_picture

THUMB_PX = 384
PREVIEW_PX = 1024
_THUMB_QUALITY = 78
PREVIEW_QUALITY = 80
CONTENT_TYPE = "image/webp"


@dataclass(frozen=True, kw_only=True)
class Thumbnails:
    """WebP bytes of both sizes; ``blur`` is a data URL."""

    thumb: bytes
    preview: bytes
    blur: str


def make_thumbnails(path: Path, content_type: str) -> Thumbnails:
    """Shrink the picture, or the frame that stands for the clip. Raises: BadFile, OSError."""
    with decoding(kind_of(content_type)):
        preview = _decoded(path, content_type)
        thumb = pictures.shrink(preview, longest_px=THUMB_PX)
        return Thumbnails(
            thumb=pictures.webp(thumb, quality=_THUMB_QUALITY),
            preview=pictures.webp(preview, quality=PREVIEW_QUALITY),
            blur=pictures.blur(thumb),
        )


def _decoded(path: Path, content_type: str) -> Image.Image:
    if kind_of(content_type) == "image":
        with open_picture(path, content_type) as image:
            image.draft(
                "RGB", pictures.at_least(image.size, longest_px=PREVIEW_PX)
            )  # a large JPEG decodes at a half or a quarter, never below the preview
            image.load()
            return pictures.upright(image, longest_px=PREVIEW_PX)
    with open_clip(path, content_type) as (container, stream):
        poster = frames.poster_of(container.decode(stream))
        if poster is None:
            raise BadFile("The clip has no picture to show.", detail="no frame could be decoded")
        return pictures.upright(poster, longest_px=PREVIEW_PX)
