"""GET and HEAD /media/{id}/{variant}: a creator's own files, never anybody else's, with headers that keep them inert."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from nyx.errors import NotFound, NyxError
from nyx.services.media.conversions import Formats, Preparing
from nyx.services.media.filenames import content_disposition
from nyx.services.media.service import MediaService
from nyx.services.media.views import StoredFile, Variant

_METHODS = ["GET", "HEAD"]
_FOREVER = "private, max-age=31536000, immutable"
_CHECK_FIRST = "private, no-cache"
ID = re.compile(r"[0-9a-f]{32}")

# Whatever a file turns out to be, a browser that opens it on our origin must not run it.
INERT = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


def router(media: MediaService, formats: Formats) -> APIRouter:
    """The routes of media files. Who asks is in ``request.state.user``; ``?as=`` wants the original in another format."""
    routes = APIRouter()

    @routes.api_route("/media/{media_id}/{variant}", methods=_METHODS)
    async def send(media_id: str, variant: str, request: Request) -> Response:
        user = getattr(request.state, "user", None)
        if user is None or not is_media_id(media_id) or variant not in _VARIANTS:
            return nothing_here()
        wanted = request.query_params.get("as")
        try:
            if wanted is not None and variant == Variant.ORIGINAL:
                file = await formats.open(owner_id=user.id, media_id=media_id, wanted=wanted)
            else:
                file = await media.open_variant(owner_id=user.id, media_id=media_id, variant=Variant(variant))
        except NotFound:
            return nothing_here()
        except NyxError as problem:
            return refusal(problem)
        if isinstance(file, Preparing):
            return _said(file.sentence, status=202, retry_after_s=file.retry_after_s)
        return send_inert(request, file)

    @routes.api_route("/media/{address:path}", methods=_METHODS, include_in_schema=False)
    async def nothing(address: str) -> Response:
        return nothing_here()

    return routes


def is_media_id(words: str) -> bool:
    """Whether this part of an address may name a file."""
    return ID.fullmatch(words) is not None


def send_inert(request: Request, file: StoredFile) -> Response:
    """The file, or a part of it, or that the browser has it already; whatever it is, a browser doesn't run it."""
    if "range" not in request.headers and has_it_already(request, file.etag):
        return Response(status_code=304, headers=_headers(request, file))
    return InertFile(file.path, media_type=file.content_type, headers=_headers(request, file))


class InertFile(FileResponse):
    """A file whose every answer is inert: also 206, 400 and 416, which are made elsewhere."""

    inert: Mapping[str, str] = INERT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def inert(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(self.inert)
                if message["status"] >= 400:
                    headers["cache-control"] = "no-store"
            await send(message)

        await super().__call__(scope, receive, inert)


def _headers(request: Request, file: StoredFile) -> dict[str, str]:
    download = request.query_params.get("download") == "1"
    return {
        **INERT,
        "etag": file.etag,
        "cache-control": _FOREVER if file.is_final else _CHECK_FIRST,
        "content-disposition": content_disposition(file.filename, download=download),
    }


def has_it_already(request: Request, etag: str) -> bool:
    """True when the browser holds this very file and only asks whether that still counts."""
    held = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in held or "*" in held


def nothing_here() -> Response:
    # The same for what is absent and for what is somebody else's: an address tells nothing.
    return _said("There is no such file.", status=404)


def refusal(problem: NyxError) -> Response:
    """Why the file can't be had, and when to ask again."""
    return _said(str(problem), status=problem.http_status, retry_after_s=getattr(problem, "retry_after_s", None))


def _said(sentence: str, *, status: int, retry_after_s: float | None = None) -> Response:
    """A plain sentence in place of a file."""
    again = {} if retry_after_s is None else {"retry-after": str(math.ceil(retry_after_s))}
    return PlainTextResponse(sentence, status_code=status, headers={**INERT, **again, "cache-control": "no-store"})


_VARIANTS = frozenset(map(str, Variant))
