"""What a prompt asks to see: hour, place, weather, subjects, colours and style. Reading words only; nothing is drawn here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Hour:
    """Light of a time of day: sky from zenith to horizon, the light's colour, the nearest ground."""

    sky: tuple[Rgb, Rgb, Rgb, Rgb]
    light: Rgb
    ground: Rgb
    stars: float
    light_height: float


HOURS = {
    "night": Hour(((4, 7, 26), (12, 22, 62), (34, 52, 112), (86, 98, 158)), (226, 234, 255), (5, 8, 20), 1.0, 0.24),
    "dusk": Hour(((18, 14, 58), (70, 38, 122), (190, 78, 142), (255, 166, 142)), (255, 214, 178), (18, 10, 36), 0.55, 0.46),
    "sunset": Hour(((40, 28, 92), (134, 52, 112), (240, 108, 76), (255, 198, 116)), (255, 232, 176), (30, 14, 34), 0.12, 0.47),
    "dawn": Hour(((70, 110, 184), (150, 156, 214), (244, 186, 190), (255, 230, 196)), (255, 244, 220), (40, 48, 76), 0.0, 0.42),
    "day": Hour(((24, 92, 188), (72, 148, 226), (150, 204, 244), (220, 238, 250)), (255, 253, 238), (20, 52, 44), 0.0, 0.2),
    "storm": Hour(((22, 28, 40), (50, 60, 76), (98, 112, 126), (164, 174, 178)), (214, 222, 228), (14, 18, 24), 0.0, 0.3),
    "aurora": Hour(((3, 8, 24), (8, 26, 56), (16, 58, 84), (46, 108, 116)), (210, 240, 236), (4, 10, 18), 1.0, 0.2),
}
_WORDS = {
    "hour": {
        "night": "night midnight moon moonlit moonlight star stars starry nocturnal dark cyberpunk galaxy nebula space cosmic",
        "dusk": "dusk twilight evening violet neon synthwave blue-hour",
        "sunset": "sunset sundown golden autumn fall fire lava warm",
        "dawn": "dawn sunrise morning pastel spring misty dreamy",
        "day": "day noon sunny daylight bright summer midday beach",
        "storm": "storm stormy rain rainy raining thunder gloomy overcast cloudy fog foggy",
        "aurora": "aurora borealis northern",
    },
    "place": {
        "sea": "sea ocean water wave waves lake river beach coast shore harbor harbour bay island underwater boat ship whale fish pond",
        "mountains": "mountain mountains mountainous alps peak peaks cliff valley fjord himalaya canyon volcano",
        "forest": "forest woods woodland jungle tree trees pine pines grove autumn",
        "city": "city town street skyline urban skyscraper tokyo paris york metropolis cyberpunk building buildings alley",
        "desert": "desert dune dunes sahara sand sandy mars martian",
        "meadow": "meadow field fields hill hills grass garden park savanna countryside flower flowers",
        "space": "space galaxy nebula cosmos cosmic planet planets orbit astronaut interstellar",
    },
    "weather": {
        "rain": "rain rainy raining rainstorm drizzle downpour",
        "snow": "snow snowy snowing winter blizzard snowfall frost arctic",
        "fog": "fog foggy mist misty haze",
        "aurora": "aurora borealis northern",
        "clouds": "cloud clouds cloudy storm stormy dramatic",
    },
    "subject": {
        "fox": "fox foxes vixen",
        "cat": "cat cats kitten kitty",
        "wolf": "wolf wolves dog dogs puppy husky coyote",
        "birds": "bird birds gull gulls eagle raven crow swallow swallows heron",
        "owl": "owl owls",
        "fish": "fish fishes koi salmon goldfish",
        "whale": "whale whales orca",
        "flower": "flower flowers rose roses tulip lily lotus blossom bloom sunflower daisy peony orchid",
        "portrait": "portrait woman man girl boy face person lady model queen king elf",
        "robot": "robot robots android mech cyborg droid",
        "astronaut": "astronaut cosmonaut spaceman",
        "tree": "tree oak sakura cherry bonsai",
        "boat": "boat sailboat ship sail sailing yacht",
        "house": "house cabin cottage hut home",
        "castle": "castle fortress palace tower citadel temple",
        "lighthouse": "lighthouse beacon",
        "balloon": "balloon balloons",
        "rocket": "rocket spaceship spacecraft shuttle",
        "butterfly": "butterfly butterflies moth",
        "deer": "deer stag elk moose reindeer",
        "horse": "horse horses pony unicorn",
        "mushroom": "mushroom mushrooms toadstool",
        "planet": "planet planets saturn jupiter",
    },
    "style": {
        "watercolor": "watercolor watercolour aquarelle gouache",
        "neon": "neon cyberpunk synthwave vaporwave glowing",
        "minimal": "minimal minimalist minimalism flat simple vector logo",
        "abstract": "abstract geometric surreal psychedelic pattern",
        "mono": "monochrome noir b&w greyscale grayscale",
        "sketch": "sketch pencil drawing charcoal ink lineart",
        "oil": "oil painting impressionist impressionism",
        "pixel": "pixel 8-bit pixelart",
        "vintage": "vintage retro film polaroid sepia",
    },
}
COLOURS: dict[str, Rgb] = {
    "red": (214, 40, 44),
    "crimson": (180, 20, 52),
    "scarlet": (226, 44, 30),
    "orange": (246, 132, 36),
    "amber": (250, 176, 52),
    "gold": (238, 186, 70),
    "golden": (244, 190, 76),
    "yellow": (246, 214, 62),
    "green": (52, 160, 84),
    "emerald": (22, 150, 104),
    "lime": (158, 214, 60),
    "teal": (28, 146, 150),
    "turquoise": (64, 200, 198),
    "cyan": (52, 198, 232),
    "blue": (44, 104, 214),
    "navy": (24, 40, 104),
    "indigo": (70, 62, 180),
    "purple": (130, 62, 190),
    "violet": (146, 84, 222),
    "magenta": (214, 52, 168),
    "pink": (244, 134, 176),
    "brown": (124, 82, 54),
    "white": (240, 242, 246),
    "silver": (190, 198, 208),
    "grey": (128, 134, 142),
    "gray": (128, 134, 142),
    "black": (18, 18, 24),
}
_LOOKUP = {kind: {word: name for name, words in reversed(table.items()) for word in words.split()} for kind, table in _WORDS.items()}
_PLACES = ("mountains", "sea", "meadow", "forest", "desert", "mountains", "sea")
_HOURS = ("sunset", "dusk", "dawn", "night", "sunset", "dusk", "day")
_HABITAT = {
    "fish": "sea", "whale": "sea", "boat": "sea", "lighthouse": "sea", "robot": "city", "astronaut": "space", "planet": "space",
    "rocket": "space", "wolf": "forest", "deer": "forest", "owl": "forest", "mushroom": "forest", "flower": "meadow",
    "butterfly": "meadow", "horse": "meadow", "fox": "forest", "castle": "mountains", "house": "mountains", "portrait": "meadow",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that the painters need to know. ``tint`` colours the whole, ``subject_tint`` the subject; ``chance`` seeds every choice."""

    hour: str
    place: str
    weather: frozenset[str]
    subjects: tuple[str, ...]
    style: str
    tint: Rgb | None
    subject_tint: Rgb | None
    has_moon: bool
    is_dry: bool
    chance: int

    def random(self, purpose: str) -> np.random.Generator:
        """Return a stream of its own for each purpose, so that one layer's draws do not shift another's."""
        return np.random.default_rng([self.chance, int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")])


def read_scene(prompt: str, *, seed: int) -> Scene:
    """Turn words into a scene; what the words leave open is chosen by prompt and seed together."""
    words = re.findall(r"[a-z0-9&-]+", prompt.lower())
    # The whole text decides, not only the words that we know: a prompt in any script has a picture of its own.
    digest = hashlib.sha256(f"{' '.join(prompt.lower().split())}|{seed}".encode("utf-8", "surrogatepass")).digest()
    subjects = tuple(dict.fromkeys(_found("subject", words)))[:3]
    place = next(iter(_found("place", words)), "") or next((_HABITAT[name] for name in subjects if name in _HABITAT), "")
    tint, subject_tint = _tints(words)
    weather = frozenset(_found("weather", words))
    hour = _hour(words, digest, place, weather)
    return Scene(
        hour=hour,
        place=place or _PLACES[digest[0] % len(_PLACES)],
        weather=weather,
        subjects=subjects,
        style=next(iter(_found("style", words)), ""),
        tint=tint,
        subject_tint=subject_tint,
        has_moon=bool({"moon", "moonlit", "moonlight"} & set(words)) or (hour in ("night", "aurora") and "sun" not in words),
        is_dry=place in ("desert", "city") and not {"sea", "lake", "river", "water", "rain"} & set(words),
        chance=int.from_bytes(digest[8:16], "big"),
    )


def _found(kind: str, words: list[str]) -> list[str]:
    table = _LOOKUP[kind]
    return [table[word] for word in words if word in table]


def _hour(words: list[str], digest: bytes, place: str, weather: frozenset[str]) -> str:
    named = _found("hour", words)
    if "aurora" in named or "aurora" in weather:
        return "aurora"
    # An explicit hour outweighs what the weather suggests: "rain at night" is a night.
    explicit = [hour for hour in named if hour != "storm"]
    if explicit:
        return explicit[0]
    if named:
        return named[0]
    if place == "space":
        return "night"
    return _HOURS[digest[1] % len(_HOURS)]


def _tints(words: list[str]) -> tuple[Rgb | None, Rgb | None]:
    """Give a colour to the thing that it stands before; any other colour word tints the whole."""
    whole: Rgb | None = None
    thing: Rgb | None = None
    for word, following in pairwise([*words, ""]):
        if word in COLOURS:
            if following in _LOOKUP["subject"]:
                thing = COLOURS[word]
            else:
                whole = whole or COLOURS[word]
    return whole, thing


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Blend two colours; ``share`` of the second."""
    return cast(Rgb, tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True)))


def palette(scene: Scene) -> Hour:
    """Return the hour's light with the scene's tint worked in, keeping each tone about as bright as it was."""
    hour = HOURS[scene.hour]
    tint = scene.tint
    if tint is None:
        return hour
    sky = cast("tuple[Rgb, Rgb, Rgb, Rgb]", tuple(_tinted(tone, tint, 0.72) for tone in hour.sky))
    return Hour(sky, mix(hour.light, tint, 0.2), _tinted(hour.ground, tint, 0.4), hour.stars, hour.light_height)


def _tinted(tone: Rgb, tint: Rgb, share: float) -> Rgb:
    luma, own = _luma(tone), max(_luma(tint), 1.0)
    scale = (luma / own) ** 0.75
    aimed = cast(Rgb, tuple(min(255, round(channel * scale)) for channel in tint))
    return mix(tone, aimed, share)


def _luma(tone: Rgb) -> float:
    return 0.299 * tone[0] + 0.587 * tone[1] + 0.114 * tone[2]
