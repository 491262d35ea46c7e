"""Aspect ratios and sizes that a model offers, in a creator's words; pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import gcd, log

from nyx.services.catalog import ModelSpec

Size = tuple[int, int]

AUTO = "auto"
_COMMON = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21")
_CLOSE_ENOUGH = 0.04  # providers round their sizes: 1344 x 768 is sold as 16:9


@cache
def ratio_of(size: Size) -> str:
    """Name the common ratio that a size stands for, else its exact one, e.g. ``4:1``."""
    wanted = log(size[0] / size[1])
    nearest = min(_COMMON, key=lambda name: abs(wanted - _log_ratio(name)))
    if abs(wanted - _log_ratio(nearest)) <= _CLOSE_ENOUGH:
        return nearest
    divisor = gcd(*size)
    return f"{size[0] // divisor}:{size[1] // divisor}"


def shapes(spec: ModelSpec) -> Mapping[str, tuple[Size, ...]]:
    """Every ratio the model offers, common ones first, with its sizes from small to large; no sizes where only ratios are taken."""
    return _shapes((*spec.aspect_ratios, *spec.ratios), spec.offered_sizes)


@cache
def _shapes(named: tuple[str, ...], sizes: tuple[Size, ...]) -> Mapping[str, tuple[Size, ...]]:
    sizes_by_ratio: dict[str, list[Size]] = {ratio: [] for ratio in named}
    for size in sizes:
        sizes_by_ratio.setdefault(ratio_of(size), []).append(size)
    order = {ratio: place for place, ratio in enumerate(_COMMON)}
    ratios = sorted(sizes_by_ratio, key=lambda ratio: order.get(ratio, len(order)))
    return {ratio: tuple(sorted(sizes_by_ratio[ratio])) for ratio in ratios}


def size_text(size: Size) -> str:
    """Write a size as its value: ``1024x1024``."""
    return f"{size[0]}x{size[1]}"


def size_label(size: Size) -> str:
    """Write a size for people: ``1024 × 1024``."""
    return f"{size[0]} × {size[1]}"


def find_size(spec: ModelSpec, *, ratio: str, text: str) -> Size | None:
    """The size chosen by its text; the smallest of the ratio when it has no such size; None where the model decides."""
    sizes = shapes(spec).get(ratio, ())
    return next((size for size in sizes if size_text(size) == text), sizes[0] if sizes else None)


def _log_ratio(name: str) -> float:
    width, _, height = name.partition(":")
    return log(int(width) / int(height))
