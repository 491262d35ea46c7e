"""What a form has to say after the redirect: which field was wrong, and what was typed. Never a password."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from nyx.clock import Clock, Random

LASTS_S = 300.0
MAX_KEPT = 2_000


@dataclass(frozen=True)
class Flash:
    """``field`` is the input the sentence belongs to, or None for the whole form."""

    sentence: str
    field: str | None = None
    email: str = ""


class FlashBox:
    """Keeps each message for a few minutes under an opaque id, so that no address stands in a URL or a log."""

    def __init__(self, *, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._kept: OrderedDict[str, tuple[float, Flash]] = OrderedDict()

    def put(self, flash: Flash) -> str:
        """Keep a message and return its id."""
        key = self._random.id()
        self._kept[key] = (self._clock.monotonic() + LASTS_S, flash)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return key

    def get(self, key: str) -> Flash | None:
        """Return the message, also to a reload of the page; None when it is too old."""
        until, flash = self._kept.get(key, (0.0, None))
        return flash if until > self._clock.monotonic() else None
