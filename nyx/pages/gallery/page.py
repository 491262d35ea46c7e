"""The screen ``/dashboard/gallery``."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from nyx.bus import Bus
from nyx.pages.gallery.tab import GalleryTab, Services
from nyx.services.catalog import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.media.service import MediaService
from nyx.theme import Site, Viewer, frame
from nyx.web.addresses import login_path

PATH = "/dashboard/gallery"
_DESCRIPTION = "Every picture and clip that you have made, newest first."


def register(
    *, site: Site, media: MediaService, catalog: CatalogService, credits: CreditService, bus: Bus, admin_notice: str | None = None
) -> None:
    """Add the gallery. ``admin_notice`` is one line that admins see above the page."""
    services = Services(media=media, catalog=catalog, credits=credits, bus=bus)

    @ui.page(PATH)
    async def gallery(request: Request) -> Response | None:
        user = request.state.user
        if user is None:
            return RedirectResponse(login_path(PATH), 303)
        tab = GalleryTab(services, owner_id=user.id)
        await tab.load()
        viewer = Viewer(email=user.email, credits=tab.available, is_admin=user.is_admin)
        notice = admin_notice if user.is_admin else None
        with frame("Gallery", site=site, path=PATH, description=_DESCRIPTION, viewer=viewer, notice=notice) as page:
            tab.build(page.credits)
        return None
