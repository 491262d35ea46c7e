"""What a generation comes down to, done bare: one call, one durable file, two thumbnails and a blur. The reference of other modules."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import httpx
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_THUMB_PX = 384
_PREVIEW_PX = 1024
_BLUR_PX = 16


def client_of_a_provider(picture: bytes) -> httpx.AsyncClient:
    """A client of an in-process service that answers every request with ``picture``."""

    async def answer(request: Request) -> Response:
        await request.json()
        return Response(picture, media_type="image/jpeg")

    service = Starlette(routes=[Route("/v1/images/generations", answer, methods=["POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://provider.invalid")


async def generate(client: httpx.AsyncClient, folder: Path, name: str) -> None:
    """Call, store, shrink."""
    response = await client.post("/v1/images/generations", json={"prompt": "a calm lake at dawn", "width": 1024, "height": 1024})
    response.raise_for_status()
    store(folder / f"{name}.jpg", response.content)
    for variant, data in thumbnails(folder / f"{name}.jpg").items():
        store(folder / f"{name}.{variant}.webp", data)


def store(path: Path, data: bytes) -> None:
    """Write, fsync, rename, fsync the folder."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def thumbnails(path: Path) -> dict[str, bytes]:
    """The two WebP sizes and the blur, by Pillow alone with the qualities that the app uses."""
    with Image.open(path) as image:
        image.load()
        preview = image.convert("RGB")
    preview.thumbnail((_PREVIEW_PX, _PREVIEW_PX), Image.Resampling.LANCZOS)
    thumb = preview.copy()
    thumb.thumbnail((_THUMB_PX, _THUMB_PX), Image.Resampling.LANCZOS)
    tiny = thumb.copy()
    tiny.thumbnail((_BLUR_PX, _BLUR_PX), Image.Resampling.LANCZOS)
    base64.b64encode(_webp(tiny, 30))
    return {"thumb": _webp(thumb, 78), "preview": _webp(preview, 80)}


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=0)
    return out.getvalue()
