"""The ground: ridges with haze between them, woods, skylines and dunes, as layers from far to near. Water is in water.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from nyx.sandbox.art.noise import Field, clouds, ridge, shifted
from nyx.sandbox.art.scene import Hour, Rgb, Scene, mix
from nyx.sandbox.art.sky import Light


@dataclass(frozen=True)
class Layer:
    """A piece of the picture with its transparency. ``depth`` is 0 at the sky and 1 at the viewer: nearer layers move more."""

    image: Image.Image
    depth: float


def paint_land(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, horizon: int) -> list[Layer]:
    """Return the ridges behind the water or meadow, far ones first."""
    if scene.place == "space":
        return []
    count, rise, roughness = {
        "mountains": (5, 0.42, 0.47),
        "forest": (5, 0.20, 0.5),
        "city": (3, 0.07, 0.4),
        "desert": (4, 0.16, 0.3),
        "meadow": (4, 0.15, 0.36),
        "sea": (2, 0.07, 0.5),
    }[scene.place]
    layers = []
    for index in range(count):
        share = (index + 0.6) / count
        crest = _crest(scene, index, size, horizon=horizon, rise=rise * (1.15 - 0.8 * share), roughness=roughness)
        tone = mix(mix(hour.sky[3], hour.sky[1], 0.42), hour.ground, share**0.85)
        if scene.place == "desert":
            tone = mix(tone, (206, 132, 74), 0.5)
        elif scene.place == "meadow":
            tone = mix(tone, (70, 110, 60), 0.28)
        ground = _Ground(crest, tone, mix(hour.sky[3], hour.light, 0.25), hour.light)
        image = _ridge(scene, index, size, ground, light)
        if scene.place == "forest" or (scene.place == "mountains" and index >= count - 2):
            _plant(scene, image, ground, index, 0.05 + 0.10 * share * (1.5 if scene.place == "forest" else 0.7))
        if scene.place == "city":
            _build(scene, hour, image, ground, index)
        layers.append(Layer(image, 0.08 + 0.5 * share))
    return layers


def paint_foreground(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, top: float) -> Layer:
    """Return the ground under the viewer's feet, with grass where grass grows. ``top`` is its height as a share of the picture."""
    width, height = size
    crest = (top + 0.045 * (ridge(scene.random(f"front{top}"), width, roughness=0.35, cells=2, octaves=6) - 0.5)) * height
    tone = mix(hour.ground, (150, 88, 50), 0.35) if scene.place == "desert" else hour.ground
    ground = _Ground(crest.astype(np.float32), tone, mix(tone, (0, 0, 0), 0.45), hour.light)
    image = _ridge(scene, 9, size, ground, light)
    if scene.place in ("meadow", "forest", "mountains", "sea") and "snow" not in scene.weather:
        _grow_grass(scene, image, ground)
    return Layer(image, 0.9)


@dataclass(frozen=True)
class _Ground:
    crest: Field
    tone: Rgb
    haze: Rgb
    light: Rgb


def _crest(scene: Scene, index: int, size: tuple[int, int], *, horizon: int, rise: float, roughness: float) -> Field:
    width, height = size
    line = ridge(scene.random(f"ridge{index}"), width, roughness=roughness, cells=2 + index, octaves=9 if roughness > 0.4 else 5)
    if scene.place == "desert":
        line = 1 - np.abs(2 * line - 1)
    line = line ** (1.5 if scene.place == "mountains" else 1.0)
    return np.asarray(horizon + (0.03 + 0.03 * index) * height * 0.5 - line * rise * height, np.float32)


def _ridge(scene: Scene, index: int, size: tuple[int, int], ground: _Ground, light: Light) -> Image.Image:
    width, height = size
    top = max(0, int(ground.crest.min()) - 2)
    below = np.arange(top, height, dtype=np.float32)[:, None] - ground.crest[None, :]
    cover = np.clip(below + 0.5, 0, 1)
    sinking = np.clip(below / (0.30 * height), 0, 1) ** 0.8
    body = np.array(ground.tone, np.float32) + (np.array(ground.haze, np.float32) - ground.tone) * (sinking * 0.62)[..., None]
    texture = clouds(scene.random(f"rock{index}"), (width, height - top), cells=5, octaves=6)
    side = 1 if light.x < width / 2 else -1
    relief = texture - shifted(texture, 2, 3 * side)
    body *= (1 + np.clip(relief * 7.0, -0.22, 0.34) * np.clip(1.2 - sinking, 0, 1))[..., None]
    # Slopes are judged over a stretch: point by point they would draw vertical streaks.
    stretch = max(3, width // 48)
    slope = np.convolve(np.pad(np.gradient(ground.crest), stretch, mode="edge"), np.ones(stretch) / stretch, mode="same")[stretch:-stretch]
    facing = np.clip(slope * -side * 1.4 + 0.45, 0, 1)[None, :]
    near = np.exp(-np.abs(np.arange(width) - light.x) / (0.45 * width))[None, :]
    rim = np.exp(-np.clip(below, 0, None) / (0.006 * height)) * facing * near
    body += (np.array(ground.light, np.float32) - body) * (rim * 0.55)[..., None]
    if "snow" in scene.weather or (scene.place == "mountains" and index < 3):
        reach = 0.05 if "snow" not in scene.weather else 0.3
        snow = np.clip(1 - below / (reach * height) + (texture - 0.55) * 2.6, 0, 1) * (0.75 if index < 9 else 0.9)
        white = np.array(mix((236, 242, 255), ground.haze, 0.45), np.float32) * (0.75 + 0.25 * facing[..., None])
        body += (white - body) * (snow * np.clip(1.15 - sinking, 0, 1))[..., None]
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[top:, :, :3] = np.clip(body, 0, 255)
    pixels[top:, :, 3] = cover * 255
    return Image.fromarray(pixels)


def _plant(scene: Scene, image: Image.Image, ground: _Ground, index: int, tall: float) -> None:
    """Set spruces along a crest."""
    width, height = image.size
    random = scene.random(f"trees{index}")
    pen = ImageDraw.Draw(image)
    for at in np.sort(random.random(int(90 / (tall * 9)) + 20)):
        x = float(at * width)
        size = tall * height * float(random.uniform(0.55, 1.25))
        foot = float(ground.crest[min(width - 1, int(x))]) + size * 0.12
        tone = (*mix(ground.tone, (0, 0, 0), float(random.uniform(0.05, 0.3))), 255)
        for step in range(7):
            share = step / 7
            half = size * (0.03 + 0.17 * share) * float(random.uniform(0.85, 1.15))
            high = foot - size * (1 - share)
            pen.polygon([(x, high - size * 0.05), (x - half, high + size * 0.17), (x + half, high + size * 0.17)], fill=tone)


def _build(scene: Scene, hour: Hour, image: Image.Image, ground: _Ground, index: int) -> None:
    """Set towers along a crest, with lit windows on the nearer ones."""
    width, height = image.size
    random = scene.random(f"towers{index}")
    pen = ImageDraw.Draw(image)
    x = -0.03 * width
    lights = ((255, 206, 120), (255, 232, 180), (140, 220, 255), (255, 120, 190) if scene.style == "neon" else (255, 190, 110))
    while x < width * 1.02:
        wide = float(random.uniform(0.028, 0.075)) * width * (0.7 + 0.25 * index)
        tall = float(random.uniform(0.35, 1.0)) ** 1.7 * (0.46 - 0.05 * index) * height
        foot = float(ground.crest[int(np.clip(x, 0, width - 1))])
        top = foot - tall
        tone = mix(ground.tone, (0, 0, 0), float(random.uniform(0.0, 0.25)))
        pen.rectangle((x, top, x + wide, height), fill=(*tone, 255))
        if random.random() < 0.35:
            pen.rectangle((x + wide * 0.46, top - tall * 0.16, x + wide * 0.54, top), fill=(*tone, 255))
        pen.line((x, top, x, height), fill=(*mix(tone, hour.light, 0.35), 255), width=max(1, width // 600))
        if index:
            _light_windows(random, pen, (x, top, x + wide, foot + 0.2 * height), lights, 0.42 if scene.hour != "day" else 0.12)
        x += wide * float(random.uniform(0.86, 1.3))


def _light_windows(
    random: np.random.Generator, pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], lights: tuple[Rgb, ...], share: float
) -> None:
    left, top, right, bottom = box
    step = max(4.0, (right - left) / 6.5)
    for y in np.arange(top + step * 0.6, bottom, step * 1.1):
        for x in np.arange(left + step * 0.45, right - step * 0.6, step):
            if random.random() < share:
                pen.rectangle((x, y, x + step * 0.5, y + step * 0.55), fill=(*lights[int(random.integers(len(lights)))], 235))


def _grow_grass(scene: Scene, image: Image.Image, ground: _Ground) -> None:
    width, height = image.size
    random = scene.random(f"grass{ground.crest[0]}")
    pen = ImageDraw.Draw(image)
    tone = mix(ground.tone, (0, 0, 0), 0.12)
    for at, lean, size in zip(random.random(420), random.normal(0, 0.35, 420), random.uniform(0.012, 0.05, 420), strict=True):
        x = float(at * width)
        y = float(ground.crest[min(width - 1, int(x))]) + 3
        tall = float(size) * height
        half = max(1.0, tall * 0.045)
        pen.polygon([(x - half, y), (x + half, y), (x + float(lean) * tall, y - tall)], fill=(*tone, 255))
