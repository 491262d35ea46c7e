"""What is sent for one press: the typed prompt with every wildcard chosen and every style around it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nyx.errors import InvalidInput
from nyx.pages._words import counted, credits_text
from nyx.services.catalog import Quote
from nyx.services.generation.views import Draft
from nyx.services.prompts.presets import compose
from nyx.services.prompts.views import Preset
from nyx.services.prompts.wildcards import MAX_PROMPTS, Expansion, cost_credits, expand, require_runnable


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would run now: ``prompts`` as they are sent. ``trouble`` is why it can't run."""

    line: str = ""
    prompts: tuple[str, ...] = ()
    trouble: str = ""
    runs: int = 1


def drafts_of(draft: Draft, styles: Sequence[Preset], *, takes_negative: bool) -> tuple[Draft, ...]:
    """One draft for each prompt that the typed one stands for. Raises: InvalidInput for wildcards that can't run."""
    expansion = require_runnable(expand(draft.prompt))
    return tuple(_styled(replace(draft, prompt=prompt), styles, takes_negative=takes_negative) for prompt in expansion.prompts)


def outlook(draft: Draft, styles: Sequence[Preset], *, takes_negative: bool, price: Quote | None, noun: str) -> Outlook:
    """What a person is told before the press; nothing for a prompt that is sent as it was typed."""
    try:
        expansion = expand(draft.prompt)
    except InvalidInput as problem:
        return Outlook(trouble=str(problem))
    styled = [_styled(replace(draft, prompt=prompt), styles, takes_negative=takes_negative) for prompt in expansion.prompts]
    shown = tuple(_shown(one, draft) for one in styled)
    try:
        require_runnable(expansion)
    except InvalidInput as problem:
        return Outlook(line=f"The first {MAX_PROMPTS} of them", prompts=shown, trouble=str(problem))
    runs = len(styled)
    if runs > 1:
        return Outlook(line=_runs_line(expansion, price, noun), prompts=shown, runs=runs)
    if draft.prompt and shown != (draft.prompt,):
        return Outlook(line="What will be sent", prompts=shown)
    return Outlook()


def _runs_line(expansion: Expansion, price: Quote | None, noun: str) -> str:
    runs = len(expansion.prompts)
    said = f"Runs {runs} variations"
    if price is None:
        return said
    return f"{said}: {runs} generations × {counted(price.outputs, noun)} = {credits_text(cost_credits(expansion, price))}"


def _styled(draft: Draft, styles: Sequence[Preset], *, takes_negative: bool) -> Draft:
    for style in styles:
        composed = compose(draft.prompt, draft.negative_prompt, style)
        negative = composed.negative_prompt if takes_negative else draft.negative_prompt
        draft = replace(draft, prompt=composed.prompt, negative_prompt=negative)
    return draft


def _shown(draft: Draft, typed: Draft) -> str:
    is_longer = draft.negative_prompt != typed.negative_prompt
    return f"{draft.prompt} – without: {draft.negative_prompt}" if is_longer else draft.prompt
