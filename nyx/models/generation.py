"""What was asked (generation), the durable work that carries it out (job) and each call to a provider (attempt)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from nyx.models.types import JsonText, UtcDateTime, one_of


class GenerationStatus(StrEnum):
    """What the creator sees."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """Where one output is; transitions are in nyx.services.generation.lifecycle."""

    PENDING = "pending"
    SUBMITTING = "submitting"
    RUNNING = "running"
    FETCHING = "fetching"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class AttemptOutcome(StrEnum):
    """How one call ended; an attempt without outcome was cut off."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    MISBEHAVED = "misbehaved"
    UNKNOWN = "unknown"


class InputRole(StrEnum):
    """What a picture is to the generation that is made from it."""

    IMAGE = "image"  # where it starts from
    REFERENCE = "reference"
    FIRST = "first"
    LAST = "last"


class Generation(SQLModel, table=True):
    """One request of a creator with its frozen price and parameters; it has 1 to 4 jobs, one per output."""

    __tablename__ = "generation"
    __table_args__ = (
        UniqueConstraint("owner_id", "draft_key", name="generation_once_per_draft"),
        CheckConstraint("open_jobs >= 0 AND open_jobs <= outputs", name="open_jobs_within_outputs"),
        CheckConstraint("delivered >= 0 AND delivered <= outputs", name="delivered_within_outputs"),
        CheckConstraint("captured_credits >= 0 AND captured_credits <= price_credits", name="captured_within_price"),
        one_of("status", GenerationStatus),
        Index("generation_by_owner", "owner_id", "created_at", "id"),
        Index("generation_open", "created_at", sqlite_where=text("open_jobs > 0"), postgresql_where=text("open_jobs > 0")),
    )

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    draft_key: str
    request_hash: str
    capability: str
    model_key: str
    prompt: str
    words: str = Field(default="", sa_column_kwargs={"server_default": ""})  # of the prompt, as nyx.folding makes them
    settings: dict[str, Any] = Field(sa_type=JsonText)
    outputs: int
    unit_price_credits: int = Field(sa_type=BigInteger)
    price_credits: int = Field(sa_type=BigInteger)
    hold_id: str = Field(foreign_key="credit_hold.id")
    status: str = Field(default=GenerationStatus.PENDING, sa_column_kwargs={"server_default": GenerationStatus.PENDING})
    open_jobs: int
    delivered: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    captured_credits: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Job(SQLModel, table=True):
    """The durable work for one output. Claimed by lease; every later change is guarded by state and lease_epoch."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("generation_id", "output_index", name="job_once_per_output"),
        one_of("state", JobState),
        Index(
            "job_due",
            "next_run_at",
            sqlite_where=text("state IN ('pending', 'submitting', 'running', 'fetching', 'unknown')"),
            postgresql_where=text("state IN ('pending', 'submitting', 'running', 'fetching', 'unknown')"),
        ),
        Index("job_timing", "model_key", "length_s", "finished_at"),
        Index("job_same", "owner_id", "request_hash"),
    )

    id: str = Field(primary_key=True)
    generation_id: str = Field(foreign_key="generation.id")
    owner_id: str = Field(foreign_key="app_user.id", index=True)
    output_index: int
    provider: str
    kind: str  # image or video
    model_key: str
    length_s: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # of a clip; 0 for a picture
    request: dict[str, Any] = Field(sa_type=JsonText)
    request_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})  # the same for the same request, seed and all
    seed: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(default=JobState.PENDING, sa_column_kwargs={"server_default": JobState.PENDING})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    provider_job_id: str | None = None
    result_url: str | None = None
    stop_waiting: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )  # cancelled after the call: kept if it comes
    is_late: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    rendering_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    elapsed_ms: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    observed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    polls: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # in a row, in this state
    next_run_at: datetime = Field(sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_epoch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error_code: str | None = None
    error_sentence: str | None = None
    error_detail: str | None = None
    cost_usd_micros: int | None = Field(default=None, sa_type=BigInteger)
    render_ms: int | None = Field(default=None, sa_type=BigInteger)
    media_id: str | None = Field(default=None, foreign_key="media.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class GenerationInput(SQLModel, table=True):
    """A picture that a generation is made from. It is written with the generation and never changes."""

    __tablename__ = "generation_input"
    __table_args__ = (one_of("role", InputRole),)

    generation_id: str = Field(primary_key=True, foreign_key="generation.id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    role: str
    media_id: str = Field(foreign_key="media.id", index=True)


class Attempt(SQLModel, table=True):
    """One call to a provider, written before it is made."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("job_id", "number", name="attempt_once"), one_of("outcome", AttemptOutcome))

    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="job.id")
    number: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    detail: str = Field(default="", sa_column_kwargs={"server_default": ""})
