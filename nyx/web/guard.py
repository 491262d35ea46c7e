"""Decides, before anything else runs, who asks and whether the request may come from where it comes: for HTTP and for sockets."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import parse_qs

from nicegui import Client
from starlette.responses import RedirectResponse

from nyx.services.accounts import SessionView
from nyx.services.accounts.limits import TokenBuckets, network_of
from nyx.web.addresses import Addresses, login_path
from nyx.web.asgi import App, Receive, Scope, Send, client_ip, header, refuse, state
from nyx.web.cookies import Cookies

SOCKET = "/_nicegui_ws"
_UPLOAD = "/_nicegui/client/"
_FILES = ("/assets/", "/_nicegui/")  # the same for everybody
_MEMBERS = ("/studio", "/dashboard", "/admin")
_FREE = ("/healthz", "/readyz", "/robots.txt", "/favicon.ico", "/media/", "/share/", "/auth/", "/api/")  # build no page
_FILE_OF_SHARED = re.compile(r"/c/[^/]+/media/")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Resolver(Protocol):
    """Finds the session of a token."""

    async def resolve(self, token: str) -> SessionView | None: ...


class Pages(Protocol):
    """Knows how many pages a person has open."""

    def is_full(self, user_id: str) -> bool: ...


class Guard:
    """Sets ``request.state.session`` and ``.user`` and refuses what is forged, foreign or too much."""

    def __init__(
        self, app: App, *, accounts: Resolver, addresses: Addresses, cookies: Cookies, pages: Pages, pages_of_visitors: TokenBuckets
    ) -> None:
        self._app = app
        self._pages = pages
        self._accounts = accounts
        self._addresses = addresses
        self._cookies = cookies
        self._pages_of_visitors = pages_of_visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        host = header(scope, b"host") or ""
        if not self._addresses.is_our_host(host, path=scope["path"]):
            return await refuse(scope, receive, send, 421, self._addresses.refusal)
        if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):  # PostgreSQL takes none in a text: every search would break
            return await refuse(scope, receive, send, 400, "There is nothing at such an address.")
        if not self._comes_from_us(scope, host):
            return await refuse(scope, receive, send, 403, "That request came from another site.")
        session = await self._session(scope)
        told = state(scope)
        told["session"], told["user"] = session, session.user if session else None
        if not _owns_its_page(scope, session):
            return await refuse(scope, receive, send, 403, "That page belongs to another session.")
        if session is None and scope["type"] == "http":
            return await self._visit(scope, receive, send)
        if session is not None and scope["path"].startswith(_MEMBERS) and self._pages.is_full(session.user.id):
            # Refused here and not by the socket alone: a page without its socket would reload itself for ever.
            return await refuse(scope, receive, send, 429, "You have many pages of the studio open. Close one and load this one again.")
        await self._app(scope, receive, send)

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith(_MEMBERS) and scope["method"] in _READS:
            query = scope.get("query_string", b"").decode("latin-1")
            was_in = self._cookies.read(scope, self._cookies.session) is not None  # it is good for nothing, but it was
            target = login_path(f"{path}?{query}" if query else path, was_in=was_in)
            response = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
            return await response(scope, receive, send)
        if scope["method"] in _READS and _builds_page(path):
            wait_s = self._pages_of_visitors.wait_s(network_of(client_ip(scope)))
            if wait_s:
                sentence = "Too many pages in a short time. Please wait a few seconds."
                return await refuse(scope, receive, send, 429, sentence, retry_after_s=wait_s)
        await self._app(scope, receive, send)

    async def _session(self, scope: Scope) -> SessionView | None:
        if scope["path"].startswith(_FILES) and not scope["path"].startswith(_UPLOAD):
            return None
        token = self._cookies.read(scope, self._cookies.session)
        return await self._accounts.resolve(token) if token else None

    def _comes_from_us(self, scope: Scope, host: str) -> bool:
        """A page of another site may link to us and nothing more: no form, no fetch that changes anything, no socket."""
        is_socket = scope["type"] == "websocket"
        if not is_socket and scope["method"] in _READS and not scope["path"].startswith(SOCKET):
            return True
        origin = header(scope, b"origin")
        if origin is not None:
            return self._addresses.is_our_origin(origin, host=host)
        return not is_socket and header(scope, b"sec-fetch-site") in ("same-origin", "none")


def _builds_page(path: str) -> bool:
    return not path.startswith((*_FILES, *_FREE, SOCKET)) and _FILE_OF_SHARED.match(path) is None


def _owns_its_page(scope: Scope, session: SessionView | None) -> bool:
    """A client id is a secret that leaks easily: it is worth something only in the session that got the page."""
    path = scope["path"]
    if path.startswith(SOCKET):
        client_id = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("client_id", [""])[0]
        if not client_id:
            return False
    elif path.startswith(_UPLOAD):
        client_id = path.removeprefix(_UPLOAD).split("/")[0]
    else:
        return True
    client = Client.instances.get(client_id)
    return client is None or session_of(client) == (session.id if session else None)


def session_of(client: Client) -> str | None:
    """The id of the session that a page was rendered for; None for a visitor's page."""
    session: SessionView | None = getattr(client.request.state, "session", None)
    return session.id if session else None
