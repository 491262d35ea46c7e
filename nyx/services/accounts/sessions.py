"""Which session a token belongs to: read once, remembered for half a minute, forgotten at once when it ends."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from nyx.clock import Clock
from nyx.db import Database
from nyx.models.people import Plan, Role, User, UserSession
from nyx.services.accounts import operations
from nyx.services.accounts.views import SessionView, UserView

IDLE = timedelta(days=14)
LASTS = timedelta(days=30)
ADMIN_IDLE = timedelta(days=7)
ADMIN_LASTS = timedelta(days=14)
CACHE_S = 30.0
TOUCH_EVERY = timedelta(minutes=5)
MAX_CACHED = 10_000


@dataclass(frozen=True)
class _Known:
    session: SessionView | None
    until: float
    idle_at: datetime | None = None


class Sessions:
    """Reads sessions and notes that they are used. The notes are written together, by ``flush``."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._seen: dict[str, datetime] = {}
        self._ended = 0

    async def find(self, session_id: str) -> SessionView | None:
        """Return the session, or None when it ended, expired, idled too long, or its person is suspended."""
        known = self._known.get(session_id)
        if known is None or known.until <= self._clock.monotonic():
            known = await self._read(session_id)
        now = self._clock.now()
        if known.session is None or known.session.expires_at <= now or (known.idle_at is not None and known.idle_at <= now):
            return None
        return known.session

    def forget(self, session_id: str) -> None:
        """Read it anew next time, also when a read of it is under way."""
        self._ended += 1
        self._known.pop(session_id, None)

    def forget_user(self, user_id: str) -> None:
        """Read every session of this person anew next time."""
        self._ended += 1
        for session_id in [key for key, known in self._known.items() if known.session and known.session.user.id == user_id]:
            del self._known[session_id]

    def forget_everybody(self) -> None:
        """Read every session anew next time."""
        self._ended += 1
        self._known.clear()

    async def flush(self) -> None:
        """Write down which sessions were used, then drop those that are over."""
        seen, self._seen = self._seen, {}
        if seen:
            await self._db.write(operations.touch_sessions, seen=seen)
        now = self._clock.now()
        await self._db.write(operations.delete_stale_sessions, now=now, idle_since=now - IDLE)

    async def _read(self, session_id: str) -> _Known:
        ended_before = self._ended
        statement = (
            select(UserSession, User).join(User, col(User.id) == col(UserSession.user_id)).where(UserSession.token_hash == session_id)
        )
        async with self._db.read() as session:
            row = (await session.exec(statement)).first()
        known = self._judge(*row) if row else _Known(None, self._clock.monotonic() + CACHE_S)
        if self._ended == ended_before:  # otherwise this answer may be older than the end of the session
            self._remember(session_id, known)
        return known

    def _judge(self, row: UserSession, user: User) -> _Known:
        until = self._clock.monotonic() + CACHE_S
        now = self._clock.now()
        is_admin = user.role == Role.ADMIN
        idle = ADMIN_IDLE if is_admin else IDLE
        expires_at = min(row.expires_at, row.created_at + ADMIN_LASTS) if is_admin else row.expires_at
        last_seen_at = self._seen.get(row.token_hash, row.last_seen_at)
        if user.suspended_at is not None or expires_at <= now or last_seen_at + idle <= now:
            return _Known(None, until)
        if now - last_seen_at >= TOUCH_EVERY:
            self._seen[row.token_hash] = last_seen_at = now
        view = UserView(id=user.id, email=user.email, role=Role(user.role), theme=user.theme, plan=Plan(user.plan))
        return _Known(SessionView(id=row.token_hash, user=view, expires_at=expires_at), until, last_seen_at + idle)

    def _remember(self, session_id: str, known: _Known) -> None:
        self._known[session_id] = known
        self._known.move_to_end(session_id)
        while len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)


def session_id_of(token: str) -> str:
    """What is stored in the place of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
