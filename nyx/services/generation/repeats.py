"""What of some drafts was made before, output by output, and what asks for the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nyx.services.generation.planning import Plan, request_key
from nyx.services.generation.views import Draft, Repeat


def keys_of(plan: Plan) -> tuple[str, ...]:
    """One for each output, the same for what is the same to the provider."""
    return tuple(map(request_key, plan.requests))


def repeat_of(plans: Sequence[Plan], made: Mapping[str, str]) -> Repeat:
    """``made`` are the generations that have an output, by its key, the newest first."""
    missing = [_missing(plan, made) for plan in plans]
    wanted = sum(len(plan.requests) for plan in plans)
    return Repeat(
        wanted=wanted,
        there=wanted - sum(map(len, missing)),
        generation_ids=tuple(dict.fromkeys(made.values())),
        rest=tuple(_asking_for(plan, seeds) for plan, seeds in zip(plans, missing, strict=True) if seeds),
        rest_credits=sum(len(seeds) * plan.quote.unit_credits for plan, seeds in zip(plans, missing, strict=True)),
        all_credits=sum(plan.quote.total_credits for plan in plans),
    )


def _missing(plan: Plan, made: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(seed for seed, key in zip(plan.draft.seeds, keys_of(plan), strict=True) if key not in made)


def _asking_for(plan: Plan, seeds: tuple[int, ...]) -> Draft:
    return replace(plan.draft, outputs=len(seeds), seed=seeds[0], seeds=seeds)
