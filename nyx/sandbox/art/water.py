"""Water: the world above it upside down, broken by ripples, with the light's path on it. One frame at a time, so that it can move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from nyx.sandbox.art.noise import Field, clouds
from nyx.sandbox.art.scene import Hour, Scene
from nyx.sandbox.art.sky import Light

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Water:
    """A surface from ``line`` (in pixels from the top) to the bottom."""

    line: int
    ripples: Field
    hour: Hour
    light: Light

    def lay_on(self, frame: Image.Image, phase: float) -> Image.Image:
        """Return the frame with water; ``phase`` in turns moves the ripples on."""
        pixels = np.asarray(frame, np.uint8)
        height, width = pixels.shape[:2]
        deep = height - self.line
        if deep < 4:
            return frame
        down = np.linspace(0, 1, deep, dtype=np.float32)
        moved = np.roll(self.ripples, round(phase * self.ripples.shape[0] * 0.12), axis=0)
        wave = moved - 0.5
        sway = wave * (0.006 + 0.035 * down[:, None]) * width
        lift = wave * (0.02 + 0.05 * down[:, None]) * height
        rows = np.clip(self.line - 1 - np.arange(deep)[:, None] * 0.92 - np.abs(lift), 0, self.line - 1).astype(np.intp)
        columns = np.clip(np.arange(width)[None, :] + sway, 0, width - 1).astype(np.intp)
        mirrored = pixels[rows, columns].astype(np.float32)
        tone = np.array(self.hour.sky[0], np.float32) * 0.5 + np.array(self.hour.ground, np.float32) * 0.5
        mirrored += (tone - mirrored) * (0.16 + 0.42 * down[:, None, None] ** 0.8)
        mirrored += self._path(moved, down, width)
        result = pixels.copy()
        result[self.line :] = np.clip(mirrored, 0, 255)
        return Image.fromarray(result)

    def _path(self, ripples: Field, down: Field, width: int) -> Field:
        """Give the glitter under the sun or moon."""
        across = (np.arange(width, dtype=np.float32)[None, :] - self.light.x) / width
        spread = 0.035 + 0.15 * down[:, None]
        beam = np.exp(-((across / spread) ** 2)) * (1 - 0.55 * down[:, None])
        glint = np.clip((ripples - 0.52) * 5.5, 0, 1) ** 1.5
        return np.asarray((beam * glint)[..., None] * np.array(self.hour.light, np.float32) * 0.75, np.float32)


def make_water(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, line: int) -> Water:
    """Prepare a surface below ``line``: ripples that are long and flat, finer towards the horizon."""
    width, height = size
    deep = max(4, height - line)
    field = clouds(scene.random("ripples"), (width, deep * 2), cells=34, octaves=4, stretch=9.0)
    # Perspective: rows near the horizon step through the noise faster than rows at the viewer's feet.
    rows = (np.linspace(0, 1, deep, dtype=np.float32) ** 0.55 * (deep * 2 - 1)).astype(np.intp)
    return Water(line, field[rows], hour, light)
