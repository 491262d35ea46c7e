"""POST /api/downloads chooses files, GET /api/downloads/{ticket} streams them as one archive; the second works once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from nyx.api.media import refusal
from nyx.errors import NotAllowed, NyxError
from nyx.services.media.downloads import Downloads
from nyx.services.media.filenames import content_disposition

_PATH = "/api/downloads"
_NOT_KEPT = {"cache-control": "no-store"}


def router(downloads: Downloads) -> APIRouter:
    """The routes of archives. Who asks is in ``request.state.user``."""
    routes = APIRouter()

    @routes.post(_PATH)
    async def offer(request: Request) -> Response:
        """A form with ``ids``, separated by commas or given again and again, or with ``collection``."""
        try:
            owner_id = _owner_of(request)
            form = await request.form()
            if collection_id := str(form.get("collection", "")):
                ticket = await downloads.offer_collection(owner_id=owner_id, collection_id=collection_id)
            else:
                given = ",".join(str(value) for value in form.getlist("ids"))
                ticket = await downloads.offer(owner_id=owner_id, media_ids=[one for one in given.split(",") if one])
        except NyxError as error:
            return refusal(error)
        return RedirectResponse(address_of(ticket), 303, _NOT_KEPT)

    @routes.get(_PATH + "/{ticket}")
    async def send(ticket: str, request: Request) -> Response:
        try:
            archive = await downloads.open(owner_id=_owner_of(request), ticket=ticket)
        except NyxError as error:
            return refusal(error)
        headers = {
            **_NOT_KEPT,
            "content-length": str(archive.size_bytes),  # known already, so that the browser can show how far it is
            "content-disposition": content_disposition(archive.filename, download=True),
        }
        return StreamingResponse(archive.chunks, media_type="application/zip", headers=headers)

    return routes


def address_of(ticket: str) -> str:
    """Where the archive of a ticket is."""
    return f"{_PATH}/{ticket}"


def _owner_of(request: Request) -> str:
    user = getattr(request.state, "user", None)
    if user is None:
        raise NotAllowed("Log in first.")
    return str(user.id)
