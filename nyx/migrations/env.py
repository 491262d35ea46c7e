"""Runs migrations on the connection that nyx.db.migrate hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import nyx.models  # noqa: F401 - fills the metadata that autogenerate compares with

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
context.run_migrations()
