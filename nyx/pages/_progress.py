"""How far an output is and how long it may still take, from what this model usually takes. Says so where nobody can know. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nyx.services.generation.views import GenerationView, OutputView, Stage

NO_HISTORY = "No history for this model yet: we can't say how long it takes."
_ITS_TURN = "waiting for its turn"
LONGER = "Longer than usual. We keep waiting."

# Where the bar stands when half, and when nine in ten, of this model's jobs would be done; then it creeps on and never arrives by itself.
_AT_MEDIAN, _AT_P90, _NEVER_PAST, _SAVING = 0.70, 0.90, 0.96, 0.97
_UNTOLD_SPREAD = 1.5  # of the median, where only that is known
_MINUTE_S, _HOUR_S = 60, 3600
_IN_WORK = frozenset({Stage.SENT, Stage.RENDERING, Stage.SAVING})
_WAITING = _IN_WORK | {Stage.QUEUED}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """``fraction`` is 1 only for what is done, and None where nobody can say. ``left`` is for a line, ``sentence`` for a paragraph."""

    fraction: float | None
    left: str = ""
    sentence: str = ""


def output_progress(run: GenerationView, output: OutputView, *, now: datetime, floor: float = 0.0) -> Progress:
    """Of one output. ``floor`` is the fraction that was shown last: whatever has been learned since, a bar does not go back."""
    if output.stage is Stage.READY:
        return Progress(fraction=1.0)
    if output.stage not in _WAITING:
        return Progress(fraction=None)
    elapsed_s = _elapsed_s(output, now)
    left, sentence = _words(run, output, elapsed_s)
    if run.expected_s is None:
        return Progress(fraction=None, left=left, sentence=sentence)
    return Progress(fraction=min(max(floor, _fraction(run, output, elapsed_s)), _SAVING), left=left, sentence=sentence)


def run_progress(run: GenerationView, *, now: datetime, floor: float = 0.0) -> Progress:
    """Of all outputs together: their mean, with the words of the one that takes longest. What failed is over, too."""
    waiting = [output for output in run.outputs if output.stage in _WAITING]
    if not waiting:
        return Progress(fraction=None if run.is_open else 1.0)
    slowest = min(waiting, key=lambda output: (not output.is_late, _elapsed_s(output, now)))
    words = output_progress(run, slowest, now=now)
    if run.expected_s is None:
        return words
    has_begun = any(output.stage in _IN_WORK for output in waiting)
    left = left_text(run.expected_s) if words.left == _ITS_TURN and has_begun else words.left
    parts = [output_progress(run, output, now=now).fraction if output.stage in _WAITING else 1.0 for output in run.outputs]
    fraction = min(max(floor, math.fsum(part or 0.0 for part in parts) / len(parts)), _SAVING)
    return Progress(fraction=fraction, left=left, sentence=words.sentence)


def left_text(seconds: float) -> str:
    """``any moment now``, ``about 40 s left``, ``about 2 min left``."""
    return "any moment now" if seconds < 1 else f"about {_span(seconds)} left"


def usual_text(median_s: float, p90_s: float) -> str:
    """``40 s``, ``40 to 55 s``, ``50 s to 2 min``: from half to nine in ten of the finished jobs."""
    shortest, longest = _span(median_s), _span(max(median_s, p90_s))
    if shortest == longest:
        return f"about {shortest}"
    number, unit = shortest.split()
    return f"{number} to {longest}" if longest.endswith(f" {unit}") else f"{shortest} to {longest}"


def longest_left_s(run: GenerationView, waiting: Sequence[OutputView], *, now: datetime) -> float | None:
    """Seconds until the last of these is usually done, negative when that has passed; None while there is no history."""
    if run.expected_s is None or not waiting:
        return None
    return run.expected_s - min(_elapsed_s(output, now) for output in waiting)


def _words(run: GenerationView, output: OutputView, elapsed_s: float) -> tuple[str, str]:
    if output.is_late:
        return "longer than usual", LONGER
    if output.stage is Stage.SAVING:
        return "almost there", "It is finished and on its way here."
    if run.expected_s is None:
        spent = f"{_span(elapsed_s)} so far" if elapsed_s >= 1 else ""
        return (_ITS_TURN if output.stage is Stage.QUEUED else spent), NO_HISTORY
    usual = f"Usually takes {usual_text(run.expected_s, _p90_s(run))} with this model."
    if output.stage is Stage.QUEUED and output.started_at is None:
        return _ITS_TURN, usual
    if elapsed_s > _p90_s(run):
        return "longer than usual", LONGER
    return left_text(run.expected_s - elapsed_s), usual


def _fraction(run: GenerationView, output: OutputView, elapsed_s: float) -> float:
    assert run.expected_s is not None
    if output.stage is Stage.SAVING:
        return _SAVING
    median_s, p90_s = max(run.expected_s, 0.001), max(_p90_s(run), 0.001)
    if elapsed_s <= median_s:
        return _AT_MEDIAN * elapsed_s / median_s
    if elapsed_s < p90_s:
        return _AT_MEDIAN + (_AT_P90 - _AT_MEDIAN) * (elapsed_s - median_s) / (p90_s - median_s)
    return _AT_P90 + (_NEVER_PAST - _AT_P90) * (1.0 - math.exp((p90_s - elapsed_s) / p90_s))


def _p90_s(run: GenerationView) -> float:
    assert run.expected_s is not None
    return max(run.expected_s, run.expected_p90_s or run.expected_s * _UNTOLD_SPREAD)


def _elapsed_s(output: OutputView, now: datetime) -> float:
    """Since it was sent; 0 before, and when a clock was set back."""
    return max(0.0, (now - output.started_at).total_seconds()) if output.started_at else 0.0


def _span(seconds: float) -> str:
    """As exact as an estimate may sound: seconds up to twenty, then in steps of five, then minutes, then hours."""
    if seconds < 20:
        return f"{max(1, round(seconds))} s"
    if seconds < 97.5:
        return f"{round(seconds / 5) * 5} s"
    return f"{round(seconds / _MINUTE_S)} min" if seconds < 1.5 * _HOUR_S else f"{round(seconds / _HOUR_S)} h"
