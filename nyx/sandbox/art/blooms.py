"""Subjects that are many: a flower's petals and a flock of birds. Single silhouettes are in shapes.py."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from nyx.sandbox.art.scene import Hour, Rgb, Scene, mix

_PETALS: tuple[Rgb, ...] = ((226, 70, 116), (244, 130, 170), (250, 184, 70), (206, 92, 214), (236, 72, 62))
_SUPERSAMPLING = 2


def paint_bloom(scene: Scene, hour: Hour, size: tuple[int, int], x: float) -> Image.Image:
    """Paint one large flower and smaller ones around it, with stems and leaves."""
    width, height = size
    random = scene.random("bloom")
    canvas = Image.new("RGBA", (width * _SUPERSAMPLING, height * _SUPERSAMPLING), (0, 0, 0, 0))
    tone = scene.subject_tint or _PETALS[int(random.integers(len(_PETALS)))]
    tone = mix(mix(hour.sky[1], hour.ground, 0.3), tone, 0.9)
    unit = min(width, height) * _SUPERSAMPLING
    spots = [(float(random.uniform(0.05, 0.95)), float(random.uniform(0.72, 0.88)), float(random.uniform(0.035, 0.075))) for _ in range(11)]
    for across, down, radius in sorted(spots, key=lambda spot: spot[2]):
        shade = mix(tone, hour.sky[2], 0.35)
        _flower(canvas, hour, (across * canvas.width, down * canvas.height), radius * unit, (shade, 6 + int(radius * 60)))
    _flower(canvas, hour, (x * canvas.width, 0.5 * canvas.height), 0.235 * unit, (tone, 13))
    return canvas.resize(size, Image.Resampling.BOX)


def paint_flock(scene: Scene, hour: Hour, size: tuple[int, int]) -> Image.Image:
    """Paint birds on the wing, a few near and many far."""
    width, height = size
    random = scene.random("flock")
    big = Image.new("RGBA", (width * _SUPERSAMPLING, height * _SUPERSAMPLING), (0, 0, 0, 0))
    pen = ImageDraw.Draw(big)
    tone = mix(scene.subject_tint or hour.ground, (10, 10, 16), 0.3 if scene.subject_tint else 0.6)
    heart = float(random.uniform(0.35, 0.65))
    for index in range(13):
        span = (0.15 if index == 0 else 0.075 if index < 3 else float(random.uniform(0.018, 0.045))) * big.height
        x = (heart + float(random.normal(0, 0.2))) * big.width
        y = (0.3 + float(random.normal(0, 0.1))) * big.height
        _bird(pen, (x, y), span, float(random.uniform(-0.5, 0.9)), (*tone, 255))
    return big.resize(size, Image.Resampling.BOX)


def _flower(canvas: Image.Image, hour: Hour, at: tuple[float, float], radius: float, kind: tuple[Rgb, int]) -> None:
    tone, petals = kind
    pen = ImageDraw.Draw(canvas)
    green = mix((44, 104, 58), hour.ground, 0.45)
    sway = radius * 0.25
    stem = [(at[0] + sway * math.sin(step / 9 * 3), at[1] + (canvas.height - at[1]) * step / 9) for step in range(10)]
    pen.line(stem, fill=(*green, 255), width=max(2, round(radius * 0.09)), joint="curve")
    for side, down in ((-1, 0.45), (1, 0.62)):
        foot = (at[0] + sway * math.sin(down * 3), at[1] + (canvas.height - at[1]) * down)
        pen.polygon(_petal(foot, -math.pi / 2 + side * 1.05, radius * 1.05, 0.2), fill=(*mix(green, hour.light, 0.1), 255))
    for ring in range(3):
        reach = radius * (1 - 0.27 * ring)
        for index in range(petals - ring * 2):
            angle = (index + 0.5 * ring) * 2 * math.pi / (petals - ring * 2)
            lit = 0.5 - 0.5 * math.sin(angle)
            shade = mix(mix(tone, hour.ground, 0.38 - 0.12 * ring), mix(tone, hour.light, 0.26), lit * 0.75 + 0.08 * ring)
            pen.polygon(_petal(at, angle, reach, 0.25), fill=(*mix(shade, (30, 6, 30), 0.28), 255))
            pen.polygon(_petal(at, angle, reach * 0.96, 0.21), fill=(*shade, 255))
            pen.polygon(_petal(at, angle, reach * 0.8, 0.05), fill=(*mix(shade, hour.light, 0.2), 255))
    for share, heart in ((0.25, (120, 66, 30)), (0.2, (236, 168, 52)), (0.11, (255, 216, 110))):
        own = radius * share
        pen.ellipse((at[0] - own, at[1] - own, at[0] + own, at[1] + own), fill=(*mix(heart, hour.ground, 0.12), 255))


def _petal(foot: tuple[float, float], angle: float, reach: float, broad: float) -> list[tuple[float, float]]:
    outline: list[tuple[float, float]] = []
    for share in np.concatenate([np.linspace(0, 1, 14), np.linspace(1, 0, 14)]):
        along = float(share) * reach
        # Broadest beyond the middle, so that the tip is round.
        side = broad * reach * math.sin(math.pi * float(share) ** 1.7) ** 0.7
        turn = side if len(outline) < 14 else -side
        x = foot[0] + along * math.cos(angle) - turn * math.sin(angle)
        y = foot[1] + along * math.sin(angle) + turn * math.cos(angle)
        outline.append((x, y))
    return outline


def _bird(pen: ImageDraw.ImageDraw, at: tuple[float, float], span: float, beat: float, fill: tuple[int, int, int, int]) -> None:
    """Draw a gull seen from the side; ``beat`` is how high its wings are."""
    x, y = at
    half = span / 2
    for side in (-1, 1):
        tip = (x + side * half, y - half * 0.55 * beat)
        elbow = (x + side * half * 0.46, y - half * (0.36 + 0.2 * beat))
        under = (elbow[0], elbow[1] + half * 0.15)
        pen.polygon([(x - side * half * 0.04, y + half * 0.07), (x, y - half * 0.1), elbow, tip, under, (x, y + half * 0.12)], fill=fill)
    pen.ellipse((x - half * 0.24, y - half * 0.09, x + half * 0.2, y + half * 0.12), fill=fill)
    pen.polygon([(x + half * 0.14, y - half * 0.06), (x + half * 0.34, y - half * 0.01), (x + half * 0.14, y + half * 0.06)], fill=fill)
    pen.polygon([(x - half * 0.18, y), (x - half * 0.42, y - half * 0.07), (x - half * 0.4, y + half * 0.1)], fill=fill)
