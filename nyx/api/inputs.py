"""GET /media/{id}/input: a picture for a provider, by a signed address that expires; no session, and as inert as every file."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from nyx.api.media import ID, InertFile, nothing_here
from nyx.errors import NotFound
from nyx.services.media.delivery import InputDelivery

_HEADERS = {"cache-control": "private, no-store", "content-disposition": "inline"}


def inputs_router(delivery: InputDelivery) -> APIRouter:
    """It has to come before the routes of private files, which know no such variant."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/media/{media_id}/input", methods=["GET", "HEAD"])
    async def send(media_id: str, request: Request, expires: str = "", signature: str = "") -> Response:
        if not ID.fullmatch(media_id):
            return nothing_here()
        try:
            file = await delivery.open_link(media_id, expires=expires, signature=signature)
        except NotFound:
            return nothing_here()
        return InertFile(file.path, media_type=file.content_type, headers={**_HEADERS, "etag": file.etag})

    return routes
