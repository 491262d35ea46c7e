"""Turns what a creator asks for into frozen provider requests, or says in a sentence why it can't be; no database here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from nyx.clock import Random
from nyx.errors import InvalidInput
from nyx.services.catalog import Capability, Measure, ModelSpec, Quote, quote
from nyx.services.generation.pictures import check_pictures, needs_a_picture, place_pictures
from nyx.services.generation.views import Draft
from nyx.services.providers.base import ImageRequest, KeyFrame, MediaRequest, VideoRequest

MAX_PROMPT = 5_000
MAX_NEGATIVE_PROMPT = 2_000
MAX_OUTPUTS = 4
MAX_SEED = 2**31 - 1
MAX_STEPS = 50
MAX_GUIDANCE = 20.0
_FORMATS: dict[str, tuple[str, ...]] = {"image": ("jpeg", "png"), "video": ("mp4", "webm")}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A checked draft: one request per output, each with its own seed, and the price."""

    draft: Draft
    quote: Quote
    kind: Literal["image", "video"]
    length_s: int
    requests: tuple[MediaRequest, ...]


def make_plan(spec: ModelSpec, draft: Draft, random: Random) -> Plan:
    """Check every field, choose the seed where none is given, and price it. Raises: InvalidInput, naming the field."""
    checked = _checked(spec, draft)
    if not checked.seeds:
        first = random.seed_32() % (MAX_SEED - MAX_OUTPUTS) if checked.seed is None else checked.seed
        checked = replace(checked, seed=first, seeds=tuple(first + index for index in range(checked.outputs)))
    if spec.kind == "video":
        checked = replace(checked, seconds=checked.seconds or spec.default_seconds)
    build = _image_request if spec.kind == "image" else _video_request
    return Plan(
        draft=checked,
        quote=quote(spec, measure_of(checked)),
        kind=spec.kind,
        length_s=checked.seconds or 0,
        requests=tuple(build(spec, checked, seed) for seed in checked.seeds),
    )


def measure_of(draft: Draft) -> Measure:
    """What the price of a draft depends on."""
    return Measure(
        outputs=draft.outputs, width_px=draft.width_px, height_px=draft.height_px, seconds=draft.seconds, resolution=draft.resolution
    )


def fingerprint(draft: Draft) -> str:
    """The same for two drafts exactly when they ask for the same."""
    return hashlib.sha256(json.dumps(asdict(draft), sort_keys=True).encode()).hexdigest()


def request_key(request: MediaRequest) -> str:
    """The same for two outputs exactly when the provider is asked for the same, with the same seed."""
    return hashlib.sha256(json.dumps(freeze(request), sort_keys=True).encode()).hexdigest()


def freeze(request: MediaRequest) -> dict[str, Any]:
    """A request as JSON for its job's row."""
    return asdict(request)


def thaw(kind: str, frozen: Mapping[str, Any]) -> MediaRequest:
    """The request that ``freeze`` was given."""
    values = dict(frozen) | {"reference_images": tuple(frozen["reference_images"])}
    if kind == "image":
        return ImageRequest(**values)
    return VideoRequest(**values | {"frames": tuple(KeyFrame(**frame) for frame in frozen["frames"])})


def _checked(spec: ModelSpec, draft: Draft) -> Draft:
    if not spec.is_enabled:
        raise InvalidInput(spec.disabled_reason if spec.is_replaced else f"{spec.disabled_reason} Choose another model.", field="model")
    if draft.capability not in set(Capability) or Capability(draft.capability) not in spec.capabilities:
        if needs_a_picture(spec, draft.capability):
            raise InvalidInput(f"{spec.name} needs a picture to start from. Add one, or choose another model.", field="inputs")
        raise InvalidInput(f"{spec.name} does not do {draft.capability}. Choose another model.", field="model")
    prompt = _text(draft.prompt, limit=MAX_PROMPT, field="prompt", name="The prompt")
    if not prompt:
        raise InvalidInput("Describe what you want to see.", field="prompt")
    if not 1 <= draft.outputs <= MAX_OUTPUTS:
        raise InvalidInput(f"Choose 1 to {MAX_OUTPUTS} outputs.", field="outputs")
    negative = _text(draft.negative_prompt, limit=MAX_NEGATIVE_PROMPT, field="negative_prompt", name="The negative prompt")
    if negative and not spec.takes("negative_prompt"):
        raise InvalidInput(f"{spec.name} takes no negative prompt. Clear it, or choose another model.", field="negative_prompt")
    _check_numbers(spec, draft)
    _check_shape(spec, draft)
    check_pictures(spec, draft)
    return replace(draft, prompt=prompt, negative_prompt=negative)


def _text(value: str, *, limit: int, field: str, name: str) -> str:
    text = value.strip()
    if len(text) > limit:
        raise InvalidInput(f"{name} may have up to {limit:,} characters; this has {len(text):,}. Shorten it a little.", field=field)
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput(f"{name} contains a character that can't be sent. Type it again without special symbols.", field=field)
    return text


def _check_numbers(spec: ModelSpec, draft: Draft) -> None:
    last = MAX_SEED - draft.outputs + 1
    if draft.seed is not None and not 0 <= draft.seed <= last:
        raise InvalidInput(f"A seed is a whole number from 0 to {last:,}.", field="seed")
    if draft.seeds and (len(draft.seeds) != draft.outputs or not all(0 <= seed <= MAX_SEED for seed in draft.seeds)):
        raise InvalidInput("Give one seed for each output.", field="seed")
    for field, value, highest in (("steps", draft.steps, MAX_STEPS), ("guidance", draft.guidance, MAX_GUIDANCE)):
        if value is None:
            continue
        if not spec.takes("guidance_scale" if field == "guidance" else field):
            raise InvalidInput(f"{spec.name} takes no {field}. Clear it, or choose another model.", field=field)
        if not 1 <= value <= highest:
            raise InvalidInput(f"{field.capitalize()} goes from 1 to {highest:g}.", field=field)
    if draft.output_format and draft.output_format not in _FORMATS[spec.kind]:
        raise InvalidInput(f"Choose one of these formats: {', '.join(_FORMATS[spec.kind])}.", field="output_format")
    if draft.seconds is not None and draft.seconds not in spec.seconds:
        offered = ", ".join(map(str, spec.seconds)) or "pictures only"
        raise InvalidInput(f"{spec.name} offers these lengths in seconds: {offered}.", field="seconds")


def _check_shape(spec: ModelSpec, draft: Draft) -> None:
    if (draft.width_px is None) != (draft.height_px is None):
        raise InvalidInput("Give both width and height, or neither.", field="size")
    if draft.width_px is not None and draft.height_px is not None and not spec.allows_size(draft.width_px, draft.height_px):
        raise InvalidInput(f"{spec.name} can't make {draft.width_px} × {draft.height_px}. Choose one of its sizes.", field="size")
    if draft.aspect_ratio is not None and draft.aspect_ratio not in (*spec.aspect_ratios, *spec.ratios):
        raise InvalidInput(f"{spec.name} has no aspect ratio {draft.aspect_ratio}. Choose one of its own.", field="aspect_ratio")
    if draft.resolution is not None and draft.resolution not in spec.resolutions:
        raise InvalidInput(f"{spec.name} has no resolution {draft.resolution}. Choose one of its own.", field="resolution")


def _image_request(spec: ModelSpec, draft: Draft, seed: int) -> ImageRequest:
    placed = place_pictures(spec, draft)
    return ImageRequest(
        model=spec.provider_model_id,
        prompt=draft.prompt,
        seed=seed,
        width_px=draft.width_px,
        height_px=draft.height_px,
        aspect_ratio=draft.aspect_ratio,
        negative_prompt=draft.negative_prompt or None,
        steps=draft.steps,
        guidance=draft.guidance,
        output_format="png" if draft.output_format == "png" else "jpeg",
        image_url=placed.image_url,
        reference_images=placed.references,
    )


def _video_request(spec: ModelSpec, draft: Draft, seed: int) -> VideoRequest:
    placed = place_pictures(spec, draft)
    first = (KeyFrame(url=placed.first, position="first"),) if placed.first else ()
    last = (KeyFrame(url=placed.last, position="last"),) if placed.last else ()
    return VideoRequest(
        model=spec.provider_model_id,
        prompt=draft.prompt,
        seed=seed,
        seconds=draft.seconds,
        width_px=draft.width_px,
        height_px=draft.height_px,
        resolution=draft.resolution,
        ratio=draft.aspect_ratio,
        fps=spec.fps,
        steps=draft.steps,
        guidance=draft.guidance,
        negative_prompt=draft.negative_prompt or None,
        generate_audio=draft.generate_audio if spec.audio else None,
        output_format="webm" if draft.output_format == "webm" else "mp4",
        frames=first + last,
        reference_images=placed.references,
    )
