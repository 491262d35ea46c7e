"""The SQL of prompt help: own presets, and what was asked before. It decides nothing but what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import Tx, rows_of
from nyx.errors import InvalidInput, NotFound, TooMany
from nyx.models import PresetKind
from nyx.services.prompts.views import PastPrompt, Preset

MAX_PRESETS = 50  # of one person, of each kind
_TAKEN = "You have one of that name already. Choose another name."
_GONE = "This isn't among your presets any more."

Position = tuple[datetime, str]
"""Where a page of past prompts ended: (last_used_at, prompt) of its last one."""


def add(tx: Tx, *, id: str, owner_id: str, kind: PresetKind, preset: Preset, now: datetime) -> None:
    """Keep a preset. Raises: TooMany, InvalidInput when the name is taken."""
    sql = "SELECT count(*) AS kept FROM prompt_preset WHERE owner_id = :owner_id AND kind = :kind"
    if tx.execute(sql, owner_id=owner_id, kind=kind).all()[0]["kept"] >= MAX_PRESETS:
        raise TooMany(f"You keep {MAX_PRESETS} already, which is the most. Delete one that you don't need.")
    added = tx.execute(
        "INSERT INTO prompt_preset (id, owner_id, kind, name, before, after, negative, created_at)"
        " VALUES (:id, :owner_id, :kind, :name, :before, :after, :negative, :now) ON CONFLICT DO NOTHING",
        id=id,
        owner_id=owner_id,
        kind=kind,
        now=now,
        **_words(preset),
    )
    if added.rowcount == 0:
        raise InvalidInput(_TAKEN, field="name")


def change(tx: Tx, *, id: str, owner_id: str, preset: Preset) -> None:
    """Replace the words of a preset. Safe to repeat. Raises: NotFound, InvalidInput when the name is taken."""
    taken = tx.execute(
        "SELECT other.id FROM prompt_preset other JOIN prompt_preset mine ON mine.owner_id = other.owner_id AND mine.kind = other.kind"
        " WHERE mine.id = :id AND mine.owner_id = :owner_id AND other.id <> mine.id AND other.name = :name",
        id=id,
        owner_id=owner_id,
        name=preset.name,
    )
    if taken.first():
        raise InvalidInput(_TAKEN, field="name")
    changed = tx.execute(
        "UPDATE prompt_preset SET name = :name, before = :before, after = :after, negative = :negative"
        " WHERE id = :id AND owner_id = :owner_id",
        id=id,
        owner_id=owner_id,
        **_words(preset),
    )
    if changed.rowcount == 0:
        raise NotFound(_GONE)


def delete(tx: Tx, *, id: str, owner_id: str) -> None:
    """Forget a preset. Raises: NotFound."""
    if tx.execute("DELETE FROM prompt_preset WHERE id = :id AND owner_id = :owner_id", id=id, owner_id=owner_id).rowcount == 0:
        raise NotFound(_GONE)


async def list_presets(session: AsyncSession, *, owner_id: str, kind: PresetKind) -> tuple[Preset, ...]:
    """The person's own, by name."""
    sql = "SELECT id, name, before, after, negative FROM prompt_preset WHERE owner_id = :owner_id AND kind = :kind ORDER BY lower(name), id"
    rows = await rows_of(session, sql, owner_id=owner_id, kind=kind)
    return tuple(Preset(key=row.pop("id"), is_own=True, **row) for row in rows)


async def list_past(session: AsyncSession, *, owner_id: str, query: str, limit: int, before: Position | None) -> tuple[PastPrompt, ...]:
    """Every prompt once, the last used first, after ``before``; those that contain ``query``."""
    params: dict[str, Any] = {"owner_id": owner_id, "limit": limit}
    sql = "SELECT prompt, max(created_at) AS used_at, count(*) AS times FROM generation WHERE owner_id = :owner_id"
    if query:
        # As typed too: SQLite lowers only plain ASCII.
        sql += r" AND (lower(prompt) LIKE :low ESCAPE '\' OR prompt LIKE :raw ESCAPE '\')"
        params |= {"low": _containing(query.lower()), "raw": _containing(query)}
    sql += " GROUP BY prompt"
    if before is not None:
        sql += " HAVING max(created_at) < :at OR (max(created_at) = :at AND prompt < :last)"
        params |= {"at": to_micros(before[0]), "last": before[1]}
    rows = await rows_of(session, sql + " ORDER BY used_at DESC, prompt DESC LIMIT :limit", **params)
    return tuple(PastPrompt(prompt=row["prompt"], last_used_at=from_micros(row["used_at"]), times=row["times"]) for row in rows)


def _words(preset: Preset) -> dict[str, str]:
    return {"name": preset.name, "before": preset.before, "after": preset.after, "negative": preset.negative}


def _containing(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
