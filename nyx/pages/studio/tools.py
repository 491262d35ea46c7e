"""The four tools of the studio: one screen each, alike but for what goes in, what comes out and the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nyx.services.catalog import Capability
from nyx.theme import NavLink


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One screen. ``lead`` is completed by the number of models, ``noun`` is what comes out."""

    capability: Capability
    title: str
    lead: str
    verb: tuple[str, str]
    noun: Literal["image", "clip"]
    placeholder: str
    description: str
    examples: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/studio/{self.capability}"

    @property
    def icon(self) -> str:
        """Its own symbol of the sprite."""
        return str(self.capability)

    @property
    def ratio(self) -> str:
        """The aspect ratio to begin with; where a picture is the start, its own."""
        return "auto" if self.takes_pictures else "16:9" if self.noun == "clip" else "1:1"

    @property
    def takes_pictures(self) -> bool:
        """True when it starts from pictures."""
        return self.capability.startswith("image-to-")

    def lead_for(self, models: int) -> str:
        """One line under the title."""
        does = self.verb[0] if models == 1 else self.verb[1]
        return f"{self.lead} {models} model{'' if models == 1 else 's'} {does}."


_ALL = (
    Tool(
        capability=Capability.TEXT_TO_IMAGE,
        title="Text to image",
        lead="Describe it.",
        verb=("draws it", "draw it"),
        noun="image",
        placeholder="What should be in the picture? Subject, place, light, style.",
        description="Describe a picture, choose a model and watch it being made.",
        examples=(
            "A fox in a yellow raincoat at a night market, paper lanterns over dark water, cinematic rim light",
            "Product photo of a ceramic teapot on wet slate, soft window light, steam, shallow depth of field",
            "Isometric cutaway of a tiny observatory on a cliff, warm windows, aurora, clean shapes",
            "Watercolour map of an island city with canals and gardens, muted greens, visible paper grain",
        ),
    ),
    Tool(
        capability=Capability.IMAGE_TO_IMAGE,
        title="Image to image",
        lead="Add a picture and say what should change.",
        verb=("edits it", "edit it"),
        noun="image",
        placeholder="What should change? For example: make it winter, keep the house as it is.",
        description="Change a picture with words: another season, another style, another background.",
        examples=(
            "Make it a snowy winter evening with warm light in the windows, keep everything else as it is",
            "Turn it into a watercolour on rough paper, soft edges, muted colours",
            "Replace the background with a quiet beach at sunrise, keep the subject unchanged",
            "The same scene as a pencil sketch with a little blue wash",
        ),
    ),
    Tool(
        capability=Capability.TEXT_TO_VIDEO,
        title="Text to video",
        lead="Describe a shot.",
        verb=("films it", "film it"),
        noun="clip",
        placeholder="What happens? Subject, movement, camera, light.",
        description="Describe a shot, choose a model and a length, and watch the clip being made.",
        examples=(
            "A paper boat drifts down a rainy street at dusk, reflections of neon signs, slow tracking shot",
            "Time-lapse of clouds rolling over a mountain lake at sunrise, wide shot, calm",
            "A cat leaps onto a windowsill in slow motion, dust in the sunlight, shallow depth of field",
            "A lighthouse in a storm at night, waves breaking, the beam sweeping across the rain",
        ),
    ),
    Tool(
        capability=Capability.IMAGE_TO_VIDEO,
        title="Image to video",
        lead="Add a picture and say how it should move.",
        verb=("brings it to life", "bring it to life"),
        noun="clip",
        placeholder="How should it move? For example: the camera slowly circles, leaves fall.",
        description="Bring a picture to life: say what moves and how the camera goes.",
        examples=(
            "The camera slowly pushes in while the wind moves the leaves",
            "The subject turns and smiles, soft light, gentle handheld movement",
            "Water ripples and fog drifts across the scene, the camera stays still",
            "A slow orbit around the subject, evening light, smooth movement",
        ),
    ),
)
TOOLS: Mapping[Capability, Tool] = {tool.capability: tool for tool in _ALL}
assert TOOLS.keys() == set(Capability), "every capability has its tool"

# The places of the section: the tools, and the way to what they made.
PLACES = (*[NavLink(tool.title, tool.path, tool.icon) for tool in TOOLS.values()], NavLink("Gallery", "/dashboard/gallery", "images"))
