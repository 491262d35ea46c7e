"""GET and HEAD /media/{id}/{variant}: a creator's own files, never anybody else's, with headers that keep them inert."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from nyx.errors import NotFound
from nyx.services.media.filenames import content_disposition
from nyx.services.media.service import MediaService
from nyx.services.media.views import StoredFile, Variant

_METHODS = ["GET", "HEAD"]
_FOREVER = "private, max-age=31536000, immutable"
_CHECK_FIRST = "private, no-cache"
ID = re.compile(r"[0-9a-f]{32}")

# Whatever a file turns out to be, a browser that opens it on our origin must not run it.
_INERT = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


def router(media: MediaService) -> APIRouter:
    """The routes of media files. Who asks is in ``request.state.user``."""
    routes = APIRouter()

    @routes.api_route("/media/{media_id}/{variant}", methods=_METHODS)
    async def send(media_id: str, variant: str, request: Request) -> Response:
        user = getattr(request.state, "user", None)
        if user is None or not ID.fullmatch(media_id) or variant not in _VARIANTS:
            return nothing_here()
        try:
            file = await media.open_variant(owner_id=user.id, media_id=media_id, variant=Variant(variant))
        except NotFound:
            return nothing_here()
        if "range" not in request.headers and _has_it_already(request, file.etag):
            return Response(status_code=304, headers=_headers(request, file))
        return InertFile(file.path, media_type=file.content_type, headers=_headers(request, file))

    @routes.api_route("/media/{address:path}", methods=_METHODS, include_in_schema=False)
    async def nothing(address: str) -> Response:
        return nothing_here()

    return routes


class InertFile(FileResponse):
    """A file whose every answer is inert: also 206, 400 and 416, which are made elsewhere."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def inert(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(_INERT)
                if message["status"] >= 400:
                    headers["cache-control"] = "no-store"
            await send(message)

        await super().__call__(scope, receive, inert)


def _headers(request: Request, file: StoredFile) -> dict[str, str]:
    download = request.query_params.get("download") == "1"
    return {
        **_INERT,
        "etag": file.etag,
        "cache-control": _FOREVER if file.is_final else _CHECK_FIRST,
        "content-disposition": content_disposition(file.filename, download=download),
    }


def _has_it_already(request: Request, etag: str) -> bool:
    held = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in held or "*" in held


def nothing_here() -> Response:
    # The same for what is absent and for what is somebody else's: an address tells nothing.
    return PlainTextResponse("There is no such file.", status_code=404, headers={**_INERT, "cache-control": "no-store"})


_VARIANTS = frozenset(map(str, Variant))
