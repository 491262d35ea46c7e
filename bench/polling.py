"""The learned poll schedule against asking every five seconds, on the same durations."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Scale, median
from bench.report import Outcome, Row, at_most
from nyx.config import Settings
from nyx.services.generation.schedule import learn, next_poll_s

_FIXED_S = 5.0
_HISTORY = 50  # as the runner's: the newest finished jobs of one model
_SEED = 20_260_115
_REQUESTS_BAR = 0.5
_LAG_BAR = 1.0


@dataclass(frozen=True)
class _Model:
    """A kind of clip. ``spread`` is sigma of the logarithm; ``says_times`` whether the provider tells how long it took."""

    name: str
    median_s: float
    spread: float
    says_times: bool = True


_MODELS = (
    _Model("30 s, spread 0.20", 30, 0.20),
    _Model("60 s, spread 0.20", 60, 0.20),
    _Model("60 s, spread 0.35", 60, 0.35),
    _Model("90 s, spread 0.30", 90, 0.30),
    _Model("150 s, spread 0.25", 150, 0.25),
    _Model("240 s, spread 0.45", 240, 0.45),
    _Model("90 s, spread 0.30, times not told", 90, 0.30, says_times=False),
)


@dataclass
class _Tally:
    """How late each end was noticed, and how often was asked."""

    lag_s: list[float] = field(default_factory=list)
    requests: int = 0

    def add(self, other: _Tally) -> None:
        self.lag_s += other.lag_s
        self.requests += other.requests


def run(scale: Scale, _folder: Path) -> Outcome:
    """Simulated in no time: both ways see the same jobs one after the other."""
    chance, jobs = random.Random(_SEED), scale.of(1_000, 60)
    rows, ours_of_all, fixed_of_all = [], _Tally(), _Tally()
    for model in _MODELS:
        durations = [model.median_s * math.exp(chance.gauss(0, model.spread)) for _ in range(jobs)]
        ours, fixed = _learned(durations, says_times=model.says_times), _fixed(durations)
        ours_of_all.add(ours)
        fixed_of_all.add(fixed)
        rows += _rows(model.name, ours, fixed)
    sandbox = list(_sandbox_durations(chance, jobs))
    rows += _rows("the sandbox's clips", _learned(sandbox, says_times=True), _fixed(sandbox))
    return Outcome(
        "Polling: learned schedule against a fixed 5 s", (*_rows("all together", ours_of_all, fixed_of_all, has_bar=True), *rows), _HOW
    )


def _rows(name: str, ours: _Tally, fixed: _Tally, *, has_bar: bool = False) -> list[Row]:
    jobs = len(ours.lag_s)
    lag = Row(
        name=f"noticed after, median: {name}",
        ours=f"{median(ours.lag_s):.2f} s",
        reference=f"{median(fixed.lag_s):.2f} s",
        ratio=median(ours.lag_s) / median(fixed.lag_s),
        bar=at_most(_LAG_BAR) if has_bar else None,
    )
    requests = Row(
        name=f"requests a job: {name}",
        ours=f"{ours.requests / jobs:.2f}",
        reference=f"{fixed.requests / jobs:.2f}",
        ratio=ours.requests / fixed.requests,
        bar=at_most(_REQUESTS_BAR) if has_bar else None,
    )
    return [lag, requests]


_HOW = (
    "A real provider's durations can't be recorded without a key, so these are drawn: lognormal with the median and the spread (sigma of"
    f" the logarithm) in the row, and for the sandbox by its own rule; 1,000 jobs each, seed {_SEED}. The history begins empty and is"
    " learned as the runner does it, from the newest 50 finished jobs, with times in whole seconds as the provider states them, or, where"
    " it does not tell, from when the end was noticed."
)


def _learned(durations: list[float], *, says_times: bool) -> _Tally:
    tally, history = _Tally(), list[float]()
    usual_deadline_s = float(Settings.model_fields["video_deadline_s"].default)
    for duration_s in durations:
        timing = learn(history[-_HISTORY:])
        deadline_s = max(usual_deadline_s, 3.0 * timing.closes_s) if timing else usual_deadline_s
        elapsed_s = 0.0
        while elapsed_s < duration_s:
            elapsed_s += next_poll_s(elapsed_s=elapsed_s, timing=timing, deadline_s=deadline_s)
            tally.requests += 1
        tally.lag_s.append(elapsed_s - duration_s)
        history.append(max(1.0, round(duration_s)) if says_times else elapsed_s)
    return tally


def _fixed(durations: list[float]) -> _Tally:
    polls = [math.ceil(duration_s / _FIXED_S) for duration_s in durations]
    lag_s = [count * _FIXED_S - duration_s for count, duration_s in zip(polls, durations, strict=True)]
    return _Tally(lag_s, sum(polls))


def _sandbox_durations(chance: random.Random, jobs: int) -> Iterator[float]:
    """As the sandbox draws them with its default settings: evenly around the latency."""
    latency_s = float(Settings.model_fields["sandbox_video_latency_s"].default)
    jitter = float(Settings.model_fields["sandbox_jitter"].default)
    for _ in range(jobs):
        yield latency_s * (1 + jitter * (2 * chance.random() - 1))
