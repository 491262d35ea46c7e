"""``/share/{token}``: one picture or clip for everybody, in plain HTML, so that link previews read it and a look costs little."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from nyx.errors import NotFound
from nyx.pages.share.words import description_of, facts_of, tags_of, title_of
from nyx.services.catalog import CatalogService
from nyx.services.sharing.service import SharingService
from nyx.services.sharing.views import SharedMedia
from nyx.theme import Markup, Site, Viewer, el, icon_markup, meta, plain_page
from nyx.web.asgi import client_ip

_PREVIEW_PX = 1024
_STYLE = "css/share.css"
_HEADERS = {"Cache-Control": "no-store"}
# The player may stand on any page, and can do nothing but play.
_PLAYER_POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors *"
_PLAYER_STYLE = Markup("<style>html,body{margin:0;height:100%;background:black}video{width:100%;height:100%;object-fit:contain}</style>")

FindViewer = Callable[[Request], Awaitable[Viewer | None]]


def register(web: FastAPI, *, site: Site, sharing: SharingService, catalog: CatalogService, find_viewer: FindViewer) -> None:
    """Add the page and the player of clips. Call it before the routes of the files, which take every other address below."""

    @web.get("/share/{token}", include_in_schema=False)
    async def shared_page(token: str, request: Request) -> Response:
        viewer = await find_viewer(request)
        try:
            shared = await sharing.get(token)
        except NotFound as error:
            return HTMLResponse(_gone(str(error), site=site, viewer=viewer), 404, _HEADERS)
        if _counts(request, shared):
            sharing.note_view(token, ip=client_ip(request.scope), user_agent=request.headers.get("user-agent", ""))
        name = catalog.name_of(shared.model_key) if shared.model_key else ""
        return HTMLResponse(_page(shared, name, site=site, viewer=viewer), 200, _HEADERS)

    @web.get("/share/{token}/player", include_in_schema=False)
    async def player(token: str) -> Response:
        try:
            shared = await sharing.get(token)
        except NotFound as error:
            return HTMLResponse(_gone(str(error), site=site, viewer=None), 404, _HEADERS)
        head = f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">{el("title", site.name)}'
        page = f"{head}{_PLAYER_STYLE}{_view(shared, title_of(shared, ''))}"
        return HTMLResponse(page, 200, _HEADERS | {"Content-Security-Policy": _PLAYER_POLICY})


def _counts(request: Request, shared: SharedMedia) -> bool:
    """An owner who looks, and a browser that only expects a click, are no views."""
    user = getattr(request.state, "user", None)
    return (user is None or user.id != shared.owner_id) and "prefetch" not in request.headers.get("sec-purpose", "")


def _page(shared: SharedMedia, model_name: str, *, site: Site, viewer: Viewer | None) -> str:
    title = title_of(shared, model_name)
    path = f"/share/{shared.token}"
    description = description_of(shared, model_name, site.name)
    tags = tags_of(shared, address=site.public_url + path, title=title, description=description, site_name=site.name)
    content = el("div", el("figure", _view(shared, title)), _story(shared, title, model_name, site, viewer), class_="shared")
    return plain_page(title, content, site=site, path=path, head=tags, style=_STYLE, viewer=viewer)


def _view(shared: SharedMedia, title: str) -> Markup:
    path = f"/share/{shared.token}"
    if shared.is_clip:
        poster = f"{path}/preview" if shared.has_thumbnails else None
        size = {"width": shared.width_px, "height": shared.height_px}
        playing = {"controls": True, "autoplay": True, "loop": True, "muted": True, "playsinline": True}
        return el("video", src=f"{path}/original", poster=poster, aria_label=title, **playing, **size)
    preview_px = round(shared.width_px * min(1.0, _PREVIEW_PX / max(shared.width_px, shared.height_px)))
    sources = f"{path}/preview {preview_px}w, {path}/original {shared.width_px}w"
    return el(
        "img",
        src=f"{path}/preview",
        srcset=sources if shared.allows_download and shared.width_px > preview_px else None,
        sizes="(max-width: 900px) 100vw, calc(100vw - 400px)",
        alt=title,
        width=shared.width_px,
        height=shared.height_px,
    )


def _story(shared: SharedMedia, title: str, model_name: str, site: Site, viewer: Viewer | None) -> Markup:
    prompt = [el("h2", "Prompt", class_="lab"), el("p", shared.prompt, class_="prompt-text")] if shared.prompt else []
    rows = [el("dt", name) + el("dd", value) for name, value in facts_of(shared, model_name)]
    href = f"/share/{shared.token}/original?download=1"
    save = [el("a", _icon("download"), el("span", "Download"), class_="btn", href=href, download=True)] if shared.allows_download else []
    text, target = ("Make your own", "/signup") if viewer is None else ("Open the studio", "/")
    call = el("a", _icon("sparkles"), el("span", text), class_="btn primary", href=target)
    made = el("p", f"Made with {site.name}, a studio for AI images and video.", class_="muted small")
    head = el("h1", title, class_=None if not shared.prompt else "sr-only")
    return el("div", head, *prompt, el("dl", Markup("".join(rows)), class_="meta"), *save, made, call, class_="story card pad")


def _gone(sentence: str, *, site: Site, viewer: Viewer | None) -> str:
    words = "Its owner may have stopped sharing it, or deleted it."
    link = el("a", "Go to the studio", class_="btn primary", href="/")
    card = el("div", el("h1", sentence), el("p", words, class_="muted"), link, class_="auth-card")
    content = el("section", card, class_="auth")
    head = (meta("robots", "noindex"), meta("description", sentence))
    return plain_page("Not shared", content, site=site, path="/share", head=head, style=_STYLE, viewer=viewer)


def _icon(name: str) -> Markup:
    return Markup(icon_markup(name))
