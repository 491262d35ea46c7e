"""The models that a person marked with the star. Plain operations."""

from __future__ import annotations

from datetime import datetime

from nyx.db import Tx


def read(tx: Tx, *, owner_id: str) -> tuple[str, ...]:
    """Keys of models, the oldest mark first."""
    rows = tx.execute("SELECT model_key FROM model_favourite WHERE owner_id = :owner_id ORDER BY created_at, model_key", owner_id=owner_id)
    return tuple(row["model_key"] for row in rows.all())


def store(tx: Tx, *, owner_id: str, model_key: str, is_favourite: bool, now: datetime) -> None:
    """Set or take away the mark. Safe to repeat."""
    if is_favourite:
        tx.execute(
            "INSERT INTO model_favourite (owner_id, model_key, created_at) VALUES (:owner_id, :model_key, :now) ON CONFLICT DO NOTHING",
            owner_id=owner_id,
            model_key=model_key,
            now=now,
        )
    else:
        tx.execute(
            "DELETE FROM model_favourite WHERE owner_id = :owner_id AND model_key = :model_key", owner_id=owner_id, model_key=model_key
        )
