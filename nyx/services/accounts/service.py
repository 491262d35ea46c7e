"""Sign-up, login, logout and what an administrator may do to an account. Cookies and forms are the web's business."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from nyx.bus import SESSIONS_TOPIC, Bus, Event, user_topic
from nyx.clock import Clock, Random
from nyx.db import Database
from nyx.errors import InvalidInput, NotAllowed
from nyx.models.people import Plan, Role, User
from nyx.services.accounts import operations
from nyx.services.accounts.hashing import Hashing
from nyx.services.accounts.limits import Door, Limits
from nyx.services.accounts.rules import MAX_EMAIL, MAX_PASSWORD, check_password, clean_email
from nyx.services.accounts.sessions import LASTS, Sessions, session_id_of
from nyx.services.accounts.views import Login, SessionView, UserView
from nyx.services.mail import Mailer, welcome

THEMES = ("dark", "light", "system")


@dataclass(frozen=True, kw_only=True)
class Bonuses:
    """Whole credits for a new account; the first account of the installation gets ``first_admin`` beside the rest."""

    sign_up: int
    sign_up_days: int
    first_admin: int


@dataclass(frozen=True, kw_only=True)
class _Credentials:
    user_id: str
    password_hash: str
    is_suspended: bool
    is_system: bool


class AccountService:
    """The workflows on accounts. Every change of a session is published as ``Event("session", session id)`` to its person."""

    def __init__(self, *, database: Database, bus: Bus, clock: Clock, random: Random, mailer: Mailer, bonuses: Bonuses,
                 hashing: Hashing | None = None, limits: Limits | None = None) -> None:  # fmt: skip
        self._db = database
        self._bus = bus
        self._clock = clock
        self._random = random
        self._mailer = mailer
        self._bonuses = bonuses
        self._hashing = hashing or Hashing()
        self._door = Door(clock=clock, limits=limits or Limits())
        self.sessions = Sessions(database=database, clock=clock)
        self._stop_listening = bus.listen(SESSIONS_TOPIC, self._heard)

    async def sign_up(self, *, email: str, password: str, user_agent: str = "", ip: str = "", replaces: str | None = None) -> Login:
        """Open an account and log in. ``replaces`` is the token that this browser presented, if any.

        Raises: InvalidInput (email, password), TooMany, Overloaded.
        """
        address = clean_email(email)
        check_password(password, email=address)
        self._door.sign_up(ip=ip)
        password_hash = await self._hashing.hash(password)
        person = operations.NewPerson(
            id=self._random.id(),
            email=address,
            password_hash=password_hash,
            bonus_credits=self._bonuses.sign_up,
            bonus_days=self._bonuses.sign_up_days,
            first_admin_credits=self._bonuses.first_admin,
            lot_ids=(self._random.id(), self._random.id()),
        )
        token, session = self._new_session(user_agent=user_agent, replaces=replaces)
        now = self._clock.now()
        user, replaced = await self._db.write(operations.create_person, person=person, session=session, now=now)
        self._ended(session.replaces, user_id=replaced)
        self._mailer.send_soon(welcome(to=user.email, bonus_credits=self._bonuses.sign_up, bonus_days=self._bonuses.sign_up_days))
        return Login(user=user, token=token, expires_at=now + LASTS)

    async def log_in(
        self, *, email: str, password: str, user_agent: str = "", ip: str = "", replaces: str | None = None, is_known_device: bool = False
    ) -> Login:
        """Start a session; the one that this browser presented ends.

        Raises: InvalidInput (the same for an unknown address and a wrong password), NotAllowed when suspended, TooMany, Overloaded.
        """
        address = _as_stored(email)
        self._door.enter(ip=ip, email=address, is_known_device=is_known_device)
        found = await self._credentials(address)
        is_right = await self._hashing.verify(found.password_hash if found else None, password[: MAX_PASSWORD + 1])
        if found is None or not is_right or found.is_system:
            self._door.note_mistake(address)
            raise InvalidInput("The e-mail address or the password isn't right.")
        if found.is_suspended:
            raise NotAllowed("This account is suspended. Write to the person who runs this studio.")
        self._door.note_success(address)
        return await self._start_session(found, password, user_agent=user_agent, replaces=replaces)

    async def log_out(self, token: str) -> None:
        """End the session of this token and close its pages. Safe to repeat."""
        session_id = session_id_of(token)
        user_id = await self._db.write(operations.delete_session, token_hash=session_id)
        self._ended(session_id, user_id=user_id)

    async def resolve(self, token: str) -> SessionView | None:
        """Return the session of a cookie's token, or None. An answer may be up to 30 s old, an ended session is never one."""
        return await self.sessions.find(session_id_of(token))

    async def suspend(self, user_id: str) -> UserView:
        """Shut the person out at once: sessions end and open pages close. Safe to repeat. Raises: NotFound."""
        user = await self._db.write(operations.suspend, user_id=user_id, now=self._clock.now())
        self._changed(user_id)
        return user

    async def unsuspend(self, user_id: str) -> UserView:
        """Let the person log in again. Safe to repeat. Raises: NotFound."""
        return await self._db.write(operations.unsuspend, user_id=user_id)

    async def set_role(self, user_id: str, role: Role) -> UserView:
        """Make somebody an admin or a creator; it holds at once. Raises: NotFound, InvalidInput for a system account."""
        if role is Role.SYSTEM:
            raise InvalidInput("A person can't become a system account.", field="role")
        user = await self._db.write(operations.set_role, user_id=user_id, role=role)
        self._changed(user_id)
        return user

    async def set_plan(self, user_id: str, plan: Plan) -> UserView:
        """Move somebody to another plan; it holds at once, also for what was made before. Safe to repeat. Raises: NotFound."""
        user = await self._db.write(operations.set_plan, user_id=user_id, plan=plan)
        self._changed(user_id)
        return user

    async def set_theme(self, user_id: str, theme: str) -> UserView:
        """Remember how the person wants the studio to look: dark, light or as their system says. Raises: InvalidInput, NotFound."""
        if theme not in THEMES:
            raise InvalidInput("Choose dark, light or system.", field="theme")
        user = await self._db.write(operations.set_theme, user_id=user_id, theme=theme)
        self.sessions.forget_user(user_id)
        return user

    def close(self) -> None:
        """Hear no more of other processes and let the hashing threads end."""
        self._stop_listening()
        self._hashing.close()

    def _new_session(self, *, user_agent: str, replaces: str | None) -> tuple[str, operations.NewSession]:
        token = self._random.token()
        old = session_id_of(replaces) if replaces else None
        return token, operations.NewSession(token_hash=session_id_of(token), replaces=old, user_agent=user_agent, lasts=LASTS)

    async def _start_session(self, found: _Credentials, password: str, *, user_agent: str, replaces: str | None) -> Login:
        token, session = self._new_session(user_agent=user_agent, replaces=replaces)
        now = self._clock.now()
        replaced = await self._db.write(operations.create_session, user_id=found.user_id, session=session, now=now)
        self._ended(session.replaces, user_id=replaced)
        if self._hashing.is_outdated(found.password_hash):
            renewed = await self._hashing.hash(password)
            await self._db.write(operations.set_password_hash, user_id=found.user_id, old=found.password_hash, new=renewed)
        current = await self.sessions.find(session.token_hash)
        if current is None:  # suspended between the check and this line
            raise NotAllowed("This account is suspended. Write to the person who runs this studio.")
        return Login(user=current.user, token=token, expires_at=current.expires_at)

    async def _credentials(self, email: str) -> _Credentials | None:
        async with self._db.read() as session:
            user = (await session.exec(select(User).where(User.email == email))).first()
        if user is None:
            return None
        return _Credentials(
            user_id=user.id,
            password_hash=user.password_hash,
            is_suspended=user.suspended_at is not None,
            is_system=user.role == Role.SYSTEM,
        )

    def _ended(self, session_id: str | None, *, user_id: str | None) -> None:
        if session_id is None:
            return
        self.sessions.forget(session_id)
        if user_id is not None:
            self._tell(user_id, session_id)

    def _changed(self, user_id: str) -> None:
        self._tell(user_id, "")

    def _tell(self, user_id: str, session_id: str) -> None:
        """First every process forgets what it remembers of the person's sessions, then their open pages look again."""
        self._bus.publish(SESSIONS_TOPIC, Event("session", user_id))
        self._bus.publish(user_topic(user_id), Event("session", session_id))

    def _heard(self, event: Event) -> None:
        if event.kind == "session":
            self.sessions.forget_user(event.id)
        else:  # the bus was away for a while, and what it missed may be the end of any session
            self.sessions.forget_everybody()


def _as_stored(email: str) -> str:
    """How sign-up would have stored this address; one that no account can have stays as typed, and costs the same time."""
    try:
        return clean_email(email)
    except InvalidInput:
        return email.strip().lower()[:MAX_EMAIL]
