"""How everything is measured: rounds in which both sides take turns, and the middle of what they say."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    """How much to measure. Quick only proves that everything runs; its figures mean nothing."""

    is_quick: bool

    def of(self, full: T, quick: T) -> T:
        """One of the two."""
        return quick if self.is_quick else full


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all lie at or below, without interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio(ours: Sequence[float], reference: Sequence[float]) -> float:
    """The median over the rounds of ours divided by the reference of the same round: a busy moment hits both alike."""
    return median([mine / theirs for mine, theirs in zip(ours, reference, strict=True)])
