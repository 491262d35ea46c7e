"""Lists and finds people for whoever runs the installation; it changes nothing but the system account it may make."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from nyx.clock import Clock, Random
from nyx.db import Database
from nyx.errors import NotFound
from nyx.models.credits import CreditAccount
from nyx.models.people import Plan, Role, User
from nyx.services.accounts import operations
from nyx.services.accounts.rules import carries_mark
from nyx.services.accounts.views import PersonView, UserView

MAX_LISTED = 200


class People:
    """Reads accounts by address and by age."""

    def __init__(self, *, database: Database, clock: Clock, random: Random) -> None:
        self._db = database
        self._clock = clock
        self._random = random

    async def list_people(self, *, after: str = "", limit: int = MAX_LISTED) -> tuple[PersonView, ...]:
        """In the order of their addresses, those after ``after``; at most 200."""
        statement = _with_credits().where(col(User.email) > after).order_by(col(User.email)).limit(min(limit, MAX_LISTED))
        async with self._db.read() as session:
            rows = (await session.exec(statement)).all()
        return tuple(_person(user, available) for user, available in rows)

    async def get_by_email(self, email: str) -> PersonView:
        """Raises: NotFound."""
        async with self._db.read() as session:
            row = (await session.exec(_with_credits().where(User.email == email.strip().lower()))).first()
        if row is None:
            raise NotFound(f"There is no account with the address {email}.")
        return _person(*row)

    async def carries_mark(self, user_id: str) -> bool:
        """Whether this person's outputs leave with the visible mark; also for somebody who is not there."""
        async with self._db.read() as session:
            row = (await session.exec(select(User.role, User.plan).where(User.id == user_id))).first()
        return row is None or carries_mark(Role(row[0]), Plan(row[1]))

    async def ensure_system_account(self, email: str) -> UserView:
        """Return the account that a program of this machine works under, made when it is missing."""
        return await self._db.write(operations.ensure_system_account, user_id=self._random.id(), email=email, now=self._clock.now())

    async def fund_system_account(self, user_id: str, *, credits: int, key: str) -> None:
        """Grant a program of this machine what one run costs, whole credits, once per ``key``."""
        now = self._clock.now()
        await self._db.write(operations.fund_system_account, user_id=user_id, credits=credits, key=key, lot_id=self._random.id(), now=now)


def _with_credits() -> Select[User, int]:
    available = func.coalesce(CreditAccount.available, 0)
    return select(User, available).join(CreditAccount, col(CreditAccount.owner_id) == col(User.id), isouter=True)


def _person(user: User, available: int) -> PersonView:
    return PersonView(
        id=user.id,
        email=user.email,
        role=Role(user.role),
        plan=Plan(user.plan),
        is_suspended=user.suspended_at is not None,
        available_credits=available,
        created_at=user.created_at,
    )
