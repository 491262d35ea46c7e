"""The picture that a link preview shows: 1200 x 630, JPEG, because many readers of links take nothing else. Blocks: call it in a thread."""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from nyx.services.marks import xmp
from nyx.services.marks.xmp import SourceType
from nyx.services.media import pictures
from nyx.services.media.inspect import decoding, open_picture
from nyx.services.media.thumbnails import CONTENT_TYPE, make_thumbnails
from nyx.services.media.views import StoredFile

WIDTH_PX, HEIGHT_PX = 1200, 630
_QUALITY = 85
_MOST_CROPPED = 0.25  # of the picture: a shape further from the card's stands whole on its own blur
_BACKDROP_PX = 60
_DARKER = 0.55
_NIGHT = (10, 10, 15)
_PLAY_PX = 120


def make_card(file: StoredFile, *, is_clip: bool) -> bytes:
    """Lay out a preview as a card. Raises: BadFile, OSError."""
    with decoding("image"):
        image = _opened(file)
        card = _cropped(image) if _is_near(image) else _framed(image)
        if is_clip:
            _draw_play(card)
        out = io.BytesIO()
        card.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True, xmp=_note(file))
        return out.getvalue()


def _note(file: StoredFile) -> bytes:
    """What the preview says about where it comes from, in IPTC's words; nothing where it says nothing."""
    with suppress(ValueError):
        return xmp.packet(SourceType(xmp.read(file.path) or ""))
    return b""


def _opened(file: StoredFile) -> Image.Image:
    if file.content_type != CONTENT_TYPE:  # no thumbnail was made yet: shrink the original for this once
        preview = make_thumbnails(file.path, file.content_type).preview
        with Image.open(io.BytesIO(preview), formats=("WEBP",)) as image:
            return _flat(image)
    with open_picture(file.path, CONTENT_TYPE) as image:
        return _flat(image)


def _flat(image: Image.Image) -> Image.Image:
    """Upright, and on the night's colour where it is transparent."""
    picture = pictures.upright(image, longest_px=WIDTH_PX)
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _NIGHT)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _is_near(image: Image.Image) -> bool:
    ratio = (image.width / image.height) / (WIDTH_PX / HEIGHT_PX)
    return min(ratio, 1 / ratio) >= 1 - _MOST_CROPPED


def _cropped(image: Image.Image) -> Image.Image:
    scale = max(WIDTH_PX / image.width, HEIGHT_PX / image.height)
    size = (max(WIDTH_PX, round(image.width * scale)), max(HEIGHT_PX, round(image.height * scale)))
    left, top = (size[0] - WIDTH_PX) // 2, (size[1] - HEIGHT_PX) // 2
    return image.resize(size, Image.Resampling.LANCZOS).crop((left, top, left + WIDTH_PX, top + HEIGHT_PX))


def _framed(image: Image.Image) -> Image.Image:
    tiny = image.resize((_BACKDROP_PX, _BACKDROP_PX * HEIGHT_PX // WIDTH_PX), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(3))
    card = ImageEnhance.Brightness(tiny.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC)).enhance(_DARKER)
    scale = min(WIDTH_PX / image.width, HEIGHT_PX / image.height)
    whole = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)
    card.paste(whole, ((WIDTH_PX - whole.width) // 2, (HEIGHT_PX - whole.height) // 2))
    return card


def _draw_play(card: Image.Image) -> None:
    veil = Image.new("L", (4 * _PLAY_PX, 4 * _PLAY_PX), 0)
    ImageDraw.Draw(veil).ellipse((0, 0, 4 * _PLAY_PX - 1, 4 * _PLAY_PX - 1), fill=190)
    corner = ((WIDTH_PX - _PLAY_PX) // 2, (HEIGHT_PX - _PLAY_PX) // 2)
    card.paste(_NIGHT, (*corner, corner[0] + _PLAY_PX, corner[1] + _PLAY_PX), veil.resize((_PLAY_PX, _PLAY_PX)))
    middle_x, middle_y, size = WIDTH_PX // 2, HEIGHT_PX // 2, _PLAY_PX // 4
    triangle = [(middle_x - size * 3 // 4, middle_y - size), (middle_x - size * 3 // 4, middle_y + size), (middle_x + size, middle_y)]
    ImageDraw.Draw(card).polygon(triangle, fill="white")
