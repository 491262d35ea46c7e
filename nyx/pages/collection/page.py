"""The screen ``/c/{token}``: what is in a shared collection, page by page, without anything about its owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from nyx.errors import InvalidInput, NotFound
from nyx.pages._cards import card
from nyx.services.media.collections import MediaCollections
from nyx.services.media.views import CollectionView, MediaView, SharedPage
from nyx.services.sharing.service import SharingService
from nyx.theme import LinkButton, Site, Text, Viewer, asset, empty_state, frame
from nyx.theme.icons import SPRITE
from nyx.web.asgi import client_ip

_PAGE = 48


class Strip(ui.element, component="components/strip.js"):
    """The cards of one page; each leads to its preview."""

    def __init__(self, page: SharedPage, *, token: str, name: str) -> None:
        super().__init__()
        items = [
            {**card(view), "favourite": False, "alt": alt_of(view, place=place, count=page.count, name=name)}
            for place, view in enumerate(page.items, page.place)
        ]
        self._props.update({"items": items, "base": f"/c/{token}/media/", "sprite": asset(SPRITE)})

    def _displayed_contents(self, *, only_visible: bool) -> list[object]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item["alt"] for item in self._props["items"]]]


def register(
    *, site: Site, collections: MediaCollections, sharing: SharingService, find_viewer: Callable[[Request], Awaitable[Viewer | None]]
) -> None:
    """Add the page. Search engines are told to stay away: who shares an address has not published it to the world."""

    @ui.page("/c/{token}")
    async def collection(token: str, request: Request, after: str | None = None) -> None:
        owner_id, shared = await collections.get_shared(token)
        try:
            page = await collections.shared_page(token, limit=_PAGE, after=after)
        except InvalidInput as error:
            raise NotFound("This page of the collection does not exist.") from error
        user = request.state.user
        if after is None and (user is None or user.id != owner_id):
            sharing.note_view(token, ip=client_ip(request.scope), user_agent=request.headers.get("user-agent", ""))
        viewer = await find_viewer(request)
        with frame(shared.name, site=site, path=f"/c/{token}", description="A collection made with Nyx-Net.", viewer=viewer):
            _build(shared, page, token=token, is_first=after is None)


def _build(shared: CollectionView, page: SharedPage, *, token: str, is_first: bool) -> None:
    with ui.element("section").classes("page wide"):
        with ui.element("div").classes("page-head"):
            Text("h1", shared.name)
            Text("p", f"{shared.count:,} file{'' if shared.count == 1 else 's'}", classes="muted")
        if not page.items:
            with empty_state("Nothing here yet", "Whoever shares this collection has not put anything in it.", icon_name="images"):
                return
        Strip(page, token=token, name=shared.name)
        with ui.element("div").classes("load-more"):
            if not is_first:
                LinkButton("First page", href=f"/c/{token}", size="sm")
            if page.after is not None:
                LinkButton("Next page", href=f"/c/{token}?{urlencode({'after': page.after})}", size="sm")


def alt_of(view: MediaView, *, place: int, count: int, name: str) -> str:
    """Words for a file that say nothing of its prompt: whoever shares a collection shares pictures, and has not chosen to show more."""
    return f"{'Clip' if view.is_clip else 'Picture'} {place:,} of {count:,} in {name}"
