"""The writes on people and sessions: each runs in one transaction of the door and decides nothing about passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nyx.db import Row, Tx
from nyx.errors import InvalidInput, NotFound
from nyx.models.credits import LotSource
from nyx.models.people import Plan, Role
from nyx.services.accounts.views import UserView
from nyx.services.credits import ledger

_COLUMNS = "id, email, role, theme, plan"


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """A sign-up that passed every rule; credits are whole, ids were drawn before the transaction so that a replay repeats them."""

    id: str
    email: str
    password_hash: str
    bonus_credits: int
    bonus_days: int
    first_admin_credits: int
    lot_ids: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """``token_hash`` of the new token, and that of the session it replaces in the same browser."""

    token_hash: str
    replaces: str | None
    user_agent: str
    lasts: timedelta


def create_person(tx: Tx, *, person: NewPerson, session: NewSession, now: datetime) -> tuple[UserView, str | None]:
    """Insert the user, open the credits account, grant what is due and log in; see create_session for the second value.

    Raises: InvalidInput when the address is taken.
    """
    row = tx.execute(
        "INSERT INTO app_user (id, email, password_hash, role, theme, created_at)"
        f" VALUES (:id, :email, :password_hash, :role, 'dark', :now) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        id=person.id,
        email=person.email,
        password_hash=person.password_hash,
        role=str(Role.CREATOR),
        now=now,
    ).first()
    if row is None:
        raise InvalidInput("There is an account with this address already. Log in instead.", field="email")
    ledger.open_account(tx, owner_id=person.id)
    _grant_bonus(tx, person=person, now=now)
    user = _as_first_admin(tx, person=person, now=now) or user_view(row)
    return user, create_session(tx, user_id=person.id, session=session, now=now)


def _grant_bonus(tx: Tx, *, person: NewPerson, now: datetime) -> None:
    if person.bonus_credits:
        ledger.grant(
            tx,
            owner_id=person.id,
            amount=person.bonus_credits,
            source=LotSource.SIGN_UP,
            source_key=f"sign_up:{person.id}",
            now=now,
            expires_at=now + timedelta(days=person.bonus_days),
            reason="Welcome",
            new_id=person.lot_ids[0],
        )


def _as_first_admin(tx: Tx, *, person: NewPerson, now: datetime) -> UserView | None:
    """One row decides a race: whoever inserts it is the admin of this installation."""
    won = tx.execute("INSERT INTO installation (key, value) VALUES ('first_admin', :id) ON CONFLICT DO NOTHING", id=person.id).rowcount
    if not won:
        return None
    if person.first_admin_credits:
        ledger.grant(
            tx,
            owner_id=person.id,
            amount=person.first_admin_credits,
            source=LotSource.ADMIN,
            source_key=f"first_admin:{person.id}",
            now=now,
            reason="First account of this installation",
            new_id=person.lot_ids[1],
        )
    return set_role(tx, user_id=person.id, role=Role.ADMIN)


def create_session(tx: Tx, *, user_id: str, session: NewSession, now: datetime) -> str | None:
    """Log in. The session that this browser had before ends with it; returns whose that was."""
    replaced = delete_session(tx, token_hash=session.replaces) if session.replaces else None
    tx.execute(
        "INSERT INTO user_session (token_hash, user_id, user_agent, created_at, last_seen_at, expires_at)"
        " VALUES (:token_hash, :user_id, :user_agent, :now, :now, :expires_at)",
        token_hash=session.token_hash,
        user_id=user_id,
        user_agent=session.user_agent[:200],
        now=now,
        expires_at=now + session.lasts,
    )
    return replaced


def delete_session(tx: Tx, *, token_hash: str) -> str | None:
    """Return whose session it was. Safe to repeat."""
    row = tx.execute("DELETE FROM user_session WHERE token_hash = :token_hash RETURNING user_id", token_hash=token_hash).first()
    return str(row["user_id"]) if row else None


def touch_sessions(tx: Tx, *, seen: dict[str, datetime]) -> None:
    """Remember when sessions were last used; a session that is gone stays gone."""
    for token_hash, moment in seen.items():
        tx.execute("UPDATE user_session SET last_seen_at = :moment WHERE token_hash = :token_hash", moment=moment, token_hash=token_hash)


def delete_stale_sessions(tx: Tx, *, now: datetime, idle_since: datetime) -> int:
    """Return how many sessions had expired or had not been used since ``idle_since``."""
    stale = "DELETE FROM user_session WHERE expires_at <= :now OR last_seen_at <= :idle_since"
    return tx.execute(stale, now=now, idle_since=idle_since).rowcount


def set_password_hash(tx: Tx, *, user_id: str, old: str, new: str) -> None:
    """Replace a hash made with old parameters, unless the password was changed meanwhile."""
    tx.execute("UPDATE app_user SET password_hash = :new WHERE id = :user_id AND password_hash = :old", user_id=user_id, old=old, new=new)


def set_theme(tx: Tx, *, user_id: str, theme: str) -> UserView:
    return _changed(tx, "theme = :theme", user_id=user_id, theme=theme)


def set_role(tx: Tx, *, user_id: str, role: Role) -> UserView:
    return _changed(tx, "role = :role", user_id=user_id, role=str(role))


def set_plan(tx: Tx, *, user_id: str, plan: Plan) -> UserView:
    """Safe to repeat. Raises: NotFound."""
    return _changed(tx, "plan = :plan", user_id=user_id, plan=str(plan))


def suspend(tx: Tx, *, user_id: str, now: datetime) -> UserView:
    """Every session of the person goes with it. Safe to repeat."""
    user = _changed(tx, "suspended_at = coalesce(suspended_at, :now)", user_id=user_id, now=now)
    tx.execute("DELETE FROM user_session WHERE user_id = :user_id", user_id=user_id)
    return user


def unsuspend(tx: Tx, *, user_id: str) -> UserView:
    return _changed(tx, "suspended_at = NULL", user_id=user_id)


def ensure_system_account(tx: Tx, *, user_id: str, email: str, now: datetime) -> UserView:
    """Return the account, made when it is missing. It has no password and can't log in. Safe to repeat."""
    made = tx.execute(
        "INSERT INTO app_user (id, email, password_hash, role, theme, created_at)"
        " VALUES (:id, :email, '', :role, 'dark', :now) ON CONFLICT DO NOTHING",
        id=user_id,
        email=email,
        role=str(Role.SYSTEM),
        now=now,
    ).rowcount
    if made:
        ledger.open_account(tx, owner_id=user_id)
    row = tx.execute(f"SELECT {_COLUMNS} FROM app_user WHERE email = :email", email=email).first()
    assert row is not None, "it was inserted above or before"
    return user_view(row)


def fund_system_account(tx: Tx, *, user_id: str, credits: int, key: str, lot_id: str, now: datetime) -> None:
    """Safe to repeat by ``key``."""
    source = LotSource.COMMAND_LINE
    ledger.grant(tx, owner_id=user_id, amount=credits, source=source, source_key=f"{source}:{key}", now=now, new_id=lot_id)


def _changed(tx: Tx, assignment: str, *, user_id: str, **params: object) -> UserView:
    row = tx.execute(f"UPDATE app_user SET {assignment} WHERE id = :user_id RETURNING {_COLUMNS}", user_id=user_id, **params).first()
    if row is None:
        raise NotFound("There is no such account.")
    return user_view(row)


def user_view(row: Row) -> UserView:
    return UserView(id=row["id"], email=row["email"], role=Role(row["role"]), theme=row["theme"], plan=Plan(row["plan"]))
