"""What the rest of the app gets to know about a person; no rows, no hashes of passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nyx.models.people import Plan, Role


@dataclass(frozen=True, kw_only=True)
class UserView:
    """A person as every page sees them."""

    id: str
    email: str
    role: Role
    theme: str
    plan: Plan = Plan.FREE

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One login that is still good. ``id`` is the SHA-256 of its token, so it may be logged and compared."""

    id: str
    user: UserView
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Login:
    """A fresh session. ``token`` is the secret for the person's cookie; it is stored nowhere."""

    user: UserView
    token: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """A person as an administrator sees them. Credits are whole."""

    id: str
    email: str
    role: Role
    plan: Plan
    is_suspended: bool
    available_credits: int
    created_at: datetime
