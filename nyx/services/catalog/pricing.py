"""What an output costs: the one function that both shows a price and charges it."""

from __future__ import annotations

from dataclasses import dataclass

from nyx.errors import InvalidInput
from nyx.services.catalog.spec import ModelSpec

# 1024 x 1024: the size that "up to 1 MP" is sold as.
PIXELS_PER_MEGAPIXEL = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A price in whole credits for ``outputs`` outputs of one model."""

    model_key: str
    unit_credits: int
    outputs: int

    @property
    def total_credits(self) -> int:
        return self.unit_credits * self.outputs


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a price depends on. A picture without a size counts as 1 MP, a clip without a length as the default one."""

    outputs: int = 1
    width_px: int | None = None
    height_px: int | None = None
    seconds: int | None = None
    resolution: str | None = None


def quote(spec: ModelSpec, measure: Measure) -> Quote:
    """Whole credits, rounded up for each output. Raises: InvalidInput when the model is not for sale."""
    if spec.credits is None:
        raise InvalidInput(f"{spec.name} has no price yet. Choose another model, or ask the operator to set one.", field="model")
    unit = _clip(spec, spec.credits, measure) if spec.kind == "video" else _picture(spec, spec.credits, measure)
    return Quote(model_key=spec.key, unit_credits=unit, outputs=measure.outputs)


def _picture(spec: ModelSpec, credits: int, measure: Measure) -> int:
    if spec.price is None or spec.price.per != "megapixel" or not measure.width_px or not measure.height_px:
        return credits
    pixels = max(PIXELS_PER_MEGAPIXEL, measure.width_px * measure.height_px)
    return -(-credits * pixels // PIXELS_PER_MEGAPIXEL)


def _clip(spec: ModelSpec, credits: int, measure: Measure) -> int:
    """The length scales the price, and so does a resolution that the provider charges more or less for."""
    seconds = measure.seconds or spec.default_seconds
    base_micros = other_micros = 1
    if spec.price is not None and measure.resolution in spec.price_by_resolution:
        base_micros = round(spec.price.usd * 1_000_000)
        other_micros = round(spec.price_by_resolution[measure.resolution] * 1_000_000)
    return -(-credits * seconds * other_micros // (spec.default_seconds * base_micros))
