"""What stands in the controls, exactly as typed: kept, carried over to another model, and turned into a draft. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace

from nyx.errors import InvalidInput
from nyx.pages.studio.inputs import MOST, as_asked, as_shown, fitted, places
from nyx.pages.studio.shapes import AUTO, find_size, ratio_of, shapes, size_text
from nyx.pages.studio.tools import TOOLS, Tool
from nyx.services.catalog import Capability, Measure, ModelSpec
from nyx.services.generation.views import Draft, InputPicture, InputRole
from nyx.services.prompts.wildcards import literal

MOST_OUTPUTS = 4
MOST_STYLES = 4
FORMATS = {"image": ("jpeg", "png"), "video": ("mp4", "webm")}
_EASY_CREDITS = 3  # at this price a newcomer's bonus makes four pictures
_TAKEN_BY_PARAMETER = {
    "negative_prompt": ("negative_prompt", "negative prompt"),
    "seed": ("seed", "seed"),
    "steps": ("steps", "steps"),
    "guidance": ("guidance_scale", "guidance"),
    "output_format": ("output_format", "file format"),
}


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The controls of one tab. Numbers stay text until they are sent, so that a slip of the keyboard is kept and can be mended."""

    model_key: str = ""
    prompt: str = ""
    ratio: str = "1:1"
    size: str = ""
    outputs: int = 1
    negative_prompt: str = ""
    seed: str = ""
    is_seed_locked: bool = False
    steps: str = ""
    guidance: str = ""
    output_format: str = ""
    seconds: str = ""
    resolution: str = ""
    sound: str = "on"
    inputs: tuple[InputPicture, ...] = ()
    styles: tuple[str, ...] = ()  # keys of presets, applied in this order

    def to_payload(self) -> dict[str, object]:
        """As plain values for the draft on the server."""
        return asdict(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, object]) -> Composition:
        """From a stored draft; what is unknown or of another type counts as never typed."""
        blank = cls()
        known = {field.name: payload[field.name] for field in fields(cls) if field.name in payload}
        typed = {name: value for name, value in known.items() if type(value) is type(getattr(blank, name))}
        typed["inputs"] = _pictures(payload.get("inputs"))
        typed["styles"] = _keys(payload.get("styles"))
        kept = replace(blank, **typed)  # type: ignore[arg-type]
        return replace(kept, outputs=min(max(kept.outputs, 1), MOST_OUTPUTS))

    @classmethod
    def from_draft(cls, draft: Draft) -> Composition:
        """The controls that made an earlier generation. Its styles are words of its prompt by now."""
        size = (draft.width_px, draft.height_px) if draft.width_px and draft.height_px else None
        return cls(
            model_key=draft.model_key,
            prompt=literal(draft.prompt),
            ratio=ratio_of(size) if size else draft.aspect_ratio or AUTO,
            size=size_text(size) if size else "",
            outputs=draft.outputs,
            negative_prompt=draft.negative_prompt,
            seed="" if draft.seed is None else str(draft.seed),
            is_seed_locked=draft.seed is not None,
            steps="" if draft.steps is None else str(draft.steps),
            guidance="" if draft.guidance is None else f"{draft.guidance:g}",
            output_format=draft.output_format,
            seconds="" if draft.seconds is None else str(draft.seconds),
            resolution=draft.resolution or "",
            sound="off" if draft.generate_audio is False else "on",
            inputs=as_shown(draft.inputs, TOOLS[Capability(draft.capability)]),
        )

    def to_draft(self, spec: ModelSpec, *, capability: Capability) -> Draft:
        """What is asked for. Raises: InvalidInput for a number that is none."""
        size = find_size(spec, ratio=self.ratio, text=self.size)
        return Draft(
            capability=capability,
            model_key=self.model_key,
            prompt=self.prompt.strip(),
            outputs=self.outputs,
            width_px=size[0] if size else None,
            height_px=size[1] if size else None,
            aspect_ratio=self.ratio if self.ratio in (*spec.aspect_ratios, *spec.ratios) else None,
            negative_prompt=self.negative_prompt.strip(),
            seed=_whole(self.seed, field="seed", name="The seed"),
            steps=_whole(self.steps, field="steps", name="Steps"),
            guidance=_decimal(self.guidance),
            output_format=self.output_format,
            seconds=int(self.seconds) if self.seconds else None,
            resolution=self.resolution or None,
            generate_audio=self.sound == "on" if spec.audio else None,
            inputs=as_asked(self.inputs),
        )

    def to_measure(self, spec: ModelSpec) -> Measure:
        """What the price depends on."""
        size = find_size(spec, ratio=self.ratio, text=self.size)
        return Measure(
            outputs=self.outputs,
            width_px=size[0] if size else None,
            height_px=size[1] if size else None,
            seconds=int(self.seconds) if self.seconds else None,
            resolution=self.resolution or None,
        )


def carry_over(composition: Composition, spec: ModelSpec, tool: Tool) -> tuple[Composition, tuple[str, ...]]:
    """Keep what ``spec`` can take; name, for people, what it can't."""
    dropped: list[str] = []
    changes: dict[str, object] = {}
    offered = shapes(spec)
    ratio = composition.ratio if composition.ratio in offered or composition.ratio == AUTO else next(iter(offered), AUTO)
    if ratio != composition.ratio:
        dropped.append(f"the aspect ratio {composition.ratio}")
    size = find_size(spec, ratio=ratio, text=composition.size)
    for field_name, (parameter, name) in _TAKEN_BY_PARAMETER.items():
        if getattr(composition, field_name) and not spec.takes(parameter):
            changes[field_name] = ""
            dropped.append(f"the {name}")
    seconds, resolution = _length(composition, spec), _resolution(composition, spec)
    if composition.seconds and seconds != composition.seconds:
        dropped.append(f"the length of {composition.seconds} s")
    if composition.resolution and resolution.lower() != composition.resolution.lower():
        dropped.append(f"the resolution {composition.resolution.lower()}")
    inputs, left = fitted(composition.inputs, places(tool, spec))
    if left:
        dropped.append("one of the pictures" if len(left) == 1 else f"{len(left)} of the pictures")
    changes |= {"seconds": seconds, "resolution": resolution, "inputs": inputs}
    if composition.output_format and composition.output_format not in FORMATS[spec.kind]:
        changes["output_format"] = ""
    carried = replace(composition, model_key=spec.key, ratio=ratio, size=size_text(size) if size else "", **changes)  # type: ignore[arg-type]
    return carried, tuple(dropped)


def _pictures(stored: object) -> tuple[InputPicture, ...]:
    """From a stored draft, as far as it makes sense."""
    found = []
    for one in stored if isinstance(stored, list) else ():
        role, media_id = (one.get("role"), one.get("media_id")) if isinstance(one, dict) else (None, None)
        if isinstance(media_id, str) and role in set(InputRole):
            found.append(InputPicture(media_id=media_id, role=InputRole(role)))
    return tuple(found[:MOST])


def _keys(stored: object) -> tuple[str, ...]:
    """From a stored draft: every key once."""
    found = [key for key in stored if isinstance(key, str)] if isinstance(stored, list | tuple) else []
    return tuple(dict.fromkeys(found))[:MOST_STYLES]


def _length(composition: Composition, spec: ModelSpec) -> str:
    offered = [str(one) for one in spec.seconds]
    return composition.seconds if composition.seconds in offered else str(spec.default_seconds) if offered else ""


def _resolution(composition: Composition, spec: ModelSpec) -> str:
    """The one that was chosen, whatever case its maker writes it in; else the one that the price is for, else the first."""
    offered = {name.lower(): name for name in spec.resolutions}
    fallback = next(iter(offered), "")
    return offered.get(composition.resolution.lower()) or offered.get(spec.resolution.lower()) or offered.get(fallback, "")


def first_choice(specs: Iterable[ModelSpec]) -> ModelSpec | None:
    """The model a newcomer starts with: the best of the easily affordable ones, else the cheapest; None when all are switched off."""
    priced = [(spec.credits, spec) for spec in specs if spec.is_enabled and spec.credits]
    easy = [pair for pair in priced if pair[0] <= _EASY_CREDITS]
    if easy:
        return max(easy, key=lambda pair: pair[0])[1]
    return min(priced, key=lambda pair: pair[0])[1] if priced else None


def _whole(text: str, *, field: str, name: str) -> int | None:
    stripped = text.strip()
    if not stripped:
        return None
    try:
        return int(stripped)
    except ValueError as error:
        raise InvalidInput(f"{name} must be a whole number, or empty.", field=field) from error


def _decimal(text: str) -> float | None:
    stripped = text.strip().replace(",", ".")
    if not stripped:
        return None
    try:
        return float(stripped)
    except ValueError as error:
        raise InvalidInput("Guidance must be a number, or empty.", field="guidance") from error
