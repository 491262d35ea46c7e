"""POST /api/uploads: a picture as the body itself, streamed to disk; JSON back, with a sentence where it can't be used."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from nyx.errors import NotAllowed, NyxError, TooMany
from nyx.services.accounts.limits import TokenBuckets
from nyx.services.media.uploads import UploadService, too_large
from nyx.services.media.views import UploadView, Variant

log = logging.getLogger(__name__)

UPLOADS, UPLOAD_EVERY_S = 60, 2.0  # at once per person, then one more every
_NOBODY_LISTENS = 499


def uploads_router(uploads: UploadService, *, limits: TokenBuckets) -> APIRouter:
    """The route of uploads. Who sends is in ``request.state.user``; what the sender calls the file counts for nothing."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/api/uploads")
    async def upload(request: Request) -> Response:
        try:
            view = await _received(request, uploads, limits)
        except NyxError as error:
            return _refused(error)
        except HTTPException as error:  # the shell's bounds on a body: too large after all, or too slow
            return JSONResponse({"error": "not_received", "message": error.detail, "field": "file"}, error.status_code, _NO_STORE)
        except ClientDisconnect:
            log.info("An upload was broken off")
            return Response(status_code=_NOBODY_LISTENS)
        return JSONResponse(_told(view), 201, _NO_STORE)

    return routes


async def _received(request: Request, uploads: UploadService, limits: TokenBuckets) -> UploadView:
    user = getattr(request.state, "user", None)
    if user is None:
        raise NotAllowed("Log in to add pictures.")
    if wait_s := limits.wait_s(user.id):
        raise TooMany("Too many pictures in a short time. Please wait a few seconds.", retry_after_s=wait_s)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > uploads.max_bytes:
        raise too_large(uploads.max_bytes)
    return await uploads.receive(owner_id=user.id, chunks=request.stream())


def _told(view: UploadView) -> dict[str, object]:
    return {
        "id": view.id,
        "width": view.width_px,
        "height": view.height_px,
        "url": view.url(),
        "thumb": view.url(Variant.THUMB),
    }


def _refused(error: NyxError) -> Response:
    wait_s = getattr(error, "retry_after_s", None)
    headers = {**_NO_STORE, "Retry-After": str(max(1, round(wait_s)))} if wait_s else _NO_STORE
    told = {"error": error.code, "message": str(error), "field": getattr(error, "field", None)}
    return JSONResponse(told, error.http_status, headers)


_NO_STORE = {"Cache-Control": "no-store"}
