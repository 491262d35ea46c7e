"""The words of every letter that the studio sends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One plain-text letter to one address."""

    to: str
    subject: str
    text: str


def welcome(*, to: str, bonus_credits: int, bonus_days: int) -> Letter:
    """Sent once, when an account is opened."""
    gift = f"\n\nThere are {bonus_credits:,} credits on it to try things out; they are good for {bonus_days} days." if bonus_credits else ""
    opened = f"Hello,\n\nyour account on Nyx-Net is open. You log in with {to} and the password you chose."
    closing = "\n\nIf this wasn't you, write to the person who runs the studio.\n"
    return Letter(to=to, subject="Welcome to Nyx-Net", text=opened + gift + closing)
