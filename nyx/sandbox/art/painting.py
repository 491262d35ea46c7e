"""A scene painted as layers, and frames composed from them: one for a picture, many for a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from nyx.sandbox.art.abstract import paint_folds
from nyx.sandbox.art.finish import finish
from nyx.sandbox.art.land import Layer, paint_foreground, paint_land
from nyx.sandbox.art.scene import Hour, Scene, palette
from nyx.sandbox.art.sky import Light, paint_sky
from nyx.sandbox.art.subjects import paint_subjects
from nyx.sandbox.art.water import Water, make_water
from nyx.sandbox.art.weather import lay_weather


@dataclass(frozen=True)
class Painting:
    """Layers of ``size`` from far to near. ``behind`` the water and mirrored in it; ``before`` it not."""

    scene: Scene
    hour: Hour
    size: tuple[int, int]
    sky: Image.Image
    behind: list[Layer]
    water: Water | None
    before: list[Layer]

    def frame(self, *, pan: float = 0.0, phase: float = 0.0, margin: int = 0, with_grain: bool = True) -> Image.Image:
        """Compose one frame, ``margin`` pixels narrower on each side. ``pan`` from -1 to 1 moves near layers more than far ones."""
        width, height = self.size
        frame = self.sky.copy()
        for layer in self.behind:
            frame.paste(layer.image, (round(-pan * margin * layer.depth), 0), layer.image)
        if self.water is not None:
            frame = self.water.lay_on(frame, phase)
        for layer in self.before:
            frame.paste(layer.image, (round(-pan * margin * layer.depth), 0), layer.image)
        frame = frame.crop((margin, 0, width - margin, height))
        frame = lay_weather(self.scene, self.hour, frame, phase)
        return finish(self.scene, frame) if with_grain else frame


def paint(scene: Scene, size: tuple[int, int]) -> Painting:
    """Paint every layer of a scene."""
    width, height = size
    hour = palette(scene)
    if scene.style == "abstract":
        return Painting(scene, hour, size, Image.fromarray(_dithered(paint_folds(scene, hour, size), scene)), [], None, [])
    random = scene.random("composition")
    has_water = not scene.is_dry and (scene.place == "sea" or (scene.place == "mountains" and random.random() < 0.75))
    horizon = round(height * {"sea": 0.6, "mountains": 0.66, "forest": 0.7, "city": 0.72, "desert": 0.62}.get(scene.place, 0.64))
    unit = min(width, height)
    x = float(random.uniform(0.24, 0.76)) * width
    light = Light(x, hour.light_height * height + float(random.uniform(-0.03, 0.05)) * height, 0.062 * unit)
    sky = Image.fromarray(_dithered(paint_sky(scene, hour, size, light, horizon), scene))
    behind = paint_land(scene, hour, size, light, horizon)
    water = make_water(scene, hour, size, light, round(horizon + 0.035 * height)) if has_water else None
    subjects = paint_subjects(scene, hour, size, light, has_water=has_water)
    before: list[Layer] = []
    if scene.place != "space" and (not has_water or subjects.needs_ground):
        before.append(paint_foreground(scene, hour, size, light, 0.88 if has_water else 0.84))
    # A last strip of ground hides where feet would stand on nothing.
    feet = [paint_foreground(scene, hour, size, light, 0.935)] if subjects.needs_ground and scene.place != "space" else []
    return Painting(scene, hour, size, sky, [*behind, *subjects.mirrored], water, [*before, *subjects.near, *feet])


def _dithered(sky: np.ndarray[tuple[int, ...], np.dtype[np.float32]], scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Round with a little noise: smooth gradients would show bands."""
    noise = scene.random("dither").random(sky.shape[:2], np.float32)
    return np.asarray(np.clip(sky + noise[..., None], 0, 255), np.uint8)
