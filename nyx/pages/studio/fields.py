"""Which settings the studio shows for a model, and what each says: views of one composition. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nyx.pages.studio.composition import MOST_OUTPUTS, Composition
from nyx.pages.studio.shapes import AUTO, find_size, shapes, size_label, size_text
from nyx.pages.studio.tools import Tool
from nyx.services.catalog import ModelSpec

LONGEST_PROMPT = 5_000
LONGEST_NEGATIVE = 2_000
_MOST_CHIPS = 6
_FORMATS = {"image": {"": "Any", "jpeg": "JPEG", "png": "PNG"}, "video": {"": "Any", "mp4": "MP4", "webm": "WebM"}}
_OUTPUTS = {"image": "Images", "clip": "Clips"}
SOUND = {"on": "On", "off": "Off"}


@dataclass(frozen=True)
class Option:
    """One of several values, with its words."""

    value: str
    text: str


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """One control as its component draws it. A field to type in takes a new ``value`` only with a new ``revision``."""

    kind: Literal["text", "textarea", "seed", "chips", "select"]
    name: str
    label: str
    value: str = ""
    revision: int = 0
    options: tuple[Option, ...] = ()
    placeholder: str = ""
    limit: int | None = None
    rows: int = 3
    error: str = ""
    locked: bool = False

    @property
    def is_typed(self) -> bool:
        """True for a field that a person types in."""
        return self.kind in ("text", "textarea", "seed")


Row = tuple[FieldView, ...]


def prompt_field(tool: Tool, composition: Composition) -> FieldView:
    """The box that every tool has."""
    return FieldView(
        kind="textarea",
        name="prompt",
        label="Prompt",
        value=composition.prompt,
        placeholder=tool.placeholder,
        limit=LONGEST_PROMPT,
        rows=6,
    )


def main_rows(tool: Tool, composition: Composition, spec: ModelSpec) -> tuple[Row, ...]:
    """Shape, length, sound and number, as far as the model leaves a choice."""
    offered = shapes(spec)
    ratios = {AUTO: "Auto", **{ratio: ratio for ratio in offered}}
    size = find_size(spec, ratio=composition.ratio, text=composition.size)
    sizes = {size_text(one): size_label(one) for one in offered.get(composition.ratio, ())}
    resolutions = {name: name.lower() for name in spec.resolutions}
    outputs = _choice("outputs", _OUTPUTS[tool.noun], _counts(), str(composition.outputs), kind="chips")
    rows: list[Row] = []
    if offered:
        rows.append((_choice("ratio", "Aspect ratio", ratios, composition.ratio, kind="chips"),))
    if spec.seconds:
        rows.append((_choice("seconds", "Length", {str(one): f"{one} s" for one in spec.seconds}, composition.seconds),))
    if sizes:
        rows.append((_choice("size", "Resolution", sizes, size_text(size) if size else "", kind="select"), outputs))
    elif resolutions:
        rows.append((_choice("resolution", "Resolution", resolutions, composition.resolution, kind="select"), outputs))
    else:
        rows.append((outputs,))
    if spec.audio:
        rows.append((_choice("sound", "Sound", SOUND, composition.sound, kind="chips"),))
    return tuple(rows)


def advanced_rows(composition: Composition, spec: ModelSpec) -> tuple[Row, ...]:
    """The seldom used settings, each only where the model takes it."""
    rows: list[Row] = []
    if spec.takes("negative_prompt"):
        negative = FieldView(
            kind="textarea", name="negative_prompt", label="Negative prompt", value=composition.negative_prompt, limit=LONGEST_NEGATIVE
        )
        rows.append((negative,))
    if spec.takes("seed"):
        seed = FieldView(
            kind="seed", name="seed", label="Seed", value=composition.seed, placeholder="Random", locked=composition.is_seed_locked
        )
        rows.append((seed,))
    numbers = []
    if spec.takes("steps"):
        usual = str(spec.default_steps or "Model's own")
        numbers.append(FieldView(kind="text", name="steps", label="Steps", value=composition.steps, placeholder=usual))
    if spec.takes("guidance_scale"):
        numbers.append(FieldView(kind="text", name="guidance", label="Guidance", value=composition.guidance, placeholder="Model's own"))
    if numbers:
        rows.append(tuple(numbers))
    if spec.takes("output_format"):
        rows.append((_choice("output_format", "File format", _FORMATS[spec.kind], composition.output_format, kind="chips"),))
    return tuple(rows)


def summary_of(rows: tuple[Row, ...]) -> str:
    """The line that the seldom used settings fold behind."""
    return f"Advanced · {', '.join(field.label.lower() for row in rows for field in row)}"


def _choice(name: str, label: str, options: Mapping[str, str], value: str, *, kind: Literal["chips", "select"] | None = None) -> FieldView:
    kind = kind or ("chips" if len(options) <= _MOST_CHIPS else "select")
    return FieldView(kind=kind, name=name, label=label, value=value, options=tuple(Option(*pair) for pair in options.items()))


def _counts() -> dict[str, str]:
    return {str(count): str(count) for count in range(1, MOST_OUTPUTS + 1)}
