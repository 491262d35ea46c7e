"""What people and time do to jobs from outside: cancel, give up on the unknown, resolve it by hand. Plain operations."""

from __future__ import annotations

from datetime import datetime, timedelta

from nyx.db import Row, Tx
from nyx.errors import Conflict, TooMany
from nyx.models import JobState
from nyx.services.credits import ledger
from nyx.services.generation.settling import OBSERVED_MS_SQL, close_one

MAX_LET_GO = 8  # outputs that were at the provider already, within
LET_GO_WINDOW = timedelta(days=1)

GAVE_UP_SENTENCE = "The provider never told us what became of this one, so nothing was charged for it. Try again."


def cancel(tx: Tx, *, owner_id: str, generation_id: str, keep_late: bool, now: datetime) -> int:
    """Stop a generation: what is not sent yet ends now; what is at the provider is kept when it arrives, or let go.

    Returns how many outputs that changed. Raises: TooMany when too much was let go that the operator pays for.
    """
    jobs = tx.execute(
        "SELECT id, state, stop_waiting FROM job WHERE generation_id = :generation_id AND owner_id = :owner_id"
        f" AND state IN ('pending', 'submitting', 'running', 'fetching') ORDER BY output_index{tx.lock}",
        generation_id=generation_id,
        owner_id=owner_id,
    ).all()
    if not keep_late and any(row["state"] != JobState.PENDING for row in jobs):
        _check_let_go(tx, owner_id, now)
    changed = 0
    for row in jobs:
        if row["state"] == JobState.PENDING or not keep_late:
            changed += _cancel_one(tx, generation_id, row, now)
        elif not row["stop_waiting"]:
            tx.execute("UPDATE job SET stop_waiting = :yes WHERE id = :id", id=row["id"], yes=True)
            changed += 1
    return changed


def _check_let_go(tx: Tx, owner_id: str, now: datetime) -> None:
    """What the provider has taken is billed to the operator either way: letting it go is a courtesy, not a way to use it for nothing."""
    counted = tx.execute(
        "SELECT count(*) AS let_go FROM job WHERE owner_id = :owner_id AND state = 'cancelled' AND submitted_at IS NOT NULL"
        " AND finished_at > :since",
        owner_id=owner_id,
        since=now - LET_GO_WINDOW,
    ).all()[0]
    if counted["let_go"] >= MAX_LET_GO:
        raise TooMany("You have let go many outputs today that were already being made. Keep what still arrives, for its price.")


def age_unknown(tx: Tx, *, now: datetime, give_up_after_ms: int) -> tuple[Row, ...]:
    """Count the observed time of unknown outputs and release those whose day is over. Returns these jobs."""
    tx.execute(f"UPDATE job SET elapsed_ms = elapsed_ms + {OBSERVED_MS_SQL}, observed_at = :now WHERE state = 'unknown'", now=now)
    over = tx.execute("SELECT id FROM job WHERE state = 'unknown' AND elapsed_ms >= :limit", limit=give_up_after_ms).all()
    return tuple(row for each in over if (row := _give_up(tx, each["id"], now)))


def resolve_unknown(tx: Tx, *, job_id: str, provider_job_id: str | None, now: datetime) -> Row:
    """An admin's word on an unknown output: the provider's job id when it was found, None when it is lost. Raises: Conflict."""
    if provider_job_id is not None:
        found = tx.execute(
            "UPDATE job SET state = 'running', provider_job_id = :provider_job_id, next_run_at = :now, elapsed_ms = 0, observed_at = :now,"
            " failures = 0, error_code = NULL, error_sentence = NULL"
            " WHERE id = :id AND state = 'unknown' AND kind = 'video' RETURNING generation_id, owner_id",
            id=job_id,
            provider_job_id=provider_job_id,
            now=now,
        ).first()
        if found is None:
            raise Conflict("Only a clip whose outcome is unknown can be found again by its job id.")
        return found
    lost = _give_up(tx, job_id, now)
    if lost is None:
        raise Conflict("This output is not unknown any more.")
    return lost


def end_orphan_holds(tx: Tx, *, now: datetime) -> tuple[str, ...]:
    """Free holds past their time, but never one of a generation that is still open: a clock that jumps must not refund it."""
    open_holds = tx.execute("SELECT hold_id FROM generation WHERE open_jobs > 0").all()
    return ledger.expire_holds(tx, now=now, spare=frozenset(row["hold_id"] for row in open_holds))


def _give_up(tx: Tx, job_id: str, now: datetime) -> Row | None:
    lost = tx.execute(
        "UPDATE job SET state = 'failed', finished_at = :now, error_sentence = :sentence"
        " WHERE id = :id AND state = 'unknown' RETURNING id, generation_id, owner_id",
        id=job_id,
        now=now,
        sentence=GAVE_UP_SENTENCE,
    ).first()
    if lost is not None:
        close_one(tx, lost["generation_id"], delivered=0, now=now)
    return lost


def _cancel_one(tx: Tx, generation_id: str, row: Row, now: datetime) -> int:
    changed = tx.execute(
        "UPDATE job SET state = 'cancelled', finished_at = :now, lease_owner = NULL, lease_until = NULL, lease_epoch = lease_epoch + 1"
        " WHERE id = :id AND state = :state",
        id=row["id"],
        state=row["state"],
        now=now,
    ).rowcount
    if changed:
        close_one(tx, generation_id, delivered=0, now=now)
    return changed
