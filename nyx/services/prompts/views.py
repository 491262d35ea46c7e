"""What callers get of prompt help: frozen, and safe to keep for hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A style, or with only ``negative`` a negative preset. ``is_own`` ones can be changed; their key is the row's id."""

    key: str
    name: str
    before: str = ""
    after: str = ""
    negative: str = ""
    is_own: bool = False


@dataclass(frozen=True, kw_only=True)
class LibraryPrompt:
    """A prompt to begin with."""

    key: str
    category: str
    capability: str
    title: str
    prompt: str


@dataclass(frozen=True, kw_only=True)
class PastPrompt:
    """Words that the person used before: when last, and how often."""

    prompt: str
    last_used_at: datetime
    times: int


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A prompt and a negative prompt with a style in them."""

    prompt: str
    negative_prompt: str


@dataclass(frozen=True, kw_only=True)
class Enhancement:
    """A suggestion in place of ``original``, to be accepted or undone; it costs no credits. ``written_by`` names the model."""

    original: str
    prompt: str
    written_by: str
    is_by_template: bool  # the sandbox's, and people are told
