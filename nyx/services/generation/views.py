"""What pages and callers see of a generation: frozen, and safe to keep for hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """Where one output is, in the creator's words."""

    QUEUED = "queued"
    SENT = "sent"
    RENDERING = "rendering"
    SAVING = "saving"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Opening:
    """What a screen shows first: what was being typed there, empty when nothing was, and whether its owner ever generated anything."""

    draft: dict[str, Any]
    has_generations: bool


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a creator asks for. ``seed`` None means: choose one. Sizes in pixels."""

    model_key: str
    prompt: str
    capability: str = "text-to-image"
    outputs: int = 1
    width_px: int | None = None
    height_px: int | None = None
    aspect_ratio: str | None = None
    negative_prompt: str = ""
    seed: int | None = None
    seeds: tuple[int, ...] = ()
    """One for each output, in place of ``seed`` and those that follow it."""
    steps: int | None = None
    guidance: float | None = None
    output_format: str = ""
    seconds: int | None = None
    resolution: str | None = None
    generate_audio: bool | None = None
    first_frame_url: str | None = None
    last_frame_url: str | None = None
    reference_images: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class OutputView:
    """One output. ``media_id`` is set once the file is stored; ``trouble`` is a sentence for the creator."""

    job_id: str
    index: int
    stage: Stage
    seed: int | None
    media_id: str | None = None
    content_type: str = ""
    width_px: int = 0
    height_px: int = 0
    blur: str = ""
    has_thumbnails: bool = False
    trouble: str = ""
    is_late: bool = False
    stop_waiting: bool = False
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class GenerationView:
    """One generation with its outputs in order. ``status``: pending, processing, completed, failed or cancelled."""

    id: str
    status: str
    capability: str
    model_key: str
    model_name: str
    prompt: str
    draft: Draft
    unit_price_credits: int
    price_credits: int
    captured_credits: int
    created_at: datetime
    finished_at: datetime | None
    outputs: tuple[OutputView, ...]
    expected_s: float | None = None  # median of this model's own history; None when there is none yet

    @property
    def is_open(self) -> bool:
        """True while anything may still arrive."""
        return any(output.stage in _OPEN for output in self.outputs)

    @property
    def ready(self) -> int:
        """How many outputs are stored."""
        return sum(output.stage is Stage.READY for output in self.outputs)


_OPEN = frozenset({Stage.QUEUED, Stage.SENT, Stage.RENDERING, Stage.SAVING, Stage.UNKNOWN})
