"""What pages and callers see of a generation: frozen, and safe to keep for hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from nyx.models import InputRole as InputRole  # pages get it from here
from nyx.services.media.views import Variant


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
    """What a screen shows first: what was being typed there, empty when nothing was, whether its owner ever generated anything, and
    the credits that they can spend."""

    draft: dict[str, Any]
    has_generations: bool
    available_credits: int


@dataclass(frozen=True, kw_only=True)
class InputPicture:
    """One of the owner's pictures to make something from: an upload, or an output. ``image`` is the one to start from."""

    media_id: str
    role: InputRole = InputRole.IMAGE


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
    inputs: tuple[InputPicture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """How much of what some drafts ask for was made before, with the same seeds, and is still there."""

    wanted: int  # outputs
    there: int = 0
    generation_ids: tuple[str, ...] = ()
    """Those that have what is there, the newest first."""
    rest: tuple[Draft, ...] = ()
    """These ask for what is not there."""
    rest_credits: int = 0
    all_credits: int = 0

    @property
    def is_complete(self) -> bool:
        """True when nothing is left to make."""
        return self.there == self.wanted


def read_draft(stored: Mapping[str, Any]) -> Draft:
    """The draft that was stored as JSON; what an earlier version knew and this one doesn't is left out."""
    values = {field.name: stored[field.name] for field in fields(Draft) if field.name in stored}
    values["seeds"] = tuple(stored.get("seeds", ()))
    values["inputs"] = tuple(InputPicture(media_id=it["media_id"], role=InputRole(it["role"])) for it in stored.get("inputs", ()))
    return Draft(**values)


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
    is_favourite: bool = False
    is_purged: bool = False  # deleted, and beyond bringing back
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
    expected_p90_s: float | None = None  # nine in ten of them took no longer
    again_unit_credits: int = 0  # what one output of exactly this costs when it is asked for now; 0 while its model can't be used
    ahead: int | None = None  # older generations, of anybody, with outputs that wait to be sent; None when none of these waits

    @property
    def makes_clips(self) -> bool:
        """True for video."""
        return self.capability.endswith("-video")

    @property
    def is_open(self) -> bool:
        """True while anything may still arrive."""
        return any(output.stage in _OPEN for output in self.outputs)

    @property
    def ready(self) -> int:
        """How many outputs are stored."""
        return sum(output.stage is Stage.READY for output in self.outputs)


@dataclass(frozen=True, kw_only=True)
class LinkedPicture:
    """A picture or clip that another one was made from, or that was made from it. ``role`` is what the older is to the younger."""

    media_id: str
    generation_id: str
    role: InputRole
    content_type: str
    width_px: int
    height_px: int
    blur: str
    created_at: datetime

    def url(self, variant: Variant = Variant.THUMB) -> str:
        """The private address of one of its files."""
        return f"/media/{self.media_id}/{variant}"


_OPEN = frozenset({Stage.QUEUED, Stage.SENT, Stage.RENDERING, Stage.SAVING, Stage.UNKNOWN})
