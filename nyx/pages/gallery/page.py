"""The screen ``/dashboard/gallery``."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from nyx.errors import NotFound
from nyx.pages.gallery.acting import Services
from nyx.pages.gallery.address import PATH, Section, View, view_of
from nyx.pages.gallery.tab import GalleryTab
from nyx.theme import Site, Viewer, frame
from nyx.web.addresses import login_path

_GUESSED_TRASH = "/dashboard/trash"  # where people look for it
_DESCRIPTION = "Every picture and clip that you have made, newest first."


def register(*, site: Site, services: Services, admin_notice: str | None = None) -> None:
    """Add the gallery. ``admin_notice`` is one line that admins see above the page."""

    @ui.page(_GUESSED_TRASH)
    async def trash() -> Response:
        return RedirectResponse(View(section=Section.TRASH).address(), 303)

    @ui.page(PATH)
    async def gallery(request: Request) -> Response | None:
        user = request.state.user
        if user is None:
            return RedirectResponse(login_path(PATH), 303)
        tab = GalleryTab(services, view_of(request.query_params), owner_id=user.id, public_url=site.public_url)
        try:
            await tab.load()
        except NotFound:  # the collection was deleted
            return RedirectResponse(View(section=Section.COLLECTIONS).address(), 303)
        viewer = Viewer(email=user.email, credits=tab.available, is_admin=user.is_admin)
        notice = admin_notice if user.is_admin else None
        with frame("Gallery", site=site, path=PATH, description=_DESCRIPTION, viewer=viewer, notice=notice) as page:
            tab.build(page.credits)
        return None
