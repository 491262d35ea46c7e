"""GET and HEAD /share/{token}/{file}: what a link shows, for everybody, inert, and kept by nobody for long, so that revoking works soon."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from nyx.api.media import INERT, InertFile, has_it_already
from nyx.errors import NotFound
from nyx.services.media.filenames import content_disposition
from nyx.services.media.views import Variant
from nyx.services.sharing.service import SharingService

_METHODS = ["GET", "HEAD"]
_BRIEFLY = "public, max-age=300"
# Other sites may show what is shared; search engines are asked not to list it.
_OPEN = {**INERT, "cross-origin-resource-policy": "cross-origin", "x-robots-tag": "noindex"}


class _SharedFile(InertFile):
    inert = _OPEN


def router(sharing: SharingService) -> APIRouter:
    """The files behind share links; the page itself is in nyx/pages/share."""
    routes = APIRouter()

    @routes.api_route("/share/{token}/card.jpg", methods=_METHODS)
    async def card(token: str, request: Request) -> Response:
        try:
            drawn = await sharing.get_card(token)
        except NotFound:
            return _nothing_here()
        headers = {**_OPEN, "etag": drawn.etag, "cache-control": _BRIEFLY}
        if has_it_already(request, drawn.etag):
            return Response(status_code=304, headers=headers)
        return Response(drawn.data, media_type="image/jpeg", headers=headers)

    @routes.api_route("/share/{token}/{variant}", methods=_METHODS)
    async def send(token: str, variant: str, request: Request) -> Response:
        if variant not in _VARIANTS:
            return _nothing_here()
        try:
            shared, file = await sharing.open_variant(token, Variant(variant))
        except NotFound:
            return _nothing_here()
        download = shared.allows_download and request.query_params.get("download") == "1"
        # A file's name is made of its prompt, which may be hidden.
        name = file.filename if shared.prompt else f"nyx-net-{file.filename.rpartition('-')[2]}"
        headers = {**_OPEN, "etag": file.etag, "cache-control": _BRIEFLY}
        headers["content-disposition"] = content_disposition(name, download=download)
        if "range" not in request.headers and has_it_already(request, file.etag):
            return Response(status_code=304, headers=headers)
        return _SharedFile(file.path, media_type=file.content_type, headers=headers)

    @routes.api_route("/share/{address:path}", methods=_METHODS, include_in_schema=False)
    async def nothing(address: str) -> Response:
        return _nothing_here()

    return routes


def _nothing_here() -> Response:
    return PlainTextResponse("This isn't shared, or not any more.", status_code=404, headers={**_OPEN, "cache-control": "no-store"})


_VARIANTS = frozenset(map(str, Variant))
