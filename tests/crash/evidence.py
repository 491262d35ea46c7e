"""What must hold in the database and on the disk after any crash. Plain checks: each returns sentences about what is wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nyx.db import Row, Tx
from nyx.services.credits import invariants

FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Every row that matters, as of one moment."""

    ledger: tuple[str, ...]
    generations: tuple[Row, ...]
    jobs: tuple[Row, ...]
    attempts: tuple[Row, ...]
    media: tuple[Row, ...]
    holds: tuple[Row, ...]


def take(tx: Tx) -> Snapshot:
    """Read everything in one transaction."""
    return Snapshot(
        ledger=invariants.check(tx),
        generations=_rows(tx, "SELECT * FROM generation ORDER BY created_at, id"),
        jobs=_rows(tx, "SELECT * FROM job ORDER BY created_at, id"),
        attempts=_rows(tx, "SELECT * FROM attempt ORDER BY job_id, number"),
        media=_rows(tx, "SELECT * FROM media ORDER BY created_at, id"),
        holds=_rows(tx, "SELECT * FROM credit_hold ORDER BY id"),
    )


def faults_of(snapshot: Snapshot) -> list[str]:
    """What breaks a promise about money or work, whatever happened before."""
    return [*snapshot.ledger, *_open_holds(snapshot), *_generations(snapshot), *_attempts(snapshot), *_gallery(snapshot)]


def file_faults(snapshot: Snapshot, read: Callable[[str], bytes | None]) -> list[str]:
    """Every row of the gallery has its file, whole and unchanged; ``read`` gives a key's bytes, or None."""
    faults = []
    for row in snapshot.media:
        data = read(row["storage_key"])
        if data is None:
            faults.append(f"media {row['id']}: the file is missing")
        elif (len(data), hashlib.sha256(data).hexdigest()) != (row["size_bytes"], row["sha256"]):
            faults.append(f"media {row['id']}: the file is not the one recorded")
    return faults


def billing_faults(snapshot: Snapshot, accepted: Iterable[tuple[int | None, str]]) -> list[str]:
    """Compare with what the provider accepted, as (seed, prompt): at most one for each job, none for what was never sent."""
    billed = Counter(accepted)
    prompts = {row["id"]: row["prompt"] for row in snapshot.generations}
    faults = []
    for job in snapshot.jobs:
        times = billed.pop((job["seed"], prompts[job["generation_id"]]), 0)
        if times > 1:
            faults.append(f"job {job['id']}: accepted {times} times by the provider")
        if times > job["attempts"]:
            faults.append(f"job {job['id']}: accepted without an attempt on record")
        if job["state"] == "completed" and times != 1:
            faults.append(f"job {job['id']}: completed, but accepted {times} times")
    return faults + [f"the provider was asked for {what}, which is no job" for what in billed]


def _open_holds(snapshot: Snapshot) -> list[str]:
    held = sum(hold["amount"] for hold in snapshot.holds if hold["status"] == "open")
    owed = sum(row["price_credits"] for row in snapshot.generations if row["open_jobs"] > 0)
    orphans = {hold["id"] for hold in snapshot.holds} - {row["hold_id"] for row in snapshot.generations}
    return [f"open holds are {held}, open generations cost {owed}"] * (held != owed) + [f"hold {one}: no generation" for one in orphans]


def _generations(snapshot: Snapshot) -> list[str]:
    holds = {hold["id"]: hold for hold in snapshot.holds}
    jobs: dict[str, list[Row]] = {row["id"]: [] for row in snapshot.generations}
    for job in snapshot.jobs:
        jobs[job["generation_id"]].append(job)
    return [fault for row in snapshot.generations for fault in _generation(row, jobs[row["id"]], holds[row["hold_id"]])]


def _generation(row: Row, jobs: Sequence[Row], hold: Row) -> list[str]:
    delivered = sum(job["state"] == "completed" for job in jobs)
    open_jobs = sum(job["state"] not in FINAL for job in jobs)
    charged = 0 if open_jobs else delivered * row["unit_price_credits"]
    expected: dict[str, object] = {
        "outputs": len(jobs),
        "open_jobs": open_jobs,
        "delivered": delivered,
        "captured_credits": charged,
        "hold amount": row["price_credits"],
        "hold status": "open" if open_jobs else "captured" if charged else "released",
        "hold captured": charged,
        "is finished": not open_jobs,
    }
    found: dict[str, object] = {
        "outputs": row["outputs"],
        "open_jobs": row["open_jobs"],
        "delivered": row["delivered"],
        "captured_credits": row["captured_credits"],
        "hold amount": hold["amount"],
        "hold status": hold["status"],
        "hold captured": hold["captured"],
        "is finished": row["finished_at"] is not None,
    }
    return _differences(f"generation {row['id']}", found, expected)


def _attempts(snapshot: Snapshot) -> list[str]:
    made = Counter(attempt["job_id"] for attempt in snapshot.attempts)
    taken = Counter(attempt["job_id"] for attempt in snapshot.attempts if attempt["outcome"] in ("accepted", "delivered", "unknown"))
    cut = Counter(attempt["job_id"] for attempt in snapshot.attempts if attempt["outcome"] is None)
    faults = []
    for job in snapshot.jobs:
        faults += _differences(f"job {job['id']}", {"attempts": job["attempts"]}, {"attempts": made[job["id"]]})
        if taken[job["id"]] + cut[job["id"]] > 1:
            faults.append(f"job {job['id']}: sent again although an earlier call may have been accepted")
    return faults


def _gallery(snapshot: Snapshot) -> list[str]:
    shown = Counter(job["media_id"] for job in snapshot.jobs if job["state"] == "completed")
    stored = Counter(row["id"] for row in snapshot.media)
    return [] if shown == stored else [f"the gallery has {sorted(stored - shown)} too many and {sorted(shown - stored, key=str)} too few"]


def _differences(subject: str, found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    return [f"{subject}: {name} is {found[name]}, expected {expected[name]}" for name in expected if found[name] != expected[name]]


def _rows(tx: Tx, sql: str) -> tuple[dict[str, Any], ...]:
    return tuple(dict(row) for row in tx.execute(sql).all())
