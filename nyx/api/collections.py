"""GET and HEAD /c/{token}/media/{id}/{variant}: thumbnails of what a shared collection shows, for everybody who has its token."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from nyx.api.media import is_media_id, nothing_here, send_inert
from nyx.errors import NotFound
from nyx.services.media.collections import MediaCollections
from nyx.services.media.filenames import download_name
from nyx.services.media.service import MediaService
from nyx.services.media.views import Variant

_SHOWN = frozenset({Variant.THUMB, Variant.PREVIEW})  # originals stay the owner's


def router(collections: MediaCollections, media: MediaService) -> APIRouter:
    """The routes of the files of shared collections."""
    routes = APIRouter()

    @routes.api_route("/c/{token}/media/{media_id}/{variant}", methods=["GET", "HEAD"])
    async def send(token: str, media_id: str, variant: str, request: Request) -> Response:
        if not is_media_id(media_id) or variant not in _SHOWN:
            return nothing_here()
        try:
            owner_id = await collections.owner_of_shared(token, media_id=media_id)
            file = await media.open_variant(owner_id=owner_id, media_id=media_id, variant=Variant(variant), is_shrunk=True)
        except NotFound:
            return nothing_here()
        # Not kept by the browser without asking: it may be shared no longer. Its own name is made of its prompt, which is not shown.
        return send_inert(request, replace(file, is_final=False, filename=download_name("", media_id, file.path.suffix[1:])))

    return routes
