"""Model specs as typed values, loaded and validated from the shipped models.json; no prices computed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nyx.errors import NyxError

_SHIPPED = Path(__file__).with_name("models.json")
_SIZE = re.compile(r"^(\d{2,5})x(\d{2,5})$")
_RATIOS = ((1, 1), (16, 9), (9, 16), (4, 3), (3, 4), (3, 2), (2, 3), (5, 4), (4, 5), (21, 9))
_FREE_AREA = 1024 * 1024  # what a model without a list of sizes is offered at, unless it names an area

_IN_ITS_PLACE = "in its place."

Size = tuple[int, int]


class BadCatalog(NyxError):
    """An entry of the catalogue can't be used; the message names it."""

    code = "bad_catalog"


class Capability(StrEnum):
    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_TO_IMAGE = "image-to-image"
    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"


class ProviderPrice(BaseModel):
    """What the provider charges, in US dollars per ``per``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: float = Field(gt=0)
    per: Literal["megapixel", "image", "video", "second"]
    text: str


class ModelSpec(BaseModel):
    """An AI model that we sell. ``credits`` is the price of one output at up to 1 MP, or of one clip at the default length."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    key: str = Field(min_length=3, max_length=120)
    name: str = Field(min_length=1)
    family: str = Field(min_length=1)
    kind: Literal["image", "video"]
    capabilities: tuple[Capability, ...] = Field(min_length=1)
    credits: int | None = Field(gt=0)
    price: ProviderPrice | None
    origin: Literal["card", "2026-10"]
    together_state: Literal["listed", "not_listed", "removed"]
    together_id: str = ""
    description: str = ""
    successor: str = ""
    badge: str = ""
    position: int = 0
    is_enabled: bool = True
    disabled_reason: str = ""
    parameters: frozenset[str] | None = None
    default_steps: int | None = None
    sizes: tuple[Size, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    area: tuple[int, int] | None = None
    resolution: str = ""
    resolutions: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    price_by_resolution: dict[str, float] = Field(default_factory=dict)
    seconds: tuple[int, ...] = ()
    default_seconds: int = 0
    fps: int | None = None
    frames: tuple[Literal["first", "last"], ...] = ()
    audio: bool = False
    max_reference_images: int = 0
    frames_exclude_references: bool = False
    references_only: bool = False

    @field_validator("sizes", mode="before")
    @classmethod
    def _parse_sizes(cls, value: Any) -> Any:
        return tuple(_parse_size(size) for size in value or ())

    @model_validator(mode="after")
    def _belongs_together(self) -> ModelSpec:
        if any(capability.value.endswith(self.kind) is False for capability in self.capabilities):
            raise ValueError(f"a model of kind {self.kind} can't have these capabilities")
        if self.kind == "video" and self.default_seconds not in self.seconds:
            raise ValueError("default_seconds must be one of seconds")
        return self

    @property
    def provider_model_id(self) -> str:
        """What the provider calls it; case matters."""
        return self.together_id or self.key

    @cached_property
    def offered_sizes(self) -> tuple[Size, ...]:
        """Sizes in pixels to choose from, first is the default; empty where only aspect ratios or resolutions are taken."""
        if self.sizes:
            return self.sizes
        if self.aspect_ratios or self.resolutions or self.kind == "video":
            return ()
        return tuple(_fit(ratio, self.area) for ratio in _RATIOS)

    @property
    def is_replaced(self) -> bool:
        """True when it is off and ``disabled_reason`` says what to use in its place."""
        return not self.is_enabled and _IN_ITS_PLACE in self.disabled_reason

    def retired(self, successor_name: str) -> ModelSpec:
        """The same, switched off because the provider has it no longer; ``successor_name`` is empty where nothing follows it."""
        instead = f" Use {successor_name} {_IN_ITS_PLACE}" if successor_name else ""
        return self.model_copy(update={"is_enabled": False, "disabled_reason": f"The provider has retired {self.name}.{instead}"})

    def takes(self, parameter: str) -> bool:
        """True when the provider accepts the request field, or has not said."""
        return self.parameters is None or parameter in self.parameters

    def allows_size(self, width_px: int, height_px: int) -> bool:
        """True for a listed size, or where none are listed for any multiple of 8 within the model's area."""
        if self.sizes:
            return (width_px, height_px) in self.sizes
        if not self.offered_sizes or width_px % 8 or height_px % 8 or min(width_px, height_px) < 256:
            return False
        low, high = self.area or (256 * 256, 2048 * 2048)
        return low <= width_px * height_px <= high and max(width_px, height_px) <= 4 * min(width_px, height_px)


def load_shipped() -> tuple[ModelSpec, ...]:
    """Every model that comes with the app, in the order of the file. Raises: BadCatalog."""
    return parse(json.loads(_SHIPPED.read_text(encoding="utf-8")))


def parse(entries: Iterable[dict[str, Any]]) -> tuple[ModelSpec, ...]:
    """Validate the catalogue's entries. Raises: BadCatalog, naming each wrong entry."""
    specs: dict[str, ModelSpec] = {}
    wrong: list[str] = []
    for position, entry in enumerate(entries):
        name = str(entry.get("id", f"entry {position + 1}"))
        try:
            spec = ModelSpec.model_validate(_flat(entry, position))
        except ValidationError as error:
            wrong += [f"{name}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors(include_input=False)]
            continue
        except (KeyError, TypeError, AttributeError):
            wrong.append(f"{name}: it needs an id, a together with its state, and lists for sizes and seconds")
            continue
        if spec.key in specs:
            wrong.append(f"{name}: listed twice")
        specs[spec.key] = spec
    wrong += [
        f"{spec.key}: its successor {spec.successor} is not in the catalogue"
        for spec in specs.values()
        if spec.successor and spec.successor not in specs
    ]
    if wrong:
        raise BadCatalog("The model catalogue can't be used:\n" + "\n".join(f"  {line}" for line in wrong))
    return tuple(specs.values())


def _flat(entry: dict[str, Any], position: int) -> dict[str, Any]:
    values = {name: value for name, value in entry.items() if name not in _RENAMED}
    together = entry["together"]
    values |= {"key": entry["id"], "together_state": together["state"], "position": position}
    values["sizes"] = [*(entry.get("sizes") or ()), *(entry.get("sizes_2k") or ()), *(entry.get("sizes_4k") or ())]
    seconds = entry.get("seconds") or ()
    if seconds:
        values.setdefault("default_seconds", max(seconds))
    return {name: value for name, value in values.items() if value is not None or name in ("credits", "price")}


_RENAMED = frozenset({"id", "together", "sizes_2k", "sizes_4k"})


def _parse_size(size: str) -> Size:
    match = _SIZE.match(size)
    if match is None:
        raise ValueError(f"{size!r} is not a size like 1024x1024")
    return int(match[1]), int(match[2])


def _fit(ratio: Size, area: tuple[int, int] | None) -> Size:
    """The largest multiple-of-8 size of this ratio within the area."""
    limit = area[1] if area else _FREE_AREA
    unit = (limit / (ratio[0] * ratio[1])) ** 0.5
    width, height = (int(side * unit) // 8 * 8 for side in ratio)
    return width, height
