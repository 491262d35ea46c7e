"""The ledger's tables: accounts, lots, entries and holds. Written only by nyx.services.credits.ledger."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from nyx.models.types import UtcDateTime, one_of


class LotSource(StrEnum):
    SIGN_UP = "sign_up"
    ADMIN = "admin"
    PLAN = "plan"
    PACK = "pack"
    COMMAND_LINE = "command_line"


class EntryKind(StrEnum):
    GRANT = "grant"
    SPEND = "spend"
    EXPIRE = "expire"
    CLAWBACK = "clawback"
    DEBT = "debt"
    REPAY = "repay"
    ADJUST = "adjust"


class HoldStatus(StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class CreditAccount(SQLModel, table=True):
    """An owner's figures in whole credits: a cache of lots and entries, and the row that a guarded UPDATE locks."""

    __tablename__ = "credit_account"
    __table_args__ = (
        CheckConstraint("available >= 0", name="available_not_negative"),
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("debt >= 0", name="debt_not_negative"),
    )

    owner_id: str = Field(primary_key=True, foreign_key="app_user.id")
    available: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    held: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    debt: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class CreditLot(SQLModel, table=True):
    """What is left of one grant. Burned by lower priority, then earlier expiry, then earlier creation (``sequence``)."""

    __tablename__ = "credit_lot"
    __table_args__ = (
        CheckConstraint("granted > 0", name="granted_positive"),
        CheckConstraint("remaining >= 0 AND remaining <= granted", name="remaining_within_granted"),
        CheckConstraint("held >= 0 AND held <= remaining", name="held_within_remaining"),
        CheckConstraint("clawed_back >= 0 AND clawed_back <= granted", name="clawed_back_within_granted"),
        one_of("source", LotSource),
        Index(
            "credit_lot_burn",
            "owner_id",
            "priority",
            "expires_at",
            "sequence",
            sqlite_where=text("remaining > 0"),
            postgresql_where=text("remaining > 0"),
        ),
        Index("credit_lot_expiring", "expires_at", sqlite_where=text("remaining > 0"), postgresql_where=text("remaining > 0")),
    )

    sequence: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    owner_id: str = Field(foreign_key="app_user.id")
    source: str
    source_key: str = Field(unique=True)
    priority: int
    granted: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    held: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    clawed_back: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})  # taken, or booked as debt
    effective_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CreditEntry(SQLModel, table=True):
    """One immutable signed amount. Triggers refuse UPDATE and DELETE; a mistake is corrected by a new entry."""

    __tablename__ = "credit_entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        one_of("kind", EntryKind),
        Index("credit_entry_once", "operation_key", "kind", text("coalesce(lot_id, '')"), unique=True),
        Index("credit_entry_by_owner", "owner_id", "id"),
        Index("credit_entry_by_lot", "lot_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    lot_id: str | None = Field(default=None, foreign_key="credit_lot.id")
    hold_id: str | None = Field(default=None, foreign_key="credit_hold.id")
    kind: str
    amount: int = Field(sa_type=BigInteger)
    operation_key: str
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = Field(sa_type=UtcDateTime)


class CreditHold(SQLModel, table=True):
    """Credits set aside for one generation until they are captured, released or expired."""

    __tablename__ = "credit_hold"
    __table_args__ = (
        CheckConstraint("amount > 0", name="hold_positive"),
        CheckConstraint("captured >= 0 AND captured <= amount", name="captured_within_hold"),
        one_of("status", HoldStatus),
        Index("credit_hold_open", "expires_at", sqlite_where=text("status = 'open'"), postgresql_where=text("status = 'open'")),
    )

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id", index=True)
    key: str = Field(unique=True)
    amount: int = Field(sa_type=BigInteger)
    captured: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    status: str = Field(default=HoldStatus.OPEN, sa_column_kwargs={"server_default": HoldStatus.OPEN})
    expires_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CreditHoldAllocation(SQLModel, table=True):
    """Which lot gives how much to a hold, in burn order: earlier lots give ``taken_before`` credits together."""

    __tablename__ = "credit_hold_allocation"
    __table_args__ = (
        CheckConstraint("amount > 0", name="allocation_positive"),
        CheckConstraint("taken_before >= 0", name="taken_before_not_negative"),
    )

    hold_id: str = Field(primary_key=True, foreign_key="credit_hold.id")
    lot_id: str = Field(primary_key=True, foreign_key="credit_lot.id")
    taken_before: int = Field(sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)
