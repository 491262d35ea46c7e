"""Ties every open page to its session: only its own socket may speak for it, and it closes when the session ends."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nicegui import Client, background_tasks, core, ui

from nyx.bus import Bus, Event, user_topic
from nyx.services.accounts import SessionView
from nyx.services.accounts.sessions import Sessions
from nyx.web.addresses import login_path
from nyx.web.guard import session_of

log = logging.getLogger(__name__)

# The largest message of a page is a prompt of 5,000 characters: at most 7 bytes each, as JSON within JSON, makes 35 kB.
MAX_MESSAGE_BYTES = 64 * 1024
MAX_SOCKETS = 20  # of one person, in all browsers together
UNCONNECTED_S = 20.0
MAX_WAITING = 200  # messages of one socket; how fast they may come is bounded in floods.py
_FAREWELL_S = 0.5  # what a page gets to receive its last message
_SPOKEN = ("event", "javascript_response", "ack")

# NiceGUI has one socket server per process and asks it nothing about sessions; these are its own functions, wrapped below.
_accept_handshake = Client.accept_handshake
_handlers: dict[str, Callable[[str, Any], Any]] = {name: core.sio.handlers["/"][name] for name in _SPOKEN}


@dataclass
class _Line:
    """The messages of one socket that wait for their turn; an asyncio lock lets them through in the order they came."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class PageSessions:
    """Guards NiceGUI's socket. ``install`` replaces whatever an earlier instance in this process had installed."""

    def __init__(self, *, sessions: Sessions, bus: Bus) -> None:
        self._sessions = sessions
        self._bus = bus
        self._pages: defaultdict[str, set[str]] = defaultdict(set)  # the ids of a person's watched pages
        self._leaving: set[str] = set()
        self._lines: dict[str, _Line] = {}

    def install(self) -> None:
        guard = self

        def accept_handshake(client: Client, socket_id: str, tab_id: str, environ: dict[str, Any] | None) -> bool:
            if environ is not None and _session_of_socket(environ) != session_of(client):
                return False
            if client.id in guard._leaving or guard.is_full(_user_of(client)):
                return False
            if not _accept_handshake(client, socket_id, tab_id, environ):
                return False
            guard._watch(client)
            return True

        Client.accept_handshake = accept_handshake  # type: ignore[method-assign,assignment]
        for name, handler in _handlers.items():
            core.sio.on(name, self._guarded(handler))
        core.sio.on("log", _ignore)  # a stranger's page must not write into our log
        core.sio.eio.max_http_buffer_size = MAX_MESSAGE_BYTES

    def is_full(self, user_id: str | None) -> bool:
        """True when this person has as many sockets open as one may have. Visitors are counted by network, elsewhere."""
        if user_id is None:
            return False
        rooms = core.sio.manager.rooms.get("/", {})
        return sum(len(rooms.get(client_id, ())) for client_id in self._pages.get(user_id, ())) >= MAX_SOCKETS

    def _guarded(self, handler: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
        async def heard(socket_id: str, message: Any) -> None:
            line = self._lines.setdefault(socket_id, _Line())
            if line.waiting >= MAX_WAITING:
                await core.sio.disconnect(socket_id)
                return
            line.waiting += 1
            try:
                async with line.turn:  # looking a session up takes a while now and then; nothing overtakes meanwhile
                    await self._hear(handler, socket_id, message)
            finally:
                line.waiting -= 1
                if not line.waiting:
                    self._lines.pop(socket_id, None)

        return heard

    async def _hear(self, handler: Callable[[str, Any], Any], socket_id: str, message: Any) -> None:
        client_id = str(message.get("client_id", "")) if isinstance(message, dict) else ""
        client = Client.instances.get(client_id) if client_id in core.sio.rooms(socket_id) else None
        if client is None or not await self._may_speak(client):
            return
        try:
            handler(socket_id, message)
        except (KeyError, TypeError, ValueError) as error:  # not what a page of ours sends
            log.debug("A message on a page's socket made no sense", extra={"reason": repr(error)})

    async def _may_speak(self, client: Client) -> bool:
        session_id = session_of(client)
        if client.id in self._leaving:
            return False
        if session_id is None or await self._sessions.find(session_id) is not None:
            return True
        self._evict(client)
        return False

    def _watch(self, client: Client) -> None:
        session: SessionView | None = getattr(client.request.state, "session", None)
        if session is None or client.id in self._pages[session.user.id]:
            return
        user_id = session.user.id

        def look_again(event: Event) -> None:
            if event.kind in ("session", "refresh"):
                self._sessions.forget(session.id)
                background_tasks.create(self._look_again(client, session), name="look at a session again")

        stop = self._bus.listen(user_topic(session.user.id), look_again)
        self._pages[user_id].add(client.id)

        def gone() -> None:
            stop()
            self._leaving.discard(client.id)
            self._pages[user_id].discard(client.id)
            if not self._pages[user_id]:
                del self._pages[user_id]

        client.on_delete(gone)

    async def _look_again(self, client: Client, rendered_for: SessionView) -> None:
        current = await self._sessions.find(rendered_for.id)
        if client.is_deleted:
            return
        if current is None:
            self._evict(client)
        elif current.user.role is not rendered_for.user.role:
            with client:
                ui.navigate.reload()

    def _evict(self, client: Client) -> None:
        """Send the page to the login, refuse whatever it still says, and close its socket."""
        if client.id in self._leaving:
            return
        self._leaving.add(client.id)
        with client:
            ui.navigate.to(login_path(client.request.url.path, was_in=True))
        background_tasks.create(_close(client), name="close the page of an ended session")


def _ignore(_socket_id: str, _message: Any) -> None:
    """Take no notice."""


async def _close(client: Client) -> None:
    await asyncio.sleep(_FAREWELL_S)
    for socket_id, connection_id in list(core.sio.manager.get_participants("/", client.id)):
        await core.sio.disconnect(socket_id)
        await core.sio.eio.disconnect(connection_id)  # the line above leaves hanging up to the browser
    if not client.is_deleted and client.id in Client.instances:
        client.delete()


def _user_of(client: Client) -> str | None:
    session: SessionView | None = getattr(client.request.state, "session", None)
    return session.user.id if session else None


def _session_of_socket(environ: dict[str, Any]) -> str | None:
    session: SessionView | None = environ["asgi.scope"].get("state", {}).get("session")
    return session.id if session else None


async def prune_pages() -> None:
    """Forget pages whose browser never came back for them: a crawler's page costs memory for as long as it is kept."""
    Client.prune_instances(client_age_threshold=UNCONNECTED_S)
