"""Subjects: silhouettes with their own colour and a rim of light, put where they belong. The shapes are in shapes.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from nyx.sandbox.art.land import Layer
from nyx.sandbox.art.scene import Hour, Scene
from nyx.sandbox.art.sky import Light


@dataclass(frozen=True)
class Subjects:
    """Layers of subjects: ``mirrored`` ones stand in or above water, ``near`` ones before it."""

    mirrored: list[Layer] = field(default_factory=list)
    near: list[Layer] = field(default_factory=list)
    needs_ground: bool = False


def paint_subjects(scene: Scene, hour: Hour, size: tuple[int, int], light: Light, *, has_water: bool) -> Subjects:
    """Paint the scene's subjects."""
    return Subjects()
