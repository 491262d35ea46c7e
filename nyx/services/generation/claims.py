"""Who works on which job: leases, fair turns, and what a dead process left behind. Plain operations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nyx.db import Row, Tx
from nyx.models import JobState

LONGEST_DELAY = timedelta(minutes=6)  # a provider's retry-after counts for up to five

# On PostgreSQL leases are judged by the database's clock alone; on SQLite there is one process, and every other is dead.
_DATABASE_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job that this process holds. Every change is guarded by ``state`` and ``epoch``."""

    id: str
    generation_id: str
    owner_id: str
    output_index: int
    provider: str
    kind: str
    model_key: str
    length_s: int
    request: dict[str, Any]
    state: JobState
    epoch: int
    attempts: int
    failures: int
    provider_job_id: str | None
    result_url: str | None
    elapsed_ms: int
    observed_at: int | None
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A process's claim on jobs: its name, how long a lease lasts, and how much may run at once."""

    name: str
    lease: timedelta
    per_user: int
    per_provider: int


def start_waiting(tx: Tx, *, worker: Worker, now: datetime, limit: int, attempt_ids: Sequence[str]) -> tuple[Job, ...]:
    """Claim waiting jobs in fair turns and write their attempts: what is returned must now be submitted, once."""
    if not _is_any_waiting(tx, now):
        return ()
    chosen = tx.execute(
        _FAIR_TURNS.format(free=_free(tx)),
        now=now,
        me=worker.name,
        per_user=worker.per_user,
        per_provider=worker.per_provider,
        limit=min(limit, len(attempt_ids)),
    ).all()
    jobs = []
    for row, attempt_id in zip(chosen, attempt_ids, strict=False):
        if job := _start(tx, worker, now, job_id=row["id"], attempt_id=attempt_id):
            jobs.append(job)
    return tuple(jobs)


def resume_due(tx: Tx, *, worker: Worker, now: datetime, limit: int) -> tuple[Job, ...]:
    """Claim jobs that are due to be polled or fetched."""
    due = tx.execute(
        f"SELECT id FROM job WHERE state IN ('running', 'fetching') AND next_run_at <= :now AND {_free(tx)}"
        f" ORDER BY next_run_at LIMIT :limit{tx.skip_locked}",
        now=now,
        me=worker.name,
        limit=limit,
    ).all()
    jobs = []
    for row in due:
        claimed = tx.execute(
            f"UPDATE job SET lease_owner = :me, lease_until = {_lease_until(tx)}, lease_epoch = lease_epoch + 1"
            " WHERE id = :id AND state IN ('running', 'fetching') RETURNING *",
            id=row["id"],
            me=worker.name,
            **_lease_params(tx, worker, now),
        ).first()
        if claimed:
            jobs.append(_job(claimed))
    return tuple(jobs)


def renew(tx: Tx, *, worker: Worker, now: datetime, job_ids: Sequence[str]) -> None:
    """Keep the leases of what is still being worked on."""
    for job_id in job_ids:
        tx.execute(
            f"UPDATE job SET lease_until = {_lease_until(tx)} WHERE id = :id AND lease_owner = :me",
            id=job_id,
            me=worker.name,
            **_lease_params(tx, worker, now),
        )


def free_forgotten(tx: Tx, *, worker: Worker, held: Sequence[str]) -> int:
    """Let go of jobs that this process holds on paper but no task of it works on any more. Returns how many."""
    mine = tx.execute(
        "SELECT id, state FROM job WHERE lease_owner = :me AND state IN ('running', 'fetching', 'submitting')", me=worker.name
    ).all()
    forgotten = [row["id"] for row in mine if row["id"] not in held]
    for job_id in forgotten:
        tx.execute("UPDATE job SET lease_owner = NULL, lease_until = NULL WHERE id = :id AND lease_owner = :me", id=job_id, me=worker.name)
    return len(forgotten)


def undo_clock_jump(tx: Tx, *, now: datetime) -> int:
    """Bring back jobs that lie further ahead than anything is ever put off: the wall clock was set back. Returns how many."""
    return tx.execute(
        "UPDATE job SET next_run_at = :now WHERE state IN ('pending', 'running', 'fetching') AND next_run_at > :latest",
        now=now,
        latest=now + LONGEST_DELAY,
    ).rowcount


def mark_lost_calls(tx: Tx, *, worker: Worker, now: datetime) -> tuple[Row, ...]:
    """Calls that a dead process was making: whether they were accepted can't be known. Returns id, generation_id, owner_id."""
    rows = tx.execute(
        "UPDATE job SET state = 'unknown', lease_owner = NULL, lease_until = NULL, lease_epoch = lease_epoch + 1, elapsed_ms = 0,"
        " observed_at = :now, error_code = 'outcome_unknown', error_sentence = :sentence"
        f" WHERE state = 'submitting' AND {_free(tx)} RETURNING id, generation_id, owner_id",
        now=now,
        me=worker.name,
        sentence=UNKNOWN_SENTENCE,
    ).all()
    return tuple(rows)


UNKNOWN_SENTENCE = (
    "We don't know yet whether the provider made this one: the connection broke at the wrong moment. "
    "It is never sent twice; if nothing turns up within a day, your credits come back by themselves."
)


def _is_any_waiting(tx: Tx, now: datetime) -> bool:
    return tx.execute("SELECT 1 AS one FROM job WHERE state = 'pending' AND next_run_at <= :now LIMIT 1", now=now).first() is not None


def _start(tx: Tx, worker: Worker, now: datetime, *, job_id: str, attempt_id: str) -> Job | None:
    claimed = tx.execute(
        f"UPDATE job SET state = 'submitting', attempts = attempts + 1, submitted_at = :now, observed_at = :now, rendering_at = NULL,"
        f" lease_owner = :me, lease_until = {_lease_until(tx)}, lease_epoch = lease_epoch + 1"
        " WHERE id = :id AND state = 'pending' RETURNING *",
        id=job_id,
        me=worker.name,
        now=now,
        **{name: value for name, value in _lease_params(tx, worker, now).items() if name != "now"},
    ).first()
    if claimed is None:
        return None
    job = _job(claimed)
    tx.execute(
        "INSERT INTO attempt (id, job_id, number, started_at) VALUES (:id, :job_id, :number, :now)",
        id=attempt_id,
        job_id=job.id,
        number=job.attempts,
        now=now,
    )
    tx.execute("UPDATE generation SET status = 'processing' WHERE id = :id AND status = 'pending'", id=job.generation_id)
    return job


def _free(tx: Tx) -> str:
    if tx.is_shared:
        return f"(lease_owner IS NULL OR (lease_until < {_DATABASE_NOW} AND lease_owner <> :me))"
    return "(lease_owner IS NULL OR lease_owner <> :me)"


def _lease_until(tx: Tx) -> str:
    return f"{_DATABASE_NOW} + :lease_us" if tx.is_shared else ":lease_ends"


def _lease_params(tx: Tx, worker: Worker, now: datetime) -> dict[str, Any]:
    if tx.is_shared:
        return {"lease_us": int(worker.lease.total_seconds() * 1_000_000)}
    return {"lease_ends": now + worker.lease}


def _job(row: Row) -> Job:
    values = {name: row[name] for name in Job.__dataclass_fields__ if name not in ("state", "epoch", "request", "is_late")}
    return Job(
        **values, state=JobState(row["state"]), epoch=row["lease_epoch"], request=json.loads(row["request"]), is_late=bool(row["is_late"])
    )


# Each owner's waiting jobs are numbered; a job's turn is its number plus what its owner has at the provider already.
# Everybody's first comes before anybody's second, and the caps hold whatever the order.
_FAIR_TURNS = """
WITH busy AS (SELECT owner_id, provider FROM job WHERE state IN ('submitting', 'running', 'fetching')),
waiting AS (
  SELECT id, owner_id, provider, created_at, output_index,
    row_number() OVER (PARTITION BY owner_id ORDER BY created_at, output_index)
      + (SELECT count(*) FROM busy WHERE busy.owner_id = job.owner_id) AS turn
  FROM job WHERE state = 'pending' AND next_run_at <= :now AND {free}
),
ranked AS (
  SELECT id, turn, created_at, output_index, row_number() OVER (PARTITION BY provider ORDER BY turn, created_at, output_index)
      + (SELECT count(*) FROM busy WHERE busy.provider = waiting.provider) AS place
  FROM waiting WHERE turn <= :per_user
)
SELECT id FROM ranked WHERE place <= :per_provider ORDER BY turn, created_at, output_index LIMIT :limit
"""
