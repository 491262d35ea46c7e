"""When to ask a provider again, learned from how long the same model's finished jobs took.

A window spans most of those durations: nothing is asked before it (but for the once a minute that every job gets), in it
one pace is kept, after it the intervals grow. The pace is chosen so that the history itself would have cost less than half the
requests of a fixed 5 s poll; spent inside the window, they notice the typical job sooner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MIN_INTERVAL_S = 1.0
MAX_INTERVAL_S = 60.0
MIN_HISTORY = 5  # fewer finished jobs than this say nothing

# The window, as shares of the finished jobs. The latest are in it too: few jobs are left by then, so asking often costs little.
_OPENS, _CLOSES = 0.15, 0.95
_FIXED_POLL_S = 5.0
_BUDGET = 0.48  # of the requests that a fixed poll would make
_LATE_INTERVAL_S = 30.0


@dataclass(frozen=True)
class Timing:
    """What the finished jobs of one model and length say, in seconds."""

    opens_s: float
    median_s: float
    p90_s: float
    closes_s: float
    pace_s: float


def learn(durations_s: Sequence[float]) -> Timing | None:
    """The timing of finished jobs, in any order; None when there are too few to say."""
    if len(durations_s) < MIN_HISTORY:
        return None
    ordered = sorted(durations_s)
    allowed = sum(max(1.0, _BUDGET * duration / _FIXED_POLL_S) for duration in ordered)  # one request each is the least that will do
    too_dense, fits = 0.0, MAX_INTERVAL_S
    for _ in range(16):
        pace = (too_dense + fits) / 2
        if _requests(ordered, _timing(ordered, pace)) > allowed:
            too_dense = pace
        else:
            fits = pace
    return _timing(ordered, fits)


def next_poll_s(*, elapsed_s: float, timing: Timing | None, deadline_s: float, failures: int = 0) -> float:
    """Seconds until the next poll of a job that has been observed for ``elapsed_s``; always 1 to 60."""
    if failures:
        return _within(2.0 * 2 ** min(failures - 1, 5))
    if elapsed_s >= deadline_s:
        return _within(max(_LATE_INTERVAL_S, elapsed_s * 0.05))
    if timing is None:
        return _within(min(max(2.0, elapsed_s * 0.2), 15.0))
    return _within(_interval_s(timing, elapsed_s))


def _interval_s(timing: Timing, elapsed_s: float) -> float:
    if elapsed_s < timing.opens_s - timing.pace_s / 2:
        return timing.opens_s + timing.pace_s * 0.3 - elapsed_s
    if elapsed_s <= timing.closes_s:
        return timing.pace_s
    return timing.pace_s * 1.5 + (elapsed_s - timing.closes_s) * 0.3


def _timing(ordered: Sequence[float], pace_s: float) -> Timing:
    opens_s, median_s, p90_s, closes_s = (ordered[int(share * len(ordered))] for share in (_OPENS, 0.5, 0.9, _CLOSES))
    return Timing(opens_s, median_s, p90_s, closes_s, pace_s)


def _requests(durations_s: Sequence[float], timing: Timing) -> int:
    """How many polls this timing would have spent on these durations."""
    total = 0
    for duration in durations_s:
        elapsed = 0.0
        while elapsed < duration:
            elapsed += _within(_interval_s(timing, elapsed))
            total += 1
    return total


def _within(seconds: float) -> float:
    return min(max(seconds, MIN_INTERVAL_S), MAX_INTERVAL_S)
