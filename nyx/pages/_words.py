"""Words that every screen writes the same way. Pure."""

from __future__ import annotations


def credits_text(credits: int) -> str:
    """``1 credit``, ``1,284 credits``."""
    return f"{credits:,} credit" + ("" if credits == 1 else "s")


def counted(count: int, noun: str) -> str:
    """``1 image``, ``4 images``: for nouns that take an s."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
