"""Who uses the app: users, their sessions and what they were typing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel

from nyx.models.types import JsonText, UtcDateTime, one_of


class Role(StrEnum):
    CREATOR = "creator"
    ADMIN = "admin"
    SYSTEM = "system"  # the command line's own account: can't log in


class Plan(StrEnum):
    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class User(SQLModel, table=True):
    """A person; ``email`` is stored in lower case."""

    __tablename__ = "app_user"
    __table_args__ = (one_of("role", Role), one_of("plan", Plan))

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    password_hash: str
    role: str = Field(default=Role.CREATOR, sa_column_kwargs={"server_default": Role.CREATOR})
    plan: str = Field(default=Plan.FREE, sa_column_kwargs={"server_default": Plan.FREE})
    theme: str = Field(default="dark", sa_column_kwargs={"server_default": "dark"})
    suspended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class UserSession(SQLModel, table=True):
    """One login. The token itself is only in the person's cookie; here is its SHA-256."""

    __tablename__ = "user_session"

    token_hash: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    user_agent: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Draft(SQLModel, table=True):
    """What a person has typed on one screen and not sent yet."""

    __tablename__ = "draft"

    owner_id: str = Field(primary_key=True, foreign_key="app_user.id")
    screen: str = Field(primary_key=True)
    payload: dict[str, Any] = Field(sa_type=JsonText)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Installation(SQLModel, table=True):
    """Facts that hold once for the whole installation, such as who became its first admin."""

    __tablename__ = "installation"

    key: str = Field(primary_key=True)
    value: str
