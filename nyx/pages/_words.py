"""Words that every screen writes the same way. Pure."""

from __future__ import annotations


def credits_text(credits: int) -> str:
    """``1 credit``, ``1,284 credits``."""
    return f"{credits:,} credit" + ("" if credits == 1 else "s")
