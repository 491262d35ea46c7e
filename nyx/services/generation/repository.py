"""Reads generations as views, on the read-only session."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import Tx, rows_of
from nyx.models import GenerationStatus, JobState
from nyx.services.credits.service import read_summary
from nyx.services.generation.lifecycle import stage_of
from nyx.services.generation.views import GenerationView, Opening, OutputView, read_draft

Position = tuple[datetime, str]
_MOST_OPEN = 100
_MOST_LOOKED_AT = 200
Row = Mapping[str, Any]

_OUTPUTS = (
    "SELECT job.*, media.content_type, media.width_px, media.height_px, media.blur, media.thumbnails, media.deleted_at, media.favourite_at,"
    " media.purged_at FROM job LEFT JOIN media ON media.id = job.media_id WHERE job.generation_id IN ({ids}) ORDER BY job.output_index"
)


# Whoever asks reads the open ones alone: by age in generation_open, then the few outputs of each.
_QUEUE = (
    "SELECT mine.id, (SELECT count(*) FROM generation AS other WHERE other.open_jobs > 0"
    " AND (other.created_at, other.id) < (mine.created_at, mine.id)"
    " AND EXISTS (SELECT 1 FROM job WHERE job.generation_id = other.id AND job.state = 'pending')) AS ahead"
    " FROM generation AS mine WHERE mine.id IN ({ids})"
)


async def find(session: AsyncSession, *, owner_id: str, generation_id: str, name_of: Callable[[str], str]) -> GenerationView | None:
    """One of the owner's, or None."""
    rows = await rows_of(session, "SELECT * FROM generation WHERE id = :id AND owner_id = :owner_id", id=generation_id, owner_id=owner_id)
    views = await _views(session, rows, name_of)
    return views[0] if views else None


async def list_recent(
    session: AsyncSession, *, owner_id: str, limit: int, before: Position | None, name_of: Callable[[str], str]
) -> tuple[GenerationView, ...]:
    """The owner's generations, newest first, older than ``before``; the first page has every open one too, however old."""
    position = "" if before is None else " AND (created_at, id) < (:moment, :last)"
    params = {} if before is None else {"moment": to_micros(before[0]), "last": before[1]}
    rows = await rows_of(
        session,
        f"SELECT * FROM generation WHERE owner_id = :owner_id{position} ORDER BY created_at DESC, id DESC LIMIT :limit",
        owner_id=owner_id,
        limit=limit,
        **params,
    )
    if before is None and len(rows) == limit:
        older = "SELECT * FROM generation WHERE owner_id = :owner_id AND open_jobs > 0 AND (created_at, id) < (:moment, :last)"
        last = rows[-1]
        order = f"{older} ORDER BY created_at DESC, id DESC LIMIT :most"
        rows = [*rows, *await rows_of(session, order, owner_id=owner_id, moment=last["created_at"], last=last["id"], most=_MOST_OPEN)]
    return await _views(session, rows, name_of)


async def find_made(session: AsyncSession, *, owner_id: str, keys: Sequence[str]) -> dict[str, str]:
    """By request key, the newest generation with an output of that request that is still there; the newest of all comes first."""
    named = {f"key{index}": key for index, key in enumerate(keys)}
    rows = await rows_of(
        session,
        "SELECT job.request_hash, job.generation_id FROM job JOIN media ON media.id = job.media_id AND media.deleted_at IS NULL"
        f" WHERE job.owner_id = :owner_id AND job.request_hash IN ({', '.join(f':{name}' for name in named)})"
        " ORDER BY job.created_at DESC, job.generation_id DESC",
        owner_id=owner_id,
        **named,
    )
    made: dict[str, str] = {}
    for row in rows:
        made.setdefault(row["request_hash"], row["generation_id"])
    return made


def used_models(tx: Tx, *, owner_id: str, capability: str, limit: int) -> tuple[str, ...]:
    """Keys of the models used last for this, the latest first, among the owner's newest generations."""
    rows = tx.execute(
        "SELECT model_key FROM (SELECT model_key, capability, created_at FROM generation WHERE owner_id = :owner_id"
        " ORDER BY created_at DESC, id DESC LIMIT :most) AS recent WHERE capability = :capability"
        " GROUP BY model_key ORDER BY max(created_at) DESC, model_key LIMIT :limit",
        owner_id=owner_id,
        capability=capability,
        most=_MOST_LOOKED_AT,
        limit=limit,
    )
    return tuple(row["model_key"] for row in rows.all())


def opening(tx: Tx, *, owner_id: str, screen: str, now: datetime) -> Opening:
    """What a screen shows first."""
    (row,) = tx.execute(
        "SELECT (SELECT payload FROM draft WHERE owner_id = :owner_id AND screen = :screen) AS draft,"
        " EXISTS (SELECT 1 FROM generation WHERE owner_id = :owner_id) AS has_generations",
        owner_id=owner_id,
        screen=screen,
    ).all()
    available = read_summary(tx, owner_id=owner_id, now=now).available
    return Opening(draft=dict(json.loads(row["draft"] or "{}")), has_generations=bool(row["has_generations"]), available_credits=available)


async def _views(session: AsyncSession, rows: Sequence[Row], name_of: Callable[[str], str]) -> tuple[GenerationView, ...]:
    if not rows:
        return ()
    outputs: defaultdict[str, list[Row]] = defaultdict(list)
    for output in await _of_each(session, _OUTPUTS, [row["id"] for row in rows]):
        outputs[output["generation_id"]].append(output)
    queued = [row["id"] for row in rows if any(job["state"] == JobState.PENDING for job in outputs[row["id"]])]
    ahead = {row["id"]: row["ahead"] for row in await _of_each(session, _QUEUE, queued)} if queued else {}
    return tuple(_view(row, outputs[row["id"]], name_of, ahead.get(row["id"])) for row in rows)


def _view(row: Row, jobs: Sequence[Row], name_of: Callable[[str], str], ahead: int | None) -> GenerationView:
    return GenerationView(
        id=row["id"],
        status=_status(row, jobs),
        capability=row["capability"],
        model_key=row["model_key"],
        model_name=name_of(row["model_key"]),
        prompt=row["prompt"],
        draft=read_draft(json.loads(row["settings"])),
        unit_price_credits=row["unit_price_credits"],
        price_credits=row["price_credits"],
        captured_credits=row["captured_credits"],
        created_at=from_micros(row["created_at"]),
        finished_at=None if row["finished_at"] is None else from_micros(row["finished_at"]),
        outputs=tuple(_output(job) for job in jobs),
        ahead=ahead,
    )


def _status(row: Row, jobs: Sequence[Row]) -> str:
    """A generation whose every open output is no longer waited for counts as cancelled already."""
    open_jobs = [job for job in jobs if job["finished_at"] is None]
    if open_jobs and not row["delivered"] and all(job["stop_waiting"] for job in open_jobs):
        return GenerationStatus.CANCELLED
    return str(row["status"])


def _output(job: Row) -> OutputView:
    is_there = job["media_id"] is not None and job["deleted_at"] is None
    return OutputView(
        job_id=job["id"],
        index=job["output_index"],
        stage=stage_of(JobState(job["state"]), is_rendering=job["rendering_at"] is not None),
        seed=job["seed"],
        media_id=job["media_id"] if is_there else None,
        content_type=job["content_type"] or "",
        width_px=job["width_px"] or 0,
        height_px=job["height_px"] or 0,
        blur=job["blur"] or "",
        has_thumbnails=job["thumbnails"] == "ready",
        is_favourite=job["favourite_at"] is not None,
        is_purged=job["purged_at"] is not None,
        trouble=job["error_sentence"] or "",
        is_late=bool(job["is_late"]),
        stop_waiting=bool(job["stop_waiting"]),
        started_at=None if job["submitted_at"] is None else from_micros(job["submitted_at"]),
    )


async def _of_each(session: AsyncSession, sql: str, ids: Sequence[str]) -> Sequence[Row]:
    """Put the ids into ``{ids}``."""
    named = {f"id{index}": one for index, one in enumerate(ids)}
    return await rows_of(session, sql.format(ids=", ".join(f":{name}" for name in named)), **named)
