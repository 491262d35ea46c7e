"""Addresses that carry settings: read with care, and written for a generation. Pictures are never in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from nyx.pages.studio.composition import MOST_OUTPUTS, Composition
from nyx.pages.studio.tools import TOOLS
from nyx.services.catalog import Capability
from nyx.services.generation.planning import MAX_SEED
from nyx.services.generation.views import GenerationView

_RATIO = re.compile(r"auto|[1-9]\d?:[1-9]\d?")
_WHOLE = re.compile(r"\d{1,10}")


def read_settings(query: Mapping[str, str]) -> dict[str, Any]:
    """Changes to a composition; what makes no sense is left out. A ratio that the model doesn't offer gives way later."""
    changes: dict[str, Any] = {}
    ratio, outputs, seed = (query.get(name, "") for name in ("ratio", "outputs", "seed"))
    if _RATIO.fullmatch(ratio):
        changes["ratio"] = ratio
        changes["size"] = ""
    if _WHOLE.fullmatch(outputs) and 1 <= int(outputs) <= MOST_OUTPUTS:
        changes["outputs"] = int(outputs)
    if _WHOLE.fullmatch(seed) and int(seed) <= MAX_SEED:
        changes |= {"seed": str(int(seed)), "is_seed_locked": True}
    return changes


def link_to(run: GenerationView) -> str:
    """The path that opens its tool with its settings; the seed stands in it where one was asked for."""
    kept = Composition.from_draft(run.draft)
    settings = {"model": run.model_key, "prompt": run.prompt, "ratio": kept.ratio, "outputs": kept.outputs, "seed": kept.seed}
    return f"{TOOLS[Capability(run.capability)].path}?{urlencode({name: value for name, value in settings.items() if value})}"
