"""The sky: its gradient, the sun or moon and their glow, clouds, stars, aurora and nebulae. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from nyx.sandbox.art.noise import Field, clouds, ridge, shifted
from nyx.sandbox.art.scene import Hour, Rgb, Scene

# The colours of the aurora's curtains, at the foot and at the top.
_CURTAINS: tuple[tuple[Rgb, Rgb], ...] = (
    ((40, 250, 150), (120, 80, 240)),
    ((60, 230, 190), (220, 70, 200)),
    ((40, 255, 120), (60, 160, 220)),
)


@dataclass(frozen=True)
class Light:
    """Where the sun or moon stands, in pixels, and its radius."""

    x: float
    y: float
    radius: float


def paint_sky(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, horizon: int) -> Field:
    """Return the sky as ``height x width x 3`` from 0 to 255; below the horizon it stays as bright as at it."""
    width, height = size
    down = np.clip(np.arange(height) / max(horizon, 1), 0, 1)
    stops = [[tone[channel] for tone in hour.sky] for channel in range(3)]
    column = np.stack([np.interp(down, [0, 0.4, 0.74, 1], stop) for stop in stops], axis=1).astype(np.float32)
    sky = np.repeat(column[:, None, :], width, axis=1)
    if scene.place == "space":
        _add_nebula(sky, scene)
    else:
        _add_glow(sky, hour, light)
    if hour.stars > 0.2 or scene.place == "space":
        _add_stars(sky, scene, max(hour.stars, 0.8 if scene.place == "space" else 0), horizon)
    if scene.hour == "aurora":
        _add_aurora(sky, scene, horizon)
    if scene.place != "space":
        _add_disc(sky, scene, hour, light)
        _add_clouds(sky, scene, hour, light, horizon)
    return sky


def _add_glow(sky: Field, hour: Hour, light: Light) -> None:
    height, width = sky.shape[:2]
    across = (np.arange(width, dtype=np.float32) - light.x) / height
    down = (np.arange(height, dtype=np.float32) - light.y) / height
    distance = np.sqrt(across[None, :] ** 2 * 0.7 + down[:, None] ** 2 * 1.5)
    strength = 0.5 * np.exp(-distance * 3.4) + 0.5 * np.exp(-distance * 11.0)
    sky += (np.array(hour.light, np.float32) - sky) * strength[..., None]


def _add_disc(sky: Field, scene: Scene, hour: Hour, light: Light) -> None:
    reach = int(light.radius * 1.3) + 2
    top, left = max(0, int(light.y) - reach), max(0, int(light.x) - reach)
    patch = sky[top : int(light.y) + reach, left : int(light.x) + reach]
    if patch.size == 0 or "rain" in scene.weather or scene.hour == "storm":
        return
    ys = np.arange(top, top + patch.shape[0], dtype=np.float32)[:, None]
    xs = np.arange(left, left + patch.shape[1], dtype=np.float32)[None, :]
    softness = 1.0 if scene.has_moon or scene.hour == "day" else light.radius * 0.16
    inside = np.clip((light.radius - np.hypot(xs - light.x, ys - light.y)) / softness + 0.5, 0, 1)
    tone = np.array(hour.light, np.float32) * 0.25 + 255 * 0.75
    face = np.broadcast_to(tone, patch.shape)
    if scene.has_moon:
        seas = clouds(scene.random("moon"), (patch.shape[1], patch.shape[0]), cells=3, octaves=4)
        face = face * (0.72 + 0.28 * np.clip(seas * 1.8 - 0.35, 0, 1))[..., None]
    patch += (face - patch) * inside[..., None]


def _add_clouds(sky: Field, scene: Scene, hour: Hour, light: Light, horizon: int) -> None:
    height, width = sky.shape[:2]
    half = (max(8, width // 2), max(8, height // 2))
    random = scene.random("clouds")
    field = clouds(random, half, cells=3, octaves=6, stretch=2.4)
    cover = {"storm": 0.34, "night": 0.6, "aurora": 0.72}.get(scene.hour, 0.5)
    cover -= 0.14 if scene.weather & {"clouds", "rain", "snow"} else 0.0
    cover += float(random.uniform(-0.04, 0.08))
    shift = max(1, half[1] // 60)
    toward = shifted(field, shift, shift if light.x < width / 2 else -shift)
    lit = _resized(np.clip(0.45 + (field - toward) * 7.0, 0, 1), (width, height))
    density = _resized(np.clip((field - cover) / 0.3, 0, 1) ** 1.3, (width, height))
    fade = np.clip(1.15 - np.arange(height) / max(horizon, 1), 0, 1) ** 0.5
    across = (np.arange(width, dtype=np.float32) - light.x) / width
    near = np.exp(-np.abs(across) * 1.6)[None, :, None]
    bright = np.array(hour.light, np.float32) * near + np.array(hour.sky[2], np.float32) * (1 - near)
    shade = np.array(hour.sky[1], np.float32) * 0.7 + np.array(hour.sky[2], np.float32) * 0.2
    tone = shade + (bright - shade) * lit[..., None]
    sky += (tone - sky) * (density * fade[:, None] * 0.82)[..., None]


def _add_stars(sky: Field, scene: Scene, amount: float, horizon: int) -> None:
    height, width = sky.shape[:2]
    random = scene.random("stars")
    count = int(900 * amount * max(1.0, width / height))
    xs = (random.random(count) * (width - 1)).astype(int)
    ys = (random.random(count) ** 1.25 * (height - 1 if scene.place == "space" else horizon * 0.96)).astype(int)
    power = random.random(count) ** 5
    layer = np.zeros((height, width), np.float32)
    np.maximum.at(layer, (ys, xs), (0.25 + 0.75 * power).astype(np.float32))
    scale = max(0.5, height / 1024)
    soft = Image.fromarray(np.uint8(layer * 255)).filter(ImageFilter.GaussianBlur(0.7 * scale))
    big = Image.fromarray(np.where(layer > 0.8, 255, 0).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    halo = big.filter(ImageFilter.GaussianBlur(2.6 * scale))
    shine = (np.asarray(soft, np.float32) * 2.6 * scale**1.6 + np.asarray(halo, np.float32) * 2.2 * scale**2) / 255
    dark = np.clip(1.2 - sky.mean(axis=2) / 150, 0, 1)
    sky += (np.clip(shine, 0, 1) * dark * amount)[..., None] * np.array([238, 242, 255], np.float32)


def _add_aurora(sky: Field, scene: Scene, horizon: int) -> None:
    height, width = sky.shape[:2]
    random = scene.random("aurora")
    ys = np.arange(height, dtype=np.float32)[:, None]
    for index, (low, high) in enumerate(_CURTAINS):
        foot = (0.34 + 0.13 * index + 0.3 * (ridge(random, width, roughness=0.35, cells=2, octaves=4) - 0.5)) * horizon
        rays = 0.35 + 0.65 * ridge(random, width, roughness=0.85, cells=14, octaves=4) ** 1.5
        rise = (foot[None, :] - ys) / (0.4 * horizon)
        body = np.where(rise > 0, np.exp(-rise * 2.6), np.exp(rise * 22)) * rays[None, :]
        share = np.clip(rise, 0, 1)[..., None]
        tone = np.array(low, np.float32) * (1 - share) + np.array(high, np.float32) * share
        sky += tone * (body * (0.6 - 0.14 * index))[..., None]


def _add_nebula(sky: Field, scene: Scene) -> None:
    height, width = sky.shape[:2]
    random = scene.random("nebula")
    half = (max(8, width // 2), max(8, height // 2))
    hues: tuple[Rgb, ...] = ((118, 44, 190), (32, 96, 220), (232, 70, 140), (255, 150, 90))
    if scene.tint:
        hues = (scene.tint, hues[1], scene.tint, hues[3])
    sky *= 0.35
    veil = clouds(random, half, cells=2, octaves=6, stretch=1.2)
    for index, hue in enumerate(hues):
        field = clouds(random, half, cells=2 + index, octaves=6)
        body = _resized(np.clip((field * 0.6 + veil * 0.6 - 0.56) * 2.4, 0, 1) ** 1.7, (width, height))
        sky += np.array(hue, np.float32) * (body * (0.95 - 0.12 * index))[..., None]


def _resized(field: npt.NDArray[np.floating], size: tuple[int, int]) -> Field:
    return np.asarray(Image.fromarray(field.astype(np.float32)).resize(size, Image.Resampling.BILINEAR), np.float32)
