"""Every change that a worker makes to its job, guarded by state and lease; the last one settles the credits. Plain operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nyx.db import Tx
from nyx.errors import Conflict, NyxError
from nyx.models import AttemptOutcome, GenerationStatus, JobState
from nyx.services.credits import ledger
from nyx.services.generation.claims import UNKNOWN_SENTENCE, Job
from nyx.services.generation.lifecycle import check_move
from nyx.services.media.repository import insert_media
from nyx.services.media.views import StoredOutput

MAX_OBSERVED_MS = 60_000  # of one wait: a clock that jumps must not use up a deadline


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why an output failed: a code for us, a sentence for the creator, the provider's own text for the admin."""

    code: str
    sentence: str
    detail: str = ""

    @staticmethod
    def of(error: NyxError) -> Trouble:
        return Trouble(code=error.code, sentence=str(error), detail=getattr(error, "detail", ""))


def accept(tx: Tx, *, job: Job, provider_job_id: str, next_run_at: datetime, now: datetime) -> None:
    """The provider works on it: keep its job id before the first poll. Raises: Conflict."""
    _answer(tx, job, AttemptOutcome.ACCEPTED, now)
    _move(
        tx,
        job,
        JobState.RUNNING,
        "provider_job_id = :provider_job_id, next_run_at = :next_run_at, failures = 0, lease_owner = NULL, lease_until = NULL",
        provider_job_id=provider_job_id,
        next_run_at=next_run_at,
    )


def deliver(tx: Tx, *, job: Job, url: str, provider_job_id: str | None, cost_usd_micros: int | None, render_ms: int, now: datetime) -> None:
    """The provider is done: keep the link before fetching it; the lease stays. Raises: Conflict."""
    if job.state is JobState.SUBMITTING:
        _answer(tx, job, AttemptOutcome.DELIVERED, now)
    _move(
        tx,
        job,
        JobState.FETCHING,
        "failures = CASE WHEN result_url IS NULL THEN 0 ELSE failures END,"  # of a second link they go on counting
        " result_url = :url, provider_job_id = :provider_job_id, cost_usd_micros = :cost, render_ms = :render_ms,"
        " next_run_at = :now, observed_at = :now",
        url=url,
        provider_job_id=provider_job_id,
        cost=cost_usd_micros,
        render_ms=render_ms,
        now=now,
    )


def try_later(tx: Tx, *, job: Job, next_run_at: datetime, now: datetime, trouble: Trouble) -> None:
    """The provider surely did not take it: back to the queue, or to its end when nobody waits for it. Raises: Conflict."""
    _answer(tx, job, AttemptOutcome.UNAVAILABLE, now, trouble.detail)
    row = tx.execute(f"SELECT stop_waiting FROM job WHERE id = :id{tx.lock}", id=job.id).first()
    if row and row["stop_waiting"]:
        _move(tx, job, JobState.CANCELLED, "finished_at = :now, lease_owner = NULL, lease_until = NULL", now=now)
        close_one(tx, job.generation_id, delivered=0, now=now)
        return
    _move(
        tx,
        job,
        JobState.PENDING,
        "failures = failures + 1, next_run_at = :next_run_at, lease_owner = NULL, lease_until = NULL, rendering_at = NULL",
        next_run_at=next_run_at,
    )


def wait_more(tx: Tx, *, job: Job, next_run_at: datetime, now: datetime, is_late: bool, failed: bool) -> None:
    """Nothing new: count the time that was really observed, and come back later. Raises: Conflict."""
    changed = tx.execute(
        f"UPDATE job SET elapsed_ms = elapsed_ms + {OBSERVED_MS_SQL}, observed_at = :now, polls = polls + 1, next_run_at = :next_run_at,"
        " failures = CASE WHEN :failed THEN failures + 1 WHEN result_url IS NULL THEN 0 ELSE failures END,"
        " is_late = :is_late, lease_owner = NULL, lease_until = NULL"
        " WHERE id = :id AND state = :state AND lease_epoch = :epoch",
        id=job.id,
        state=job.state,
        epoch=job.epoch,
        now=now,
        next_run_at=next_run_at,
        is_late=is_late,
        failed=failed,
    )
    _expect_one(changed.rowcount)


def ask_again(tx: Tx, *, job: Job, next_run_at: datetime) -> None:
    """A link that expired before it was fetched: poll for a fresh one. Raises: Conflict."""
    # The dead link stays: it tells that failures count on, so that links which are all dead come to an end.
    _move(
        tx,
        job,
        JobState.RUNNING,
        "failures = failures + 1, next_run_at = :next_run_at, lease_owner = NULL, lease_until = NULL",
        next_run_at=next_run_at,
    )


def lose_track(tx: Tx, *, job: Job, detail: str, now: datetime) -> None:
    """The call may have been accepted: hold the credits, never send again. Raises: Conflict."""
    _answer(tx, job, AttemptOutcome.UNKNOWN, now, detail)
    _move(
        tx,
        job,
        JobState.UNKNOWN,
        "elapsed_ms = 0, observed_at = :now, error_code = 'outcome_unknown', error_sentence = :sentence, error_detail = :detail,"
        " lease_owner = NULL, lease_until = NULL",
        now=now,
        sentence=UNKNOWN_SENTENCE,
        detail=detail[:500],
    )


def take_back(tx: Tx, *, job: Job) -> int:
    """The answer to a call that was given up as lost has come after all: back to ``submitting``, with a new epoch. Raises: Conflict."""
    check_move(JobState.UNKNOWN, JobState.SUBMITTING)
    taken = tx.execute(
        "UPDATE job SET state = 'submitting', lease_epoch = lease_epoch + 1, error_code = NULL, error_sentence = NULL, error_detail = NULL"
        " WHERE id = :id AND state = 'unknown' AND attempts = :attempts RETURNING lease_epoch",
        id=job.id,
        attempts=job.attempts,
    ).first()
    if taken is None:
        raise Conflict("Another worker or the creator has moved this output on.")
    return int(taken["lease_epoch"])


def begin_rendering(tx: Tx, *, job: Job, now: datetime) -> bool:
    """The provider has plainly begun a picture. False when the job has moved on meanwhile."""
    return (
        tx.execute(
            "UPDATE job SET rendering_at = :now WHERE id = :id AND state = 'submitting' AND lease_epoch = :epoch",
            id=job.id,
            epoch=job.epoch,
            now=now,
        ).rowcount
        == 1
    )


def complete(tx: Tx, *, job: Job, stored: StoredOutput, now: datetime, render_ms: int | None = None) -> bool:
    """The file is stored: add it to the gallery; with the last output, settle. Returns whether that was the last. Raises: Conflict."""
    insert_media(tx, owner_id=job.owner_id, generation_id=job.generation_id, output_index=job.output_index, stored=stored, now=now)
    if job.state is JobState.SUBMITTING:
        _answer(tx, job, AttemptOutcome.DELIVERED, now)
    _move(
        tx,
        job,
        JobState.COMPLETED,
        "media_id = :media_id, render_ms = coalesce(:render_ms, render_ms), finished_at = :now, result_url = NULL,"
        " error_code = NULL, error_sentence = NULL, error_detail = NULL, lease_owner = NULL, lease_until = NULL",
        media_id=stored.media_id,
        render_ms=render_ms,
        now=now,
    )
    return close_one(tx, job.generation_id, delivered=1, now=now)


def fail(tx: Tx, *, job: Job, trouble: Trouble, now: datetime, outcome: AttemptOutcome = AttemptOutcome.REFUSED) -> bool:
    """A verdict against this output: with the last one, settle. Returns whether that was the last. Raises: Conflict."""
    if job.state is JobState.SUBMITTING:
        _answer(tx, job, outcome, now, trouble.detail)
    _move(
        tx,
        job,
        JobState.FAILED,
        "error_code = :code, error_sentence = :sentence, error_detail = :detail, finished_at = :now,"
        " lease_owner = NULL, lease_until = NULL",
        code=trouble.code,
        sentence=trouble.sentence,
        detail=trouble.detail[:500],
        now=now,
    )
    return close_one(tx, job.generation_id, delivered=0, now=now)


OBSERVED_MS_SQL = (
    "CASE WHEN :now - observed_at < 0 THEN 0"
    f" WHEN :now - observed_at > {MAX_OBSERVED_MS * 1000} THEN {MAX_OBSERVED_MS}"
    " ELSE (:now - observed_at) / 1000 END"
)


def _move(tx: Tx, job: Job, target: JobState, changes: str, **params: object) -> None:
    """The only way to change a job's state from a runner: compare and set."""
    check_move(job.state, target)
    changed = tx.execute(
        f"UPDATE job SET state = :target, {changes} WHERE id = :id AND state = :state AND lease_epoch = :epoch",
        target=target,
        id=job.id,
        state=job.state,
        epoch=job.epoch,
        **params,
    )
    _expect_one(changed.rowcount)


def _expect_one(rowcount: int) -> None:
    if rowcount != 1:
        raise Conflict("Another worker or the creator has moved this output on.")


def _answer(tx: Tx, job: Job, outcome: AttemptOutcome, now: datetime, detail: str = "") -> None:
    tx.execute(
        "UPDATE attempt SET outcome = :outcome, answered_at = :now, detail = :detail WHERE job_id = :job_id AND number"
        " = :number AND outcome IS NULL",
        outcome=outcome,
        now=now,
        detail=detail[:500],
        job_id=job.id,
        number=job.attempts,
    )


def close_one(tx: Tx, generation_id: str, *, delivered: int, now: datetime) -> bool:
    """One output is final. With the last one: charge what was delivered, free the rest, in this same transaction."""
    generation = tx.execute(
        "UPDATE generation SET open_jobs = open_jobs - 1, delivered = delivered + :delivered, status = 'processing'"
        " WHERE id = :id AND open_jobs > 0 RETURNING open_jobs, delivered, unit_price_credits, hold_id",
        id=generation_id,
        delivered=delivered,
    ).first()
    if generation is None:
        raise Conflict("This generation is settled already.")
    if generation["open_jobs"] > 0:
        return False
    owed = generation["delivered"] * generation["unit_price_credits"]
    if owed:
        hold = ledger.capture(tx, hold_id=generation["hold_id"], amount=owed, now=now)
    else:
        hold = ledger.release(tx, hold_id=generation["hold_id"], now=now)
    tx.execute(
        "UPDATE generation SET status = :status, captured_credits = :charged, finished_at = :now WHERE id = :id",
        id=generation_id,
        status=_final_status(tx, generation_id, generation["delivered"]),
        charged=hold.captured,
        now=now,
    )
    return True


def _final_status(tx: Tx, generation_id: str, delivered: int) -> GenerationStatus:
    if delivered:
        return GenerationStatus.COMPLETED
    failed = tx.execute("SELECT 1 AS one FROM job WHERE generation_id = :id AND state = 'failed' LIMIT 1", id=generation_id).first()
    return GenerationStatus.FAILED if failed else GenerationStatus.CANCELLED
