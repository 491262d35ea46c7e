"""What a person keeps for writing prompts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from nyx.models.types import UtcDateTime, one_of


class PresetKind(StrEnum):
    STYLE = "style"  # words around a prompt, and what to leave out
    NEGATIVE = "negative"  # only what to leave out


class PromptPreset(SQLModel, table=True):
    """A person's own style or negative prompt; those that come with the app are data, not rows."""

    __tablename__ = "prompt_preset"
    __table_args__ = (UniqueConstraint("owner_id", "kind", "name", name="prompt_preset_once_per_name"), one_of("kind", PresetKind))

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    kind: str
    name: str
    before: str = Field(default="", sa_column_kwargs={"server_default": ""})
    after: str = Field(default="", sa_column_kwargs={"server_default": ""})
    negative: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = Field(sa_type=UtcDateTime)
