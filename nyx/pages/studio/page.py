"""The screens ``/studio/...``, one for each tool."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from nyx.pages.studio.checkout import MoreCredits
from nyx.pages.studio.feed import Services
from nyx.pages.studio.tab import StudioTab
from nyx.pages.studio.tools import TOOLS, Tool
from nyx.theme import Site, Viewer, asset, frame
from nyx.web.addresses import login_path


def register(*, site: Site, services: Services, contact_email: str = "", admin_notice: str | None = None) -> None:
    """Add the tools of the studio.

    ``contact_email`` is whom creators ask for credits; ``admin_notice`` one line that admins see above the page.
    """
    style = "".join(f'<link rel="stylesheet" href="{asset(sheet)}">' for sheet in ("css/studio-page.css", "css/studio-extras.css"))

    for tool in TOOLS.values():
        _add(tool, services, site=site, style=style, contact_email=contact_email, admin_notice=admin_notice)


def _add(tool: Tool, services: Services, *, site: Site, style: str, contact_email: str, admin_notice: str | None) -> None:
    @ui.page(tool.path)
    async def studio(request: Request) -> Response | None:
        user = request.state.user
        if user is None:
            return RedirectResponse(login_path(tool.path), 303)
        more = MoreCredits(contact_email, user.email if user.is_admin else "")
        tab = StudioTab(services, tool, owner_id=user.id, public_url=site.public_url, more=more)
        await tab.load(request.query_params)
        viewer = Viewer(email=user.email, credits=tab.feed.available, is_admin=user.is_admin)
        notice = admin_notice if user.is_admin else None
        with frame(tool.title, site=site, path=tool.path, description=tool.description, viewer=viewer, footer=False, notice=notice) as page:
            ui.add_head_html(style)
            tab.build(page.credits)
        return None
