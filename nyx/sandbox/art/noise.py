"""Smooth chance: noise in one and two dimensions, sized independently of the picture so that a size only changes the detail."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]


def clouds(random: np.random.Generator, size: tuple[int, int], *, cells: int = 3, octaves: int = 6, stretch: float = 1.0) -> Field:
    """Return fractal noise from 0 to 1, ``height x width``; ``stretch`` above 1 makes it wider than high."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    weight, weights = 1.0, 0.0
    for octave in range(octaves):
        down = max(2, round(cells * 2**octave))
        across = max(2, round(down * width / height / stretch))
        grid = random.random((64 if down > 64 else down, 64 if across > 64 else across), np.float32)
        total += weight * np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC), np.float32)
        weights += weight
        weight *= 0.52
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-6), np.float32)


def ridge(random: np.random.Generator, width: int, *, roughness: float, cells: int = 3, octaves: int = 8) -> Field:
    """Return a line from 0 to 1 like a mountain crest; a higher roughness makes it more jagged."""
    total = np.zeros(width, np.float32)
    weight = 1.0
    at = np.linspace(0, 1, width, dtype=np.float32)
    for octave in range(octaves):
        count = cells * 2**octave + 1
        points = random.random(count)
        # The line is sampled by straight pieces where it is rough and by smooth ones where it is not.
        position = at * (count - 1)
        left = np.minimum(position.astype(int), count - 2)
        share = position - left
        share = share if roughness > 0.5 else share * share * (3 - 2 * share)
        total += weight * (points[left] * (1 - share) + points[left + 1] * share).astype(np.float32)
        weight *= roughness
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-6), np.float32)


def shifted(field: Field, down: int, across: int) -> Field:
    """Move a field, repeating its edge where nothing is left: wrapping around would draw a seam."""
    height, width = field.shape
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - across, 0, width - 1)
    return field[rows[:, None], columns[None, :]]
