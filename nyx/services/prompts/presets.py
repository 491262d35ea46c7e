"""Styles, negative presets and the library that come with the app, and how a style is applied. Pure but for reading the shipped file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from nyx.services.prompts.views import Composed, LibraryPrompt, Preset

_SHIPPED = Path(__file__).with_name("shipped.json")


def compose(prompt: str, negative_prompt: str, style: Preset | None) -> Composed:
    """Put a style around a prompt: words before it, words after it, and what to leave out, nothing twice."""
    if style is None:
        return Composed(prompt=prompt, negative_prompt=negative_prompt)
    words = " ".join(part for part in (style.before.strip(), prompt.strip()) if part)
    after = style.after.strip()
    joined = f"{words.rstrip(' ,;')}, {after}" if words and after else words or after
    return Composed(prompt=joined, negative_prompt=merged(negative_prompt, style.negative))


def merged(negative_prompt: str, more: str) -> str:
    """Two lists of what to leave out as one, in their order, without repeats."""
    parts: dict[str, str] = {}
    for part in map(str.strip, f"{negative_prompt},{more}".split(",")):
        parts.setdefault(part.casefold(), part)
    return ", ".join(part for part in parts.values() if part)


@cache
def shipped_styles() -> tuple[Preset, ...]:
    """The styles of the app, in the order in which they are offered."""
    return tuple(Preset(**entry) for entry in _shipped()["styles"])


@cache
def shipped_negatives() -> tuple[Preset, ...]:
    """The negative presets of the app."""
    return tuple(Preset(**entry) for entry in _shipped()["negatives"])


@cache
def shipped_library() -> tuple[LibraryPrompt, ...]:
    """The prompts to begin with."""
    return tuple(LibraryPrompt(**entry) for entry in _shipped()["library"])


@cache
def _shipped() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    return found
