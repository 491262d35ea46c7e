"""What an admin changed about a model spec, what the provider lists, and what people marked; the specs are data shipped with the app."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from nyx.models.types import UtcDateTime


class ModelOverride(SQLModel, table=True):
    """A None means: as shipped."""

    __tablename__ = "model_override"
    __table_args__ = (CheckConstraint("credits IS NULL OR credits > 0", name="credits_positive"),)

    model_key: str = Field(primary_key=True)
    credits: int | None = Field(default=None, sa_type=BigInteger)
    is_enabled: bool | None = None
    badge: str | None = None
    position: int | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ProviderListing(SQLModel, table=True):
    """What the nightly look at the provider's list found about one model, whether the catalogue knows it or not."""

    __tablename__ = "provider_listing"

    provider_model_id: str = Field(primary_key=True)
    kind: str = Field(default="", sa_column_kwargs={"server_default": ""})  # image or video, as the provider says; empty where it never did
    first_listed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    checked_at: datetime = Field(sa_type=UtcDateTime)


class ModelFavourite(SQLModel, table=True):
    """A model that a person marked with the star."""

    __tablename__ = "model_favourite"

    owner_id: str = Field(primary_key=True, foreign_key="app_user.id")
    model_key: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
