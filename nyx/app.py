"""The composition root of the web: routes, pages and the shell around them, on a backend. The only module that may import everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse
from nicegui import ui
from starlette.requests import Request
from starlette.staticfiles import StaticFiles

from nyx import __version__
from nyx.api import collections as collections_api
from nyx.api import downloads as downloads_api
from nyx.api import media as media_api
from nyx.api import share as share_api
from nyx.api.auth import auth_router
from nyx.api.health import health_router
from nyx.api.inputs import inputs_router
from nyx.api.uploads import UPLOAD_EVERY_S, UPLOADS, uploads_router
from nyx.api.verify import verify_router
from nyx.assembly import build_backend
from nyx.backend import Backend
from nyx.bus import Bus
from nyx.clock import Clock, Random
from nyx.config import Settings, secret_key
from nyx.db import Database
from nyx.pages import auth as auth_pages
from nyx.pages import collection as collection_page
from nyx.pages import errors as error_pages
from nyx.pages import gallery as gallery_page
from nyx.pages import receipt as receipt_page
from nyx.pages import share as share_page
from nyx.pages import studio as studio_page
from nyx.pages import verify as verify_page
from nyx.pages._viewer import viewer_of
from nyx.scheduler import Schedule
from nyx.services.accounts import AccountService
from nyx.services.accounts.limits import TokenBuckets
from nyx.services.catalog.service import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.generation.service import GenerationService
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.uploads import UploadService
from nyx.theme import ASSETS_DIR, ASSETS_URL, Site, Viewer
from nyx.web.addresses import HOME, Addresses
from nyx.web.asgi import App as Asgi
from nyx.web.bodylimit import BodyLimit
from nyx.web.cookies import Cookies
from nyx.web.edge import Edge
from nyx.web.escapes import fill_escapes
from nyx.web.flash import FlashBox
from nyx.web.floods import Floods
from nyx.web.guard import Guard
from nyx.web.headasget import HeadAsGet
from nyx.web.headers import SecurityHeaders
from nyx.web.precompressed import Precompressed
from nyx.web.sockets import PageSessions, prune_pages
from nyx.web.stopping import Stopping

_VISITOR_PAGES = 60  # at once per network; then one more every
_VISITOR_PAGE_S = 0.5
_RECONNECT_S = 30.0
_SANDBOX_NOTICE = "Sandbox: pictures are drawn on this machine, not by the models. Set TOGETHER_API_KEY to use the real ones."


@dataclass(frozen=True)
class App:
    """The running application: ``asgi`` is what a server serves, ``web`` carries its lifespan."""

    backend: Backend
    web: FastAPI
    asgi: Asgi
    stopping: Stopping

    def begin_to_stop(self) -> None:
        """Send no more people here and keep nobody waiting: what comes next ends the app. Safe to repeat."""
        self.backend.is_stopping = True
        self.stopping.announce()

    @property
    def settings(self) -> Settings:
        return self.backend.settings

    @property
    def db(self) -> Database:
        return self.backend.db

    @property
    def bus(self) -> Bus:
        return self.backend.bus

    @property
    def accounts(self) -> AccountService:
        return self.backend.accounts

    @property
    def credits(self) -> CreditService:
        return self.backend.credits

    @property
    def catalog(self) -> CatalogService:
        return self.backend.catalog

    @property
    def generations(self) -> GenerationService:
        return self.backend.generations

    @property
    def media(self) -> MediaService:
        return self.backend.media

    @property
    def uploads(self) -> UploadService:
        return self.backend.uploads

    @property
    def library(self) -> MediaLibrary:
        return self.backend.library


def build(settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> App:
    """Make the application; nothing runs before its lifespan begins. Raises: AlreadyRunning, SqliteTooOld."""
    backend = build_backend(settings, clock=clock, random=random)
    web = FastAPI(lifespan=_lifespan(backend), docs_url=None, redoc_url=None, openapi_url=None)
    addresses = Addresses(settings.public_url)
    cookies = Cookies(is_https=addresses.is_https, secret=secret_key(settings))
    flashes = FlashBox(clock=backend.clock, random=backend.random)
    _add_routes(web, backend, cookies=cookies, flashes=flashes)
    _add_plain_pages(web, backend)
    _add_pages(web, backend, flashes=flashes)
    pages = PageSessions(sessions=backend.accounts.sessions, bus=backend.bus)
    pages.install()
    Floods(clock=backend.clock).install()
    fill_escapes()
    ui.run_with(
        web,
        title="Nyx-Net",
        favicon=ASSETS_DIR / "favicon.ico",
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=_RECONNECT_S,
        gzip_middleware_factory=None,  # pages are compressed by SecurityHeaders, files once and for all by Precompressed
        show_welcome_message=False,
    )
    guard = Guard(
        web,
        accounts=backend.accounts,
        addresses=addresses,
        cookies=cookies,
        pages=pages,
        pages_of_visitors=TokenBuckets(clock=backend.clock, size=_VISITOR_PAGES, refill_s=_VISITOR_PAGE_S),
    )
    stopping = Stopping(BodyLimit(guard))
    shell = SecurityHeaders(stopping, is_https=addresses.is_https)
    return App(backend, web, Edge(Precompressed(HeadAsGet(shell))), stopping)


def _lifespan(backend: Backend) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with backend.running():
            backend.supervisor.schedule(Schedule("prune pages", 5, prune_pages))
            yield

    return lifespan


def _add_routes(web: FastAPI, backend: Backend, *, cookies: Cookies, flashes: FlashBox) -> None:
    checks = {
        "accepting": backend.takes_traffic,
        "database": backend.database_works,
        "schema": backend.schema_is_current,
        "storage": backend.media.writable,
    }
    web.include_router(health_router(checks, clock=backend.clock))
    web.include_router(auth_router(accounts=backend.accounts, cookies=cookies, flashes=flashes))
    per_person = TokenBuckets(clock=backend.clock, size=UPLOADS, refill_s=UPLOAD_EVERY_S)
    web.include_router(uploads_router(backend.uploads, limits=per_person))
    web.include_router(inputs_router(backend.inputs))
    web.include_router(media_api.router(backend.media, backend.formats))
    web.include_router(collections_api.router(backend.collections, backend.media))
    web.include_router(downloads_api.router(backend.downloads))
    web.include_router(verify_router(backend.verifier, media=backend.media, clock=backend.clock))
    web.mount(ASSETS_URL, StaticFiles(directory=ASSETS_DIR))

    @web.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse(HOME, 303)

    @web.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> FileResponse:
        return FileResponse(ASSETS_DIR / "favicon.ico", headers={"Cache-Control": "public, max-age=86400"})

    @web.get("/robots.txt", include_in_schema=False)
    async def robots() -> PlainTextResponse:
        hidden = ("/api/", "/auth/", "/c/", "/dashboard/", "/media/", "/studio/")
        return PlainTextResponse("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in hidden))


def _add_plain_pages(web: FastAPI, backend: Backend) -> None:
    """Pages without a socket. What is shared comes before its files, which take every other address below it."""
    site = Site(public_url=backend.settings.effective_public_url, version=__version__)

    async def find_viewer(request: Request) -> Viewer | None:
        return await viewer_of(request, backend.credits)

    share_page.register(web, site=site, sharing=backend.sharing, catalog=backend.catalog, find_viewer=find_viewer)
    web.include_router(share_api.router(backend.sharing))
    receipt_page.register(web, site=site, receipts=backend.receipts, find_viewer=find_viewer)


def _add_pages(web: FastAPI, backend: Backend, *, flashes: FlashBox) -> None:
    settings = backend.settings
    site = Site(public_url=settings.effective_public_url, version=__version__)

    async def find_viewer(request: Request) -> Viewer | None:
        return await viewer_of(request, backend.credits)

    auth_pages.register(site=site, flashes=flashes, bonus_credits=settings.sign_up_bonus_credits, bonus_days=settings.sign_up_bonus_days)
    notice = _SANDBOX_NOTICE if settings.uses_sandbox else None
    studio = studio_page.Services(
        generations=backend.generations,
        catalog=backend.catalog,
        credits=backend.credits,
        bus=backend.bus,
        clock=backend.clock,
        random=backend.random,
        uploads=backend.uploads,
        library=backend.library,
        sharing=backend.sharing,
        prompts=backend.prompts,
    )
    studio_page.register(site=site, services=studio, contact_email=settings.contact_email, admin_notice=notice)
    gallery = gallery_page.Services(
        library=backend.library,
        collections=backend.collections,
        downloads=backend.downloads,
        lineage=backend.lineage,
        sharing=backend.sharing,
        catalog=backend.catalog,
        credits=backend.credits,
        bus=backend.bus,
    )
    gallery_page.register(site=site, services=gallery, admin_notice=notice)
    collection_page.register(site=site, collections=backend.collections, sharing=backend.sharing, find_viewer=find_viewer)
    verify_page.register(site=site, find_viewer=find_viewer)
    error_pages.register(web, site=site, find_viewer=find_viewer)
