"""What is sent for one press: the typed prompt and the styles around it with every wildcard chosen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nyx.errors import InvalidInput
from nyx.pages._words import counted, credits_text
from nyx.services.catalog import Quote
from nyx.services.generation.views import Draft
from nyx.services.prompts.presets import compose, merged
from nyx.services.prompts.views import Preset
from nyx.services.prompts.wildcards import MAX_PROMPTS, Expansion, cost_credits, expand_together, require_runnable


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would run now: ``prompts`` as they are sent. ``trouble`` is why it can't run."""

    line: str = ""
    prompts: tuple[str, ...] = ()
    trouble: str = ""
    runs: int = 1


def drafts_of(draft: Draft, styles: Sequence[Preset], *, takes_negative: bool) -> tuple[Draft, ...]:
    """One draft for each prompt that the typed one stands for. Raises: InvalidInput for wildcards that can't run."""
    return _drafts(draft, require_runnable(_expanded(draft, styles)), styles, takes_negative=takes_negative)


def outlook(draft: Draft, styles: Sequence[Preset], *, takes_negative: bool, price: Quote | None, noun: str) -> Outlook:
    """What a person is told before the press; nothing for a prompt that is sent as it was typed."""
    try:
        expansion = _expanded(draft, styles)
    except InvalidInput as problem:
        return Outlook(trouble=str(problem))
    styled = _drafts(draft, expansion, styles, takes_negative=takes_negative)
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


def _expanded(draft: Draft, styles: Sequence[Preset]) -> Expansion:
    """The prompts as they are sent. A style's words may hold choices too; what it leaves out may not."""

    def join(chosen: Sequence[str]) -> str:
        prompt, *words = chosen
        for style, before, after in zip(styles, words[::2], words[1::2], strict=True):
            prompt = compose(prompt, "", replace(style, before=before, after=after)).prompt
        return prompt

    return expand_together([draft.prompt, *(words for style in styles for words in (style.before, style.after))], join)


def _drafts(draft: Draft, expansion: Expansion, styles: Sequence[Preset], *, takes_negative: bool) -> tuple[Draft, ...]:
    negative = draft.negative_prompt
    for style in styles if takes_negative else ():
        negative = merged(negative, style.negative)
    return tuple(replace(draft, prompt=prompt, negative_prompt=negative) for prompt in expansion.prompts)


def _shown(draft: Draft, typed: Draft) -> str:
    is_longer = draft.negative_prompt != typed.negative_prompt
    return f"{draft.prompt} – without: {draft.negative_prompt}" if is_longer else draft.prompt
