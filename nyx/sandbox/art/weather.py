"""What lies over everything: rain, snow, fog. One frame at a time, so that it can fall."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from nyx.sandbox.art.noise import clouds
from nyx.sandbox.art.scene import Hour, Scene, mix


def lay_weather(scene: Scene, hour: Hour, frame: Image.Image, phase: float) -> Image.Image:
    """Return the frame with the scene's weather at ``phase``, in turns."""
    if "fog" in scene.weather:
        frame = _fog(scene, hour, frame, phase)
    if "rain" in scene.weather:
        frame = _rain(scene, hour, frame, phase)
    if "snow" in scene.weather:
        frame = _snow(scene, frame, phase)
    return frame


def _fog(scene: Scene, hour: Hour, frame: Image.Image, phase: float) -> Image.Image:
    width, height = frame.size
    field = clouds(scene.random("fog"), (max(8, width // 3), max(8, height // 3)), cells=3, octaves=4, stretch=4)
    field = np.roll(field, round(phase * field.shape[1] * 0.1), axis=1)
    rise = np.exp(-(((np.arange(field.shape[0]) / field.shape[0] - 0.66) / 0.24) ** 2))[:, None]
    mask = Image.fromarray(np.uint8(np.clip(field * rise * 1.25, 0, 0.92) * 255)).resize(frame.size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", frame.size, mix(hour.sky[3], hour.light, 0.25)), frame, mask)


def _rain(scene: Scene, hour: Hour, frame: Image.Image, phase: float) -> Image.Image:
    width, height = frame.size
    random = scene.random("rain")
    mask = Image.new("L", frame.size, 0)
    pen = ImageDraw.Draw(mask)
    for x, y, near in zip(random.random(620), random.random(620), random.random(620), strict=True):
        tall = (0.02 + 0.055 * near) * height
        top = ((y + phase * (2 + 2 * round(float(near)))) % 1.15 - 0.1) * height
        start = x * width * 1.1
        pen.line((start, top, start - tall * 0.22, top + tall), fill=int(46 + 96 * near), width=max(1, round(height / 760 * (0.6 + near))))
    mask = mask.filter(ImageFilter.GaussianBlur(0.5 * height / 1024))
    return Image.composite(Image.new("RGB", frame.size, mix(hour.light, (214, 226, 242), 0.6)), frame, mask)


def _snow(scene: Scene, frame: Image.Image, phase: float) -> Image.Image:
    width, height = frame.size
    random = scene.random("snow")
    for count, size, blur, strength in ((420, 0.0016, 0.0004, 190), (170, 0.0034, 0.0012, 205), (40, 0.009, 0.0045, 150)):
        mask = Image.new("L", frame.size, 0)
        pen = ImageDraw.Draw(mask)
        for x, y, own in zip(random.random(count), random.random(count), random.uniform(0.6, 1.4, count), strict=True):
            left = ((x + 0.02 * np.sin((phase + own) * 6.283)) % 1) * width
            top = ((y + phase * (1 if size < 0.002 else 2)) % 1) * height
            radius = max(0.6, size * own * height)
            pen.ellipse((left - radius, top - radius, left + radius, top + radius), fill=strength)
        mask = mask.filter(ImageFilter.GaussianBlur(max(0.4, blur * height)))
        frame = Image.composite(Image.new("RGB", frame.size, (246, 249, 255)), frame, mask)
    return frame
