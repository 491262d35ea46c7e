"""Silhouettes as data: closed curves in a unit box, x to the right and y downwards, standing on y = 1. A point given twice is a corner.

Each part has a tone: ``body`` takes the subject's colour, ``light``, ``leaf``, ``dark`` and ``shade`` tones of it, ``accent`` a golden
one; ``glow`` shines by itself, ``pale`` is near white, ``foam`` the water's white, ``ink`` near black.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nyx.sandbox.art.scene import Rgb

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Part:
    """One closed curve."""

    tone: str
    points: Points


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A subject: its own colour, its height as a share of the picture, its width to height, where its feet go, and its parts."""

    colour: Rgb
    tall: float
    aspect: float
    stands: str
    """``ground``, ``front``, ``water``, ``leap`` (just above it), ``sky`` or ``far`` (on the horizon)."""
    parts: tuple[Part, ...]


def _part(tone: str, flat: str) -> Part:
    """Read ``x,y x,y ...`` in hundredths; ``!`` after a point makes it a corner."""
    points: list[tuple[float, float]] = []
    for word in flat.split():
        x, y = word.rstrip("!").split(",")
        points += [(float(x) / 100, float(y) / 100)] * (2 if word.endswith("!") else 1)
    return Part(tone, tuple(points))


def _oval(tone: str, x: float, y: float, across: float, down: float) -> Part:
    corners = ((1, 0), (0.707, 0.707), (0, 1), (-0.707, 0.707), (-1, 0), (-0.707, -0.707), (0, -1), (0.707, -0.707))
    return Part(tone, tuple(((x + across * i) / 100, (y + down * j) / 100) for i, j in corners))


_FOX = (
    _part("body", "62,96 70,86 80,84 90,72 94,58 97,44! 101,58 102,76 96,91 84,99 66,100"),
    _part("pale", "94,58 97,44! 101,58 100,66 95,65"),
    _part(
        "body",
        "9,35! 13,30 20,25 23,19! 24,3! 31,13 34,17! 41,5! 42,20 44,28 47,40 56,52 64,66 68,84 66,99 40,100 24,100 22,96 29,91 "
        "29,78 25,62 24,48 17,42 11,39",
    ),
    _part("pale", "9,36! 17,36 24,40 27,50 31,64 32,80 29,91 29,76 25,62 24,48 17,42 11,39"),
    _part("dark", "25,6! 30,13 28,18 25,17"),
    _part("ink", "8,34 11,33 11,37 8,37"),
    _part("ink", "21,28 25,27 23,30"),
    _part("dark", "24,100 22,96 29,91 32,93 32,100"),
    _part("dark", "38,100 37,96 43,92 47,95 46,100"),
)
_CAT = (
    _part("body", "70,97 82,96 92,88 94,74 88,64 84,60 88,57 96,64 100,76 97,92 86,100 70,100"),
    _part("body", "20,28 22,4! 32,13 44,12 54,3! 57,28 57,40 54,47 62,56 72,70 75,86 72,100! 24,100! 22,92 26,76 25,60 27,50 20,40"),
    _part("light", "36,52 45,52 47,66 45,84 40,92 35,84 33,66"),
    _part("glow", "26,29 30,26 34,30 30,32"),
    _part("glow", "44,30 48,26 52,29 48,32"),
    _part("ink", "37,37 41,37 39,40"),
    _part("light", "23,9! 30,15 24,20"),
    _part("light", "53,8! 53,20 47,14"),
)
_WOLF = (
    _part("body", "72,86 84,88 92,96 86,100 72,97"),
    _part(
        "body",
        "30,2! 34,8 37,16 43,14! 44,22 50,30 54,40 64,50 74,64 78,82 76,99! 66,99 62,90 56,88 54,99! 44,99 45,90 42,76 36,62 "
        "34,48 33,38 28,28 25,16 26,9",
    ),
    _part("light", "33,38 28,28 25,16 27,11 31,22 37,34 43,48 46,62 45,76 42,76 36,62 34,48"),
)
_DEER = (
    _part(
        "body",
        "18,30 24,25 32,24 38,28 42,36 46,46 60,48 76,47 86,50 90,56 91,64! 88,62 86,68 87,80 85,100! 81,100! 81,82 78,70 64,70 "
        "54,69 53,82 52,100! 48,100! 47,84 45,72 39,60 35,46 31,38 22,37 17,34",
    ),
    _part("dark", "80,100! 76,100! 75,84 72,70 80,70 79,84"),
    _part("dark", "45,100! 41,100! 42,84 42,68 48,70 46,84"),
    _part("light", "47,62 60,67 78,66 78,70 62,72 50,70"),
    _part("body", "34,25 40,20 46,19 41,26 37,29"),
    _part("pale", "31,24! 27,14 22,10 20,2! 23,8 26,9 25,1! 28,8 29,12 32,4! 31,14 34,23!"),
    _part("pale", "34,23! 36,14 42,10 46,2! 46,9 43,13 50,9! 44,15 39,17 37,24!"),
    _part("ink", "24,29 27,28 26,31"),
)
_HORSE = (
    _part(
        "body",
        "7,30 12,22 20,17 26,14 29,7! 31,14 38,22 44,34 58,40 74,38 86,42 91,54 90,66 92,82 90,100! 85,100! 85,84 80,68 64,66 "
        "52,66 50,82 48,100! 43,100! 43,80 40,66 34,54 29,38 20,34 12,37 8,35",
    ),
    _part("dark", "29,9! 34,14 42,24 47,38 42,36 36,26 31,17"),
    _part("dark", "88,43 96,50 98,66 96,84! 93,68 90,54"),
    _part("dark", "82,100! 77,100! 77,84 72,66 80,66"),
    _part("dark", "41,100! 36,100! 38,82 37,62 44,66"),
    _part("ink", "17,23 20,22 19,25"),
)
_OWL = (
    _part("body", "22,16! 30,10 50,8 70,10 78,16! 80,32 84,50 82,72 74,90 62,97! 50,95 38,97! 26,90 18,72 16,50 20,32"),
    _part("light", "34,46 50,42 66,46 68,66 60,84 50,88 40,84 32,66"),
    _oval("pale", 36, 28, 13, 12),
    _oval("pale", 64, 28, 13, 12),
    _oval("glow", 37, 29, 8, 8),
    _oval("glow", 63, 29, 8, 8),
    _oval("ink", 38, 29, 4, 4.5),
    _oval("ink", 62, 29, 4, 4.5),
    _part("accent", "46,36 54,36 50,46!"),
    _part("dark", "18,46 26,52 30,68 28,86 20,74 16,58"),
    _part("dark", "82,46 74,52 70,68 72,86 80,74 84,58"),
)
_FISH = (
    _part("light", "64,50 80,34 94,22! 90,42 88,54 92,74! 78,66"),
    _part("body", "4,52 10,42 24,32 42,28 58,34 70,46 74,52 68,58 56,68 40,74 22,70 10,62"),
    _part("dark", "30,32 38,16 54,12! 52,26 56,34"),
    _part("light", "36,72 44,86 54,88! 50,72"),
    _part("pale", "12,60 26,66 42,69 56,64 42,74 22,71"),
    _part("accent", "34,30 40,29 43,50 38,66 33,60 36,46"),
    _part("accent", "52,33 58,36 58,52 54,62 50,58 53,46"),
    _oval("pale", 15, 47, 4, 4.5),
    _oval("ink", 15, 47, 2, 2.6),
)
_WHALE = (
    _part("body", "6,86 12,60 22,38 36,20 46,10! 54,16 58,30 57,48 52,66 50,86!"),
    _part("pale", "46,86 50,66 54,48 55,30 52,18 57,26 59,42 56,62 52,86"),
    _part("dark", "30,60 22,70 10,72! 16,62 26,52"),
    _oval("ink", 46, 32, 1.2, 1.6),
    _part("body", "78,90 82,74 80,62 68,52! 78,54 85,60 92,52 102,50! 92,62 90,76 92,90"),
    _part("foam", "2,88 14,85.5 26,87 40,85 52,87 64,86 78,87.5 92,86 102,88.5 78,90.5 44,90 20,90.5"),
)
_BOAT = (
    _part("pale", "46,4! 48,40 48,72! 12,72! 26,48 38,26"),
    _part("light", "53,14! 66,36 80,70! 53,72!"),
    _part("dark", "49,0! 51,0! 51,78! 49,78!"),
    _part("body", "6,78! 94,76! 86,90 76,97 24,97 14,90"),
    _part("light", "6,78! 94,76! 92,81 9,83"),
)
_HOUSE = (
    _part("body", "16,100! 16,48! 84,48! 84,100!"),
    _part("dark", "6,52! 30,16! 72,16! 94,52! 84,50 16,50"),
    _part("dark", "64,22! 64,4! 74,4! 74,26!"),
    _part("pale", "7,51! 30,15! 72,15! 93,51! 88,46 70,20 32,20 12,47"),
    _part("glow", "26,60! 40,60! 40,80! 26,80!"),
    _part("glow", "62,60! 76,60! 76,80! 62,80!"),
    _part("dark", "45,100! 45,66! 56,66! 56,100!"),
    _part("dark", "32,60! 34,60! 34,80! 32,80!"),
    _part("dark", "68,60! 70,60! 70,80! 68,80!"),
)
_CASTLE = (
    _part("body", "12,100! 12,58! 88,58! 88,100!"),
    _part("body", "6,100! 6,46! 20,46! 20,100!"),
    _part("body", "80,100! 80,46! 94,46! 94,100!"),
    _part("body", "40,100! 40,26! 62,26! 62,100!"),
    _part("body", "26,100! 26,42! 36,42! 36,100!"),
    _part("body", "67,100! 67,38! 76,38! 76,100!"),
    _part("dark", "4,46! 13,22! 22,46!"),
    _part("dark", "78,46! 87,22! 96,46!"),
    _part("dark", "37,26! 51,-4! 65,26!"),
    _part("dark", "24,42! 31,22! 38,42!"),
    _part("dark", "65,38! 71.5,16! 78,38!"),
    _part("glow", "49,36! 51,33 53,36! 53,44! 49,44!"),
    _part("glow", "29.5,50! 31,48 32.5,50! 32.5,56! 29.5,56!"),
    _part("glow", "70,46! 71.5,44 73,46! 73,52! 70,52!"),
    _part("glow", "11.5,56! 13,54 14.5,56! 14.5,62! 11.5,62!"),
    _part("glow", "85.5,56! 87,54 88.5,56! 88.5,62! 85.5,62!"),
    _part("ink", "45,100! 45,80 51,73 57,80 57,100!"),
)
_LIGHTHOUSE = (
    _part("ink", "-30,101 -18,88 6,84 30,80 66,80 92,86 116,90 132,101"),
    _part("pale", "36,84! 41,26! 59,26! 64,84!"),
    _part("body", "38.6,54! 39.8,40! 60.2,40! 61.4,54!"),
    _part("body", "36.2,82! 37.4,68! 62.6,68! 63.8,82!"),
    _part("dark", "34,26! 34,23! 66,23! 66,26!"),
    _part("glow", "42,23! 42,12! 58,12! 58,23!"),
    _part("body", "39,12! 50,2! 61,12!"),
)
_BALLOON = (
    _part("body", "50,2 74,8 86,26 82,46 68,62 57,74! 43,74! 32,62 18,46 14,26 26,8"),
    _part("pale", "50,2 60,10 66,28 63,48 56,64 53,74! 47,74! 44,64 37,48 34,28 40,10"),
    _part("accent", "50,2 54,12 56,28 55,50 51,74! 49,74! 45,50 44,28 46,12"),
    _part("dark", "43,75! 46,88! 45,88! 41,75!"),
    _part("dark", "57,75! 54,88! 55,88! 59,75!"),
    _part("dark", "43,88! 57,88! 55,99 45,99"),
)
_ROCKET = (
    _part("accent", "40,80 50,84 60,80 60,90 54,98 50,118! 46,98 40,90"),
    _part("glow", "44,80 50,82 56,80 54,92 50,104! 46,92"),
    _part("dark", "36,52 22,66 20,84! 32,76 40,76"),
    _part("dark", "64,52 78,66 80,84! 68,76 60,76"),
    _part("pale", "50,0! 60,12 66,32 66,56 62,78! 38,78! 34,56 34,32 40,12"),
    _part("body", "50,0! 60,12 64,24 50,26 36,24 40,12"),
    _oval("dark", 50, 40, 8, 8),
    _oval("glow", 50, 40, 5.5, 5.5),
)
_BUTTERFLY = (
    _part("body", "48,44 36,20 16,8 4,16 6,36 18,50 44,56"),
    _part("body", "52,44 64,20 84,8 96,16 94,36 82,50 56,56"),
    _part("dark", "46,56 24,56 14,70 20,88 36,86 46,68"),
    _part("dark", "54,56 76,56 86,70 80,88 64,86 54,68"),
    _part("light", "44,44 34,26 18,16 12,24 16,38 40,50"),
    _part("light", "56,44 66,26 82,16 88,24 84,38 60,50"),
    _part("glow", "42,62 30,62 22,72 28,80 38,76"),
    _part("glow", "58,62 70,62 78,72 72,80 62,76"),
    _part("ink", "48,34 50,30 52,34 52.5,60 50,78 47.5,60"),
)
_MUSHROOM = (
    _part("pale", "42,46 58,46 58,66 62,90 66,100! 34,100! 38,90 42,66"),
    _part("light", "38,58 62,58 66,66 50,70 34,66"),
    _part("body", "6,52 10,30 26,12 50,5 74,12 90,30 94,52 76,59 50,61 24,59"),
    _oval("pale", 50, 20, 8, 5.5),
    _oval("pale", 26, 32, 7, 6),
    _oval("pale", 74, 34, 6.5, 6),
    _oval("pale", 48, 44, 8, 6),
    _oval("pale", 16, 48, 3.5, 3.5),
    _oval("pale", 85, 50, 3, 3),
)
_ROBOT = (
    _part("dark", "48.6,12! 51.4,12! 51.4,2! 48.6,2!"),
    _oval("glow", 50, 2, 3, 2),
    _part("body", "28,14! 72,12! 75,16 75,36 72,40! 28,40! 25,36 25,16"),
    _part("ink", "31,19 69,19 70,33 30,33"),
    _oval("glow", 40, 26, 5, 4),
    _oval("glow", 60, 26, 5, 4),
    _part("dark", "43,40! 57,40! 57,45! 43,45!"),
    _part("body", "22,47 78,47 80,54 76,76 72,80! 28,80! 24,76 20,54"),
    _oval("ink", 50, 60, 9, 7.5),
    _oval("glow", 50, 60, 5.5, 4.5),
    _part("light", "20,48 12,50 8,60 8,76 12,79 16,76 17,62"),
    _part("light", "80,48 88,50 92,60 92,76 88,79 84,76 83,62"),
    _part("dark", "31,80! 43,80! 43,97! 46,100! 26,100! 31,97!"),
    _part("dark", "57,80! 69,80! 69,97! 74,100! 54,100! 57,97!"),
)
_ASTRONAUT = (
    _part("light", "22,46 78,46 82,74 76,80 24,80 18,74"),
    _part(
        "body",
        "27,42 73,42 84,50 94,66 96,80 88,84 82,78 77,66 75,82 74,100! 58,100! 54,86 46,86 42,100! 26,100! 25,82 23,66 18,78 "
        "12,84 4,80 6,66 16,50",
    ),
    _oval("body", 50, 23, 24, 22),
    _part("ink", "34,14 50,10 66,14 70,24 66,34 50,38 34,34 30,24"),
    _part("accent", "35,17 46,13 54,14 44,21 36,28 33,24"),
    _part("glow", "56,30 64,26 66,30 58,34"),
    _part("dark", "38,54! 62,54! 62,68! 38,68!"),
    _oval("glow", 44, 60, 2, 2),
    _oval("accent", 52, 60, 2, 2),
)
_PORTRAIT = (
    _part("dark", "22,46 20,30 28,12 44,3 60,5 70,14 73,24 66,30 62,40 56,48 54,60 50,72 40,84 30,88 24,74 26,60"),
    _part("body", "4,101! 8,90 20,83 36,79 46,76 60,79 74,84 86,91 92,101!"),
    _part(
        "light",
        "58,24 70,22 72.5,29 72,33.5 77.5,43.5! 76.5,46 73,46.6 73,48.6! 75.6,51 73.8,52.6! 75,55 72.6,57 73.2,61 70,65 60,65.5 56,68"
        " 56,77 60,80 52,86 44,83 46,74 46,60 48,44",
    ),
    _part("dark", "70,14 73,22 66,26 58,32 54,42 52,52 47,60 44,44 48,26 58,14"),
    _part("ink", "66.5,37.5 69,36.4 71.5,37.2 69,38.6"),
    _part("shade", "55,44 58,43 59,49 56.4,52 54.6,49"),
)
# A crown of leaves: middle and radius of each cluster.
_LEAVES = (
    (50, 50, 13), (22, 48, 13), (78, 47, 13), (12, 37, 11), (88, 36, 11), (36, 44, 14), (64, 43, 14), (24, 30, 14), (76, 28, 14),
    (50, 34, 16), (36, 20, 13), (64, 18, 13), (50, 12, 12),
)  # fmt: skip
_TREE = (
    _part("dark", "44,101! 46,76 43,62 32,50 34,48 46,56 48,40 51,40 53,54 64,44 66,46 56,62 55,78 58,101!"),
    # Each cluster throws a little shade on those below it.
    *(
        part
        for x, y, r in _LEAVES
        for part in (
            _oval("dark", x, y + 2, r + 0.8, r * 0.93),
            _oval("body", x, y, r, r * 0.9),
            _oval("leaf", x - 1.5, y - 2, r * 0.8, r * 0.68),
        )
    ),
)
_PLANET = (
    _oval("body", 50, 50, 34, 34),
    _part("light", "17,44 50,52 83,42 84,50 50,60 16,52"),
    _part("dark", "22,66 50,72 79,64 74,72 50,79 27,73"),
)

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "fox": Shape(colour=(222, 104, 36), tall=0.46, aspect=0.98, stands="ground", parts=_FOX),
        "cat": Shape(colour=(58, 52, 66), tall=0.44, aspect=0.86, stands="ground", parts=_CAT),
        "wolf": Shape(colour=(96, 100, 112), tall=0.46, aspect=0.8, stands="ground", parts=_WOLF),
        "deer": Shape(colour=(150, 98, 60), tall=0.5, aspect=0.98, stands="ground", parts=_DEER),
        "horse": Shape(colour=(112, 66, 42), tall=0.48, aspect=1.1, stands="ground", parts=_HORSE),
        "owl": Shape(colour=(128, 92, 62), tall=0.42, aspect=0.72, stands="ground", parts=_OWL),
        "fish": Shape(colour=(244, 118, 40), tall=0.28, aspect=1.25, stands="leap", parts=_FISH),
        "whale": Shape(colour=(52, 78, 112), tall=0.36, aspect=1.5, stands="water", parts=_WHALE),
        "boat": Shape(colour=(128, 54, 44), tall=0.32, aspect=0.92, stands="water", parts=_BOAT),
        "house": Shape(colour=(112, 68, 50), tall=0.24, aspect=1.3, stands="far", parts=_HOUSE),
        "castle": Shape(colour=(104, 98, 116), tall=0.4, aspect=0.95, stands="far", parts=_CASTLE),
        "lighthouse": Shape(colour=(196, 46, 44), tall=0.46, aspect=0.62, stands="far", parts=_LIGHTHOUSE),
        "balloon": Shape(colour=(216, 62, 66), tall=0.34, aspect=0.8, stands="sky", parts=_BALLOON),
        "rocket": Shape(colour=(214, 58, 54), tall=0.42, aspect=0.62, stands="sky", parts=_ROCKET),
        "butterfly": Shape(colour=(244, 140, 44), tall=0.26, aspect=1.15, stands="sky", parts=_BUTTERFLY),
        "mushroom": Shape(colour=(204, 44, 40), tall=0.34, aspect=0.95, stands="ground", parts=_MUSHROOM),
        "robot": Shape(colour=(128, 142, 158), tall=0.52, aspect=0.72, stands="ground", parts=_ROBOT),
        "astronaut": Shape(colour=(214, 218, 226), tall=0.5, aspect=0.72, stands="ground", parts=_ASTRONAUT),
        "portrait": Shape(colour=(92, 62, 108), tall=0.8, aspect=0.9, stands="front", parts=_PORTRAIT),
        "tree": Shape(colour=(62, 116, 66), tall=0.56, aspect=0.95, stands="ground", parts=_TREE),
        "planet": Shape(colour=(206, 142, 92), tall=0.42, aspect=1.0, stands="sky", parts=_PLANET),
    }
)
