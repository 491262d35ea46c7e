"""Subjects: coloured by the hour, rimmed by its light, and put where they belong. The shapes themselves are in shapes.py."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from nyx.sandbox.art.blooms import paint_bloom, paint_flock
from nyx.sandbox.art.land import Layer
from nyx.sandbox.art.scene import Hour, Rgb, Scene, mix
from nyx.sandbox.art.shapes import SHAPES, Points, Shape
from nyx.sandbox.art.sky import Light

_SUPERSAMPLING = 2
# How much of its own colour a subject keeps in the hour's light.
_OWN_COLOUR = {"day": 0.94, "dawn": 0.8, "sunset": 0.72, "storm": 0.72, "dusk": 0.66, "aurora": 0.56, "night": 0.56}


@dataclass(frozen=True)
class Subjects:
    """Layers of subjects: ``mirrored`` ones stand in or above water, ``near`` ones before it."""

    mirrored: list[Layer] = field(default_factory=list)
    near: list[Layer] = field(default_factory=list)
    needs_ground: bool = False


def paint_subjects(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, *, has_water: bool) -> Subjects:
    """Paint the scene's subjects, the first one largest and across from the light."""
    width, height = size
    random = scene.random("subjects")
    found = Subjects()
    needs_ground = False
    places = _spread(light.x / width, len(scene.subjects))
    for index, (name, x) in enumerate(zip(scene.subjects, places, strict=True)):
        if name == "flower":
            found.near.append(Layer(paint_bloom(scene, hour, size, x), 0.9))
        elif name == "birds":
            found.mirrored.append(Layer(paint_flock(scene, hour, size), 0.3))
        else:
            shape = SHAPES[name]
            image = _draw(scene, hour, shape, height * shape.tall * (1.0 if index == 0 else 0.72), light.x > x * width)
            at = _place(scene, shape, image.size, size, (x + float(random.uniform(-0.03, 0.03)), has_water))
            full = Image.new("RGBA", size, (0, 0, 0, 0))
            full.paste(image, at, image)
            is_near = shape.stands in ("ground", "front") or scene.place == "space"
            (found.near if is_near else found.mirrored).append(Layer(full, 0.9 if is_near else 0.62))
            needs_ground = needs_ground or shape.stands == "ground"
    return Subjects(found.mirrored, found.near, needs_ground)


def _spread(light_share: float, count: int) -> list[float]:
    first = 0.36 if light_share > 0.5 else 0.64
    return [first, 1 - first + 0.06, 0.5][:count]


def _place(scene: Scene, shape: Shape, own: tuple[int, int], size: tuple[int, int], where: tuple[float, bool]) -> tuple[int, int]:
    """Return the top left corner."""
    width, height = size
    x, has_water = where
    left = round(x * width - own[0] / 2)
    stands = "sky" if scene.place == "space" and shape.stands != "front" else shape.stands
    match stands:
        case "front":
            return round(width * 0.5 - own[0] / 2 + (x - 0.5) * width * 0.25), round(height * 1.005 - own[1])
        case "ground":
            return left, round(height * 0.945 - own[1])
        case "water":
            return left, round(height * 0.655 - own[1])
        case "leap":
            return left, round(height * 0.6 - own[1])
        case "far":
            return left, round(height * (0.65 if has_water else 0.83) - own[1])
        case _:
            return left, round(height * (0.5 if scene.place == "space" else 0.34) - own[1] / 2)


def _draw(scene: Scene, hour: Hour, shape: Shape, tall: float, lit_from_right: bool) -> Image.Image:
    """Draw a shape ``tall`` pixels high with some air around it."""
    air = 0.35
    inner = (max(8, round(tall * shape.aspect)), max(8, round(tall)))
    big = (round(inner[0] * (1 + 2 * air)) * _SUPERSAMPLING, round(inner[1] * (1 + air)) * _SUPERSAMPLING)
    colours = Image.new("RGB", big)
    mask = Image.new("L", big, 0)
    glow = Image.new("L", big, 0)
    own = scene.subject_tint or shape.colour
    pens = ImageDraw.Draw(colours), ImageDraw.Draw(mask), ImageDraw.Draw(glow)
    flipped = not lit_from_right
    for part in shape.parts:
        outline = [
            ((air + (1 - x if flipped else x)) / (1 + 2 * air) * big[0], (air + y) / (1 + air) * big[1]) for x, y in smooth(part.points)
        ]
        pens[0].polygon(outline, fill=_tone(scene, hour, own, part.tone))
        pens[1].polygon(outline, fill=255)
        pens[2].polygon(outline, fill=255 if part.tone == "glow" else 0)
    final = (big[0] // _SUPERSAMPLING, big[1] // _SUPERSAMPLING)
    colours, mask, glow = (image.resize(final, Image.Resampling.BOX) for image in (colours, mask, glow))
    shaded = _shade(scene, hour, colours, mask, lit_from_right)
    shaded.putalpha(mask)
    return _with_halo(shaded, glow, hour, tall)


def _shade(scene: Scene, hour: Hour, colours: Image.Image, mask: Image.Image, lit_from_right: bool) -> Image.Image:
    """Darken towards the feet, round the body by light from one side, and add the rim."""
    width, height = colours.size
    pixels = np.asarray(colours, np.float32)
    fall = np.linspace(1.1, 0.74, height, dtype=np.float32)[:, None, None]
    reach = max(2.0, height / 16)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(reach)), np.float32)
    slope = np.gradient(soft, axis=1) * (-1 if lit_from_right else 1)
    # The blurred mask falls off towards an outline: facing the light it brightens, away from it it darkens.
    rounded = Image.fromarray(np.uint8(np.clip(slope * reach / 110 * 127 + 100, 0, 255))).filter(ImageFilter.GaussianBlur(reach * 0.4))
    volume = (np.asarray(rounded, np.float32)[..., None] - 100) / 160
    coat = scene.random("coat").normal(1, 0.035, (height, width, 1)).astype(np.float32)
    pixels = np.asarray(pixels * fall * (1 + volume) * coat, np.float32)
    step = max(1, round(height / 90))
    edge = ImageChops.subtract(mask, ImageChops.offset(mask, -step if lit_from_right else step, step))
    rim = np.asarray(edge.filter(ImageFilter.GaussianBlur(step * 0.6)), np.float32)[..., None] / 255
    pixels += (np.array(hour.light, np.float32) - pixels) * rim * 0.85
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _with_halo(image: Image.Image, glow: Image.Image, hour: Hour, tall: float) -> Image.Image:
    """Let lit windows and eyes shine into the air around them."""
    if glow.getbbox() is None:
        return image
    halo = glow.filter(ImageFilter.GaussianBlur(tall / 26)).point([min(200, value * 2) for value in range(256)])
    under = Image.new("RGBA", image.size, (255, 196, 104, 0))
    under.putalpha(halo)
    under.alpha_composite(image)
    shine = Image.new("RGBA", image.size, (255, 214, 130, 0))
    shine.putalpha(halo.point([value // 3 for value in range(256)]))
    under.alpha_composite(shine)
    return under


def _tone(scene: Scene, hour: Hour, own: Rgb, tone: str) -> Rgb:
    share = _OWN_COLOUR[scene.hour]
    base = mix(mix(hour.ground, hour.sky[1], 0.3), own, share)
    match tone:
        case "light":
            return mix(base, mix(own, (255, 236, 214), 0.55), 0.55 * share + 0.1)
        case "leaf":
            return mix(base, mix(own, hour.light, 0.35), 0.3)
        case "dark":
            return mix(base, (14, 10, 20), 0.5)
        case "shade":
            return mix(base, (60, 30, 40), 0.35)
        case "pale":
            return mix(mix(hour.sky[2], hour.ground, 0.35), (250, 244, 236), 0.4 + 0.5 * share)
        case "foam":
            return mix(hour.sky[3], (255, 255, 255), 0.5)
        case "ink":
            return mix(hour.ground, (8, 6, 12), 0.6)
        case "glow":
            return (255, 214, 120)
        case "accent":
            return mix(base, (240, 200, 120), 0.6)
        case _:
            return base


def smooth(points: Points, steps: int = 7) -> list[tuple[float, float]]:
    """Run a closed Catmull-Rom curve through the points; a point given twice stays a corner."""
    count = len(points)
    curve: list[tuple[float, float]] = []
    for index in range(count):
        p0, p1, p2, p3 = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)))
    return curve


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t)
