"""A picture of nothing: folded bands of colour for prompts that ask for the abstract. It takes the place of sky and land."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nyx.sandbox.art.noise import Field, clouds
from nyx.sandbox.art.scene import Hour, Scene, mix


def paint_folds(scene: Scene, hour: Hour, size: tuple[int, int]) -> Field:
    """Return ``height x width x 3`` from 0 to 255: noise bent by noise, coloured by the hour, lit like cloth."""
    width, height = size
    random = scene.random("folds")
    half = (max(8, width // 2), max(8, height // 2))
    bend_x, bend_y = (clouds(random, half, cells=2, octaves=3) - 0.5 for _ in range(2))
    field = clouds(random, half, cells=2, octaves=3)
    rows = np.clip(np.arange(half[1])[:, None] + bend_y * half[1] * 0.9, 0, half[1] - 1).astype(np.intp)
    columns = np.clip(np.arange(half[0])[None, :] + bend_x * half[0] * 0.9, 0, half[0] - 1).astype(np.intp)
    # Through a small copy: taking single points has left fine steps that the light would show.
    small = Image.fromarray(field[rows, columns]).resize((max(4, width // 10), max(4, height // 10)), Image.Resampling.BOX)
    folded = np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32)
    turns = float(random.uniform(2.2, 3.4))
    wave = 0.5 - 0.5 * np.cos(folded * turns * 2 * np.pi)
    stops = [hour.sky[0], hour.sky[1], hour.sky[2], mix(hour.sky[3], hour.light, 0.4)]
    at = (wave * 0.65 + folded * 0.35)[..., None]
    tones = [np.interp(at[..., 0], [0, 0.35, 0.7, 1], [stop[channel] for stop in stops]) for channel in range(3)]
    across, down = np.gradient(folded, axis=1), np.gradient(folded, axis=0)
    sheen = np.clip((across - down) * height * 0.11, -0.6, 0.7)[..., None]
    colour = np.stack(tones, axis=2)
    lit = colour + np.where(sheen > 0, (np.array(hour.light) - colour) * sheen * 0.7, colour * sheen * 0.85)
    return np.asarray(np.clip(lit, 0, 255), np.float32)
