"""The receipt of a generation: what was quoted, set aside, sent, answered, delivered, charged and given back, each with its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nyx.clock import from_micros
from nyx.db import Database, rows_of
from nyx.errors import NotFound
from nyx.models import AttemptOutcome, HoldStatus, JobState, LotSource
from nyx.services.catalog import CatalogService

Row = Mapping[str, Any]


class Step(StrEnum):
    """What a line tells."""

    ASKED = "asked"
    HELD = "held"
    SENT = "sent"
    ANSWERED = "answered"  # ``outcome`` says how
    CUT_OFF = "cut_off"  # the studio ended in the middle of the call: no answer was ever read
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CHARGED = "charged"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One step. ``output`` counts from 0, None for the whole; ``credits`` only where credits moved, and how many."""

    at: datetime
    step: Step
    output: int | None = None
    attempt: int = 0
    credits: int = 0
    outcome: AttemptOutcome | None = None
    source: LotSource | None = None
    words: str = ""  # the sentence that the creator was told


@dataclass(frozen=True, kw_only=True)
class ReceiptOutput:
    """One output as it stands. ``media_id`` is None when it was never delivered, or deleted since."""

    index: int
    state: JobState
    media_id: str | None
    was_deleted: bool
    is_late: bool
    seed: int | None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Whole credits: ``quoted`` is what was set aside, and always ``charged`` + ``given_back`` + ``still_held``."""

    generation_id: str
    status: str
    model_name: str
    capability: str
    prompt: str
    unit_credits: int
    quoted: int
    charged: int
    given_back: int
    asked_at: datetime
    finished_at: datetime | None
    outputs: tuple[ReceiptOutput, ...]
    lines: tuple[ReceiptLine, ...]

    @property
    def still_held(self) -> int:
        """What stays set aside while something may still arrive."""
        return self.quoted - self.charged - self.given_back


class Receipts:
    """Reads receipts; what is in them is written by the engine and the ledger alone."""

    def __init__(self, *, db: Database, catalog: CatalogService) -> None:
        self._db = db
        self._catalog = catalog

    async def get(self, *, owner_id: str, generation_id: str) -> Receipt:
        """The receipt so far. Raises: NotFound, also for somebody else's."""
        async with self._db.read() as session:
            found = await rows_of(session, _GENERATION, id=generation_id, owner_id=owner_id)
            if not found:
                raise NotFound("This generation is not here.")
            jobs = await rows_of(session, _JOBS, id=generation_id)
            attempts = await rows_of(session, _ATTEMPTS, id=generation_id)
            entries = await rows_of(session, _ENTRIES, id=found[0]["hold_id"])
        return _receipt(found[0], jobs, attempts, entries, model_name=self._catalog.name_of(found[0]["model_key"]))


def _receipt(row: Row, jobs: Sequence[Row], attempts: Sequence[Row], entries: Sequence[Row], *, model_name: str) -> Receipt:
    is_settled = row["hold_status"] != HoldStatus.OPEN
    lines = [*_of_credits(row, entries if is_settled else ()), *_of_calls(jobs, attempts), *_of_ends(jobs)]
    return Receipt(
        generation_id=row["id"],
        status=row["status"],
        model_name=model_name,
        capability=row["capability"],
        prompt=row["prompt"],
        unit_credits=row["unit_price_credits"],
        quoted=row["held"],
        charged=row["captured"],
        given_back=row["held"] - row["captured"] if is_settled else 0,
        asked_at=from_micros(row["created_at"]),
        finished_at=None if row["finished_at"] is None else from_micros(row["finished_at"]),
        outputs=tuple(map(_output, jobs)),
        lines=tuple(sorted(lines, key=lambda line: (line.at, _ORDER[line.step], line.output or 0))),
    )


def _of_credits(row: Row, entries: Sequence[Row]) -> Iterator[ReceiptLine]:
    yield ReceiptLine(at=from_micros(row["created_at"]), step=Step.ASKED, credits=row["price_credits"])
    yield ReceiptLine(at=from_micros(row["held_at"]), step=Step.HELD, credits=row["held"])
    for entry in entries:
        source = LotSource(entry["source"])
        yield ReceiptLine(at=from_micros(entry["created_at"]), step=Step.CHARGED, credits=-entry["amount"], source=source)
    if row["hold_status"] != HoldStatus.OPEN and row["held"] > row["captured"]:
        yield ReceiptLine(at=from_micros(row["settled_at"]), step=Step.GIVEN_BACK, credits=row["held"] - row["captured"])


def _of_calls(jobs: Sequence[Row], attempts: Sequence[Row]) -> Iterator[ReceiptLine]:
    by_id = {job["id"]: job for job in jobs}
    for attempt in attempts:
        job = by_id[attempt["job_id"]]
        about = {"output": job["output_index"], "attempt": attempt["number"]}
        sent_at = from_micros(attempt["started_at"])
        yield ReceiptLine(at=sent_at, step=Step.SENT, **about)
        if attempt["outcome"] is not None:
            outcome = AttemptOutcome(attempt["outcome"])
            yield ReceiptLine(at=from_micros(attempt["answered_at"]), step=Step.ANSWERED, outcome=outcome, **about)
        elif job["state"] != JobState.SUBMITTING:
            yield ReceiptLine(at=sent_at, step=Step.CUT_OFF, **about)


def _of_ends(jobs: Sequence[Row]) -> Iterator[ReceiptLine]:
    for job in jobs:
        step = _ENDS.get(JobState(job["state"]))
        if step is not None:
            words = (job["error_sentence"] or "") if step is Step.FAILED else ""
            yield ReceiptLine(at=from_micros(job["finished_at"]), step=step, output=job["output_index"], words=words)


def _output(job: Row) -> ReceiptOutput:
    is_deleted = job["media_id"] is not None and (job["is_there"] is None or job["deleted_at"] is not None)
    return ReceiptOutput(
        index=job["output_index"],
        state=JobState(job["state"]),
        media_id=None if is_deleted else job["media_id"],
        was_deleted=is_deleted,
        is_late=bool(job["is_late"]),
        seed=job["seed"],
    )


_ENDS = {JobState.COMPLETED: Step.READY, JobState.FAILED: Step.FAILED, JobState.CANCELLED: Step.CANCELLED}
_ORDER = {step: place for place, step in enumerate(Step)}  # of steps of the same moment

# One statement for every figure, so that they are of the same moment.
_GENERATION = (
    "SELECT g.id, g.status, g.model_key, g.capability, g.prompt, g.unit_price_credits, g.price_credits, g.created_at, g.finished_at,"
    " g.hold_id, h.amount AS held, h.captured, h.status AS hold_status, h.created_at AS held_at, h.settled_at"
    " FROM generation g JOIN credit_hold h ON h.id = g.hold_id WHERE g.id = :id AND g.owner_id = :owner_id"
)
_JOBS = (
    "SELECT j.id, j.output_index, j.state, j.seed, j.is_late, j.error_sentence, j.finished_at, j.media_id, m.id AS is_there, m.deleted_at"
    " FROM job j LEFT JOIN media m ON m.id = j.media_id WHERE j.generation_id = :id ORDER BY j.output_index"
)
_ATTEMPTS = (
    "SELECT a.job_id, a.number, a.started_at, a.answered_at, a.outcome FROM attempt a JOIN job j ON j.id = a.job_id"
    " WHERE j.generation_id = :id ORDER BY a.started_at, a.number"
)
_ENTRIES = (
    "SELECT e.amount, e.created_at, l.source FROM credit_entry e JOIN credit_lot l ON l.id = e.lot_id"
    " WHERE e.hold_id = :id AND e.kind = 'spend' ORDER BY e.id"
)
