"""How the sandbox behaves: its speeds, its failures and its documented oddities. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Oddity(StrEnum):
    """Differences between the provider's published schema and what its documentation or live answers show."""

    TYPE_NULL = "type_null"
    """Pictures come with ``"type": null``."""
    NO_OBJECT = "no_object"
    """Answers lack ``object``."""
    TIMINGS = "timings"
    """Pictures come with ``timings``."""
    ISO_TIMES = "iso_times"
    """Times of clips are ISO text instead of seconds since the epoch."""
    NO_COST = "no_cost"
    """Finished clips name no cost."""
    TERMINAL_AT_ONCE = "terminal_at_once"
    """The first answer about a clip is already its last."""
    LATE_COMPLAINT = "late_complaint"
    """A parameter that a video model does not take makes the job fail later, not the request at once."""


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """Times in seconds, rates between 0 and 1."""

    image_latency_s: float = 2.0
    video_latency_s: float = 10.0
    jitter: float = 0.25
    """A latency of 10 s with 0.25 lies between 7.5 and 12.5 s."""
    failure_rate: float = 0.0
    """This share of accepted requests ends in failure."""
    most_fps: int = 60
    """Clips get no more frames a second than this: fewer are drawn sooner."""
    url_ttl_s: float = 1800.0
    late_s: float = 1200.0
    """What the fault word [late] means."""
    hang_s: float = 3600.0
    """How long [hang] keeps the line open."""
    max_remembered: int = 5000
    """Results and jobs kept in memory; the oldest go first."""
    prepared_picture: bool = False
    """Answer with files made beforehand, without latency: for measuring the app and not the sandbox."""
    clips_folder: Path | None = None
    """Where clips in the making are kept over a restart; None keeps them in memory alone."""
    oddities: frozenset[Oddity] = frozenset()
